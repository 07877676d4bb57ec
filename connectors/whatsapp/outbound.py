"""Bodies of WhatsApp Cloud messages, with the provider's limits checked before anything is sent."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from state.model.address import path
from state.model.content import (
    Card,
    Choice,
    Component,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    Option,
    Parameter,
    Reaction,
    Template,
    Text,
)
from state.model.wire import BadMessage, Outbound

Body = dict[str, Any]


class Native(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What only WhatsApp has: options of `native.whatsapp`."""

    preview_url: bool = False
    identity_key_hash: str = ""
    marketing: bool = False
    interactive: dict[str, Any] = {}


def read_native(native: Mapping[str, Any]) -> Native:
    """The options, strictly; raises BadMessage."""
    try:
        return msgspec.convert(dict(native), Native)
    except msgspec.ValidationError as error:
        raise BadMessage("native.whatsapp", str(error)) from error


def body(message: Outbound, native: Native) -> Body:
    """The JSON of a message; raises BadMessage naming the field that breaks a limit."""
    kind, part = _interactive(native) if native.interactive else _part(message.content, native)
    found: Body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **recipient(message.to),
        "type": kind,
        kind: part,
        "biz_opaque_callback_data": message.id,
    }
    if message.reply_to:
        found["context"] = {"message_id": message.reply_to}
    if native.identity_key_hash:
        found["recipient_identity_key_hash"] = native.identity_key_hash
    return found


def recipient(to: tuple[str, ...]) -> Body:
    """`to` a phone where we know one, else `recipient` a user id."""
    phone = path(to, "whatsapp") or path(to, "tel").lstrip("+")
    if phone:
        return {"to": phone}
    user_id = path(to, "whatsapp-bsuid")
    if not user_id:
        raise BadMessage("to", "neither a phone number nor a WhatsApp user id")
    return {"recipient": user_id}


def _interactive(native: Native) -> tuple[str, Any]:
    if "type" not in native.interactive:
        raise BadMessage("native.whatsapp.interactive.type", "is missing")
    return "interactive", native.interactive


def _part(content: Content, native: Native) -> tuple[str, Any]:
    builder = _BUILDERS.get(type(content))
    if builder is None:
        raise BadMessage("content", f"WhatsApp cannot show {type(content).__name__}")
    return builder(content, native)


def limit(field: str, value: str, most: int, least: int = 0) -> str:
    """The value, where its length is within bounds; raises BadMessage."""
    if not least <= len(value) <= most:
        raise BadMessage(field, f"has {len(value)} characters; {least} to {most} are allowed")
    return value


def _text(content: Text, native: Native) -> tuple[str, Any]:
    return "text", {"body": limit("text", content.text, 4096, 1), "preview_url": native.preview_url}


def _media(content: Media, native: Native) -> tuple[str, Any]:
    return content.kind, media_part(content)


def media_part(content: Media) -> Body:
    """A media object by id or link, with what its kind may carry."""
    part: Body = {"id": content.ref} if content.ref else {"link": content.url}
    if not content.ref and not content.url.startswith(("https://", "http://")):
        raise BadMessage("media", "needs the provider's id in `ref` or a public link in `url`")
    if content.caption:
        if content.kind in ("audio", "sticker"):
            raise BadMessage("caption", f"WhatsApp shows none with {content.kind}")
        part["caption"] = limit("caption", content.caption, 1024)
    if content.kind == "document" and content.name:
        part["filename"] = content.name
    if content.kind == "audio" and content.voice:
        part["voice"] = True
    return part


def _location(content: Location, native: Native) -> tuple[str, Any]:
    part: Body = {"latitude": content.latitude, "longitude": content.longitude}
    part |= {name: value for name in ("name", "address") if (value := getattr(content, name))}
    return "location", part


def _contacts(content: ContactCard, native: Native) -> tuple[str, Any]:
    if not 1 <= len(content.cards) <= 257:
        raise BadMessage("cards", f"are {len(content.cards)}; 1 to 257 are allowed")
    return "contacts", [_card(card) for card in content.cards]


def _card(card: Card) -> Body:
    name = {"formatted_name": limit("cards.name", card.name, 1024, 1)}
    name |= {part: value for part in _NAME if (value := getattr(card, part))}
    if len(name) == 1:
        name["first_name"] = card.name
    found: Body = {"name": name}
    org = {part: value for part in ("company", "department", "title") if (value := getattr(card, part))}
    if org:
        found["org"] = org
    if card.birthday:
        found["birthday"] = card.birthday
    for part in ("phones", "emails", "urls", "addresses"):
        if items := getattr(card, part):
            found[part] = [_typed(msgspec.to_builtins(each)) for each in items]
    return found


_NAME = ("first_name", "last_name", "middle_name", "prefix", "suffix")


def _typed(item: Body) -> Body:
    kind = item.pop("kind", "")
    return {**item, "type": kind} if kind else item


def _reaction(content: Reaction, native: Native) -> tuple[str, Any]:
    return "reaction", {"message_id": limit("target", content.target, 256, 1), "emoji": content.emoji}


def _choice(content: Choice, native: Native) -> tuple[str, Any]:
    kinds = {option.kind for option in content.options}
    if not content.options or (len(kinds) > 1) or (kinds != {"reply"} and len(content.options) > 1):
        raise BadMessage("options", "WhatsApp shows replies together, or one option of another kind alone")
    kind = content.options[0].kind
    if kind != "reply":
        name, action = _ACTIONS[kind](content.options[0])
        return "interactive", _frame(content, name, action, 1024)
    if content.style == "buttons" and len(content.options) <= 3:
        return "interactive", _frame(content, "button", _buttons(content), 1024)
    return "interactive", _frame(content, "list", _list(content), 4096)


