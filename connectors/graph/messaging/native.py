"""What only Meta's messaging has: options of a message, typed, an unknown one refused.

The carousel, the media template and the sticker go with a Text, which is what other channels show.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from connectors.graph import bounds
from connectors.graph.bounds import within
from connectors.graph.messaging import limits
from state.model.base import Value
from state.model.wire import BadMessage

Json = dict[str, Any]
RETIRED = ("CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE", "ACCOUNT_UPDATE")
"""Tags that Meta refuses since 27 April 2026."""


class Button(Value, frozen=True):
    """A button of a template: a link where `url` is set, a call where `phone` is, else it sends `payload`."""

    title: str
    payload: str = ""
    url: str = ""
    phone: str = ""

    def json(self, field: str) -> Json:
        """As Meta wants it; raises BadMessage."""
        title = within(f"{field}.title", self.title, limits.TITLE, 1)
        if self.url:
            return {"type": "web_url", "title": title, "url": bounds.address(f"{field}.url", self.url)}
        if self.phone:
            return {"type": "phone_number", "title": title, "payload": self.phone}
        payload = within(f"{field}.payload", self.payload or title, limits.PAYLOAD, 1)
        return {"type": "postback", "title": title, "payload": payload}


class Element(Value, frozen=True):
    """A card of a carousel: `url` is what a tap on it opens."""

    title: str
    subtitle: str = ""
    image: str = ""
    url: str = ""
    buttons: tuple[Button, ...] = ()

    def json(self, field: str) -> Json:
        """As Meta wants it; raises BadMessage."""
        found: Json = {"title": within(f"{field}.title", self.title, limits.ELEMENT_TITLE, 1)}
        if self.subtitle:
            found["subtitle"] = within(f"{field}.subtitle", self.subtitle, limits.ELEMENT_TITLE)
        if self.image:
            found["image_url"] = bounds.address(f"{field}.image", self.image)
        if self.url:
            found["default_action"] = {"type": "web_url", "url": bounds.address(f"{field}.url", self.url)}
        return found | buttons(f"{field}.buttons", self.buttons)


class MediaCard(Value, frozen=True):
    """A picture or a film with a button: by the provider's id (`attachment_id`) or by its address on Facebook."""

    kind: Literal["image", "video"] = "image"
    attachment_id: str = ""
    url: str = ""
    buttons: tuple[Button, ...] = ()


class Native(Value, frozen=True, kw_only=True):
    """All options. `comment_id` and `post_id` answer a comment in private; the last two stand for the address."""

    tag: str = ""
    messaging_type: Literal["", "RESPONSE", "UPDATE"] = ""
    persona_id: str = ""
    notification_type: Literal["", "REGULAR", "SILENT_PUSH", "NO_PUSH"] = ""
    carousel: tuple[Element, ...] = ()
    media_card: MediaCard | None = None
    sticker_id: str = ""
    ask_email: bool = False
    comment_id: str = ""
    post_id: str = ""
    user_ref: str = ""
    notification_messages_token: str = ""


_NOTHING = Native()
_RECIPIENTS = ("comment_id", "post_id", "user_ref", "notification_messages_token")


def native_of(options: Mapping[str, Any], where: str) -> Native:
    """The options, strictly; raises BadMessage."""
    if not options:
        return _NOTHING
    try:
        found = msgspec.convert(dict(options), Native)
    except msgspec.ValidationError as error:
        raise BadMessage(where, str(error)) from error
    if found.tag in RETIRED:
        raise BadMessage(f"{where}.tag", "is retired since 27 April 2026: send an approved utility template")
    if found.tag not in ("", "HUMAN_AGENT"):
        raise BadMessage(f"{where}.tag", "is none of Meta's: there is HUMAN_AGENT")
    return found


def recipient(options: Native) -> Json:
    """Whom the options name instead of an address; empty where none."""
    return {name: value for name in _RECIPIENTS if (value := getattr(options, name))}


def special(options: Native, where: str) -> Json | None:
    """The message that the options make of a text; raises BadMessage."""
    made = []
    if options.carousel:
        bounds.count(f"{where}.carousel", len(options.carousel), limits.ELEMENTS)
        elements = [each.json(f"{where}.carousel[{n}]") for n, each in enumerate(options.carousel)]
        made.append(template({"template_type": "generic", "elements": elements}))
    if options.media_card:
        made.append(_media_card(options.media_card, f"{where}.media_card"))
    if options.sticker_id:
        made.append({"sticker_id": options.sticker_id})
    if len(made) > 1:
        raise BadMessage(where, "carousel, media_card and sticker_id exclude each other")
    return made[0] if made else None


def template(payload: Json) -> Json:
    """A message that is a template."""
    return {"attachment": {"type": "template", "payload": payload}}


def buttons(field: str, given: tuple[Button, ...]) -> Json:
    """The field with the buttons, where there are any; raises BadMessage."""
    if not given:
        return {}
    bounds.count(field, len(given), limits.BUTTONS)
    return {"buttons": [each.json(f"{field}[{n}]") for n, each in enumerate(given)]}


def _media_card(given: MediaCard, field: str) -> Json:
    if bool(given.attachment_id) == bool(given.url):
        raise BadMessage(field, "needs `attachment_id` or `url`, and not both")
    source = {"attachment_id": given.attachment_id} if given.attachment_id else {"url": given.url}
    element = {"media_type": given.kind, **source} | buttons(f"{field}.buttons", given.buttons)
    return template({"template_type": "media", "elements": [element]})
