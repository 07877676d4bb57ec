"""Templates: messages approved beforehand, with what goes into their places."""

from typing import Any

from connectors.graph import bounds
from connectors.graph.bounds import within
from connectors.whatsapp import limits
from connectors.whatsapp.media import Body, Uploaded, bare
from state.model.content import Component, Parameter, Template
from state.model.wire import BadMessage


def template(content: Template, uploaded: Uploaded) -> Body:
    """The template's name, language and filled places; raises BadMessage."""
    found: Body = {
        "name": within("name", content.name, limits.TEMPLATE_NAME, 1),
        "language": {"code": within("language", content.language, 16, 2)},
    }
    components = [_component(f"components[{n}]", each, uploaded) for n, each in enumerate(content.components)]
    return {**found, "components": components} if components else found


def _component(field: str, component: Component, uploaded: Uploaded) -> Body:
    found: Body = {"type": component.kind}
    if component.kind == "button":
        if not component.button:
            raise BadMessage(f"{field}.button", "says which kind of button it is, and must not be empty")
        if not 0 <= component.index < 10:
            raise BadMessage(f"{field}.index", "counts the template's buttons from 0 to 9")
        found |= {"sub_type": component.button, "index": str(component.index)}
    if component.kind == "carousel":
        bounds.count(f"{field}.cards", len(component.cards), limits.CARDS)
        found["cards"] = [
            {
                "card_index": n,
                "components": [_component(f"{field}.cards[{n}]", each, uploaded) for each in card],
            }
            for n, card in enumerate(component.cards)
        ]
    if component.parameters:
        found["parameters"] = [
            _parameter(f"{field}.parameters[{n}]", each, component, uploaded)
            for n, each in enumerate(component.parameters)
        ]
    return found


def _parameter(field: str, value: Parameter, component: Component, uploaded: Uploaded) -> Body:
    if component.kind == "button":
        return _of_button(field, value, component.button)
    named = {"parameter_name": value.name} if value.name else {}
    return {**_filled(field, value, uploaded), **named}


def _filled(field: str, value: Parameter, uploaded: Uploaded) -> Body:
    if value.media is not None:
        return {"type": value.media.kind, value.media.kind: bare(value.media, uploaded, f"{field}.media")}
    if value.location is not None:
        place = value.location
        names: Body = {"name": place.name, "address": place.address}
        return {
            "type": "location",
            "location": {"latitude": place.latitude, "longitude": place.longitude, **names},
        }
    if value.currency:
        money = {"fallback_value": value.text, "code": value.currency, "amount_1000": value.amount_1000}
        return {"type": "currency", "currency": money}
    if value.date:
        return {"type": "date_time", "date_time": {"fallback_value": value.date}}
    return {"type": "text", "text": within(f"{field}.text", value.text, limits.PARAMETER, 1)}


def _of_button(field: str, value: Parameter, button: str) -> Body:
    """A button's parameter: its kind says what the text or the payload is for."""
    given = value.payload or value.text
    if button == "copy_code":
        return {"type": "coupon_code", "coupon_code": within(f"{field}.text", given, 20, 1)}
    if button == "url":
        return {"type": "text", "text": within(f"{field}.text", given, 2000, 1)}
    if button in _ACTIONS:
        action: dict[str, Any] = {_ACTIONS[button]: given}
        return {"type": "action", "action": action}
    return {"type": "payload", "payload": within(f"{field}.payload", given, limits.BUTTON_ID, 1)}


_ACTIONS = {"flow": "flow_token", "catalog": "thumbnail_product_retailer_id"}