def _frame(content: Choice, kind: str, action: Body, most: int) -> Body:
    found: Body = {"type": kind, "body": {"text": limit("text", content.text, most, 1)}, "action": action}
    if content.header is not None:
        found["header"] = _header(content.header, kind)
    if content.footer:
        found["footer"] = {"text": limit("footer", content.footer, 60)}
    return found


def _header(header: Text | Media, kind: str) -> Body:
    if isinstance(header, Text):
        return {"type": "text", "text": limit("header", header.text, 60, 1)}
    if kind == "list" or header.kind not in ("image", "video", "document"):
        raise BadMessage("header", f"WhatsApp shows no {header.kind} above a {kind}")
    return {"type": header.kind, header.kind: media_part(header)}


def _buttons(content: Choice) -> Body:
    return {
        "buttons": [
            {
                "type": "reply",
                "reply": {
                    "id": limit(f"options[{n}].id", option.id, 256, 1),
                    "title": limit(f"options[{n}].title", option.title, 20, 1),
                },
            }
            for n, option in enumerate(content.options)
        ]
    }


def _list(content: Choice) -> Body:
    if len(content.options) > 10:
        raise BadMessage("options", f"are {len(content.options)}; WhatsApp shows 10 at most")
    sections: dict[str, list[Body]] = {}
    for n, option in enumerate(content.options):
        row = {
            "id": limit(f"options[{n}].id", option.id, 200, 1),
            "title": limit(f"options[{n}].title", option.title, 24, 1),
        }
        if option.description:
            row["description"] = limit(f"options[{n}].description", option.description, 72)
        sections.setdefault(limit(f"options[{n}].section", option.section, 24), []).append(row)
    if len(sections) > 1 and "" in sections:
        raise BadMessage("options", "with several sections each option names its own")
    shown = [{"title": name, "rows": rows} if name else {"rows": rows} for name, rows in sections.items()]
    return {"button": limit("button", content.button or "Choose", 20, 1), "sections": shown}


def _url(option: Option) -> tuple[str, Body]:
    title = limit("options[0].title", option.title, 20, 1)
    if not option.url.startswith(("https://", "http://")):
        raise BadMessage("options[0].url", "is no web address")
    return "cta_url", {"name": "cta_url", "parameters": {"display_text": title, "url": option.url}}


_ACTIONS: dict[str, Callable[[Option], tuple[str, Body]]] = {
    "url": _url,
    "share_location": lambda _: ("location_request_message", {"name": "send_location"}),
    "share_contact": lambda _: ("request_contact_info", {"name": "request_contact_info"}),
    "allow_call": lambda _: ("call_permission_request", {"name": "call_permission_request"}),
}


def _form(content: Form, native: Native) -> tuple[str, Any]:
    """A WhatsApp Flow."""
    parameters: Body = {
        "flow_message_version": "3",
        "flow_id": limit("id", content.id, 64, 1),
        "flow_cta": limit("button", content.button, 20, 1),
    }
    if content.token:
        parameters["flow_token"] = content.token
    if content.screen:
        payload: Body = {"screen": content.screen}
        if content.data:
            payload["data"] = content.data
        parameters |= {"flow_action": "navigate", "flow_action_payload": payload}
    frame = Choice(
        content.text, (), header=Text(content.header) if content.header else None, footer=content.footer
    )
    return "interactive", _frame(frame, "flow", {"name": "flow", "parameters": parameters}, 1024)


def _template(content: Template, native: Native) -> tuple[str, Any]:
    found: Body = {
        "name": limit("name", content.name, 512, 1),
        "language": {"code": limit("language", content.language, 16, 2)},
    }
    if content.components:
        found["components"] = [_component(each) for each in content.components]
    return "template", found


def _component(part: Component) -> Body:
    found: Body = {"type": part.kind}
    if part.kind == "button":
        found |= {"sub_type": part.button, "index": str(part.index)}
    if part.kind == "carousel":
        found["cards"] = [
            {"card_index": n, "components": [_component(each) for each in card]}
            for n, card in enumerate(part.cards)
        ]
    if part.parameters:
        found["parameters"] = [_parameter(each, part) for each in part.parameters]
    return found


def _parameter(value: Parameter, part: Component) -> Body:
    named = {"parameter_name": value.name} if value.name else {}
    if value.media is not None:
        return {"type": value.media.kind, value.media.kind: media_part(value.media), **named}
    if value.location is not None:
        return {"type": "location", "location": _location(value.location, Native())[1], **named}
    if value.currency:
        money = {"fallback_value": value.text, "code": value.currency, "amount_1000": value.amount_1000}
        return {"type": "currency", "currency": money, **named}
    if value.date:
        return {"type": "date_time", "date_time": {"fallback_value": value.date}, **named}
    if value.payload:
        return {"type": "payload", "payload": value.payload}
    if part.button == "copy_code":
        return {"type": "coupon_code", "coupon_code": limit("parameters.text", value.text, 20, 1)}
    return {"type": "text", "text": limit("parameters.text", value.text, 1024), **named}


_BUILDERS: dict[type, Callable[[Any, Native], tuple[str, Any]]] = {
    Text: _text,
    Media: _media,
    Location: _location,
    ContactCard: _contacts,
    Reaction: _reaction,
    Choice: _choice,
    Form: _form,
    Template: _template,
}
