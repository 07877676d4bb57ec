"""Bodies of WhatsApp Cloud messages, with the provider's limits checked before anything is sent."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from connectors.graph import bounds
from connectors.graph.bounds import within
from connectors.values import named
from connectors.whatsapp import interactive, limits, media, native
from connectors.whatsapp.media import Body, Uploaded
from connectors.whatsapp.native import Native
from connectors.whatsapp.template import template
from state.model.address import path
from state.model.content import (
    Card,
    Choice,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    MediaKind,
    Reaction,
    Template,
    Text,
    media_in,
)
from state.model.wire import BadMessage, File, Outbound, Sent

Part = tuple[str, Any]
"""A message's `type` and what stands in the field of that name."""


def body(message: Outbound, options: Native, uploaded: Uploaded) -> Body:
    """The JSON of a message; raises BadMessage naming the field that breaks a limit."""
    kind, part = _part(message.content, options, uploaded)
    found: Body = {
        "messaging_product": "whatsapp",
        **(recipient(message.to) if not options.group else {"recipient_type": "group", "to": options.group}),
        "type": kind,
        kind: part,
        "biz_opaque_callback_data": within("id", message.id, limits.CALLBACK_DATA),
    }
    if message.reply_to:
        found["context"] = {"message_id": within("reply_to", message.reply_to, limits.IDENTIFIER)}
    if options.identity_key_hash:
        found["recipient_identity_key_hash"] = options.identity_key_hash
    return found


def recipient(to: tuple[str, ...]) -> Body:
    """`to` a phone number where one is known, else `recipient` a business-scoped user id; raises BadMessage."""
    phone = path(to, "whatsapp") or path(to, "tel").lstrip("+")
    if phone:
        if not (phone.isascii() and phone.isdigit()):
            raise BadMessage("to", "a phone number has digits alone")
        return {"recipient_type": "individual", "to": phone}
    user_id = path(to, "whatsapp-bsuid")
    if not user_id:
        raise BadMessage("to", "holds neither a phone number nor a WhatsApp user id")
    return {"recipient_type": "individual", "recipient": user_id}


def read(provider_id: str) -> Body:
    """The JSON that marks a customer's message as read."""
    return {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}


def sent(answer: Body, status: int) -> Sent:
    """What an answer of success says: the message's id, and who the recipient is known as. Raises Unclear."""
    message, contact = _first(answer.get("messages")), _first(answer.get("contacts"))
    provider_id = named(message.get("id"), status, "message id")
    addresses: tuple[str, ...] = ()
    if user_id := contact.get("user_id"):
        addresses = (f"whatsapp-bsuid:{user_id}",)
    if number := contact.get("wa_id"):
        addresses += (f"whatsapp:{number}",)
    return Sent(provider_id, addresses, str(message.get("message_status") or ""))


def _first(value: object) -> Body:
    first = value[0] if isinstance(value, list) and value else None
    return first if isinstance(first, dict) else {}


def files(message: Outbound) -> dict[str, tuple[File, MediaKind]]:
    """The files to upload first, by their `stored` id, each checked; raises BadMessage."""
    found: dict[str, tuple[File, MediaKind]] = {}
    if not message.files:
        return found
    for item in media_in(message.content):
        file = message.files.get(item.stored)
        if file is None or item.ref or item.url:
            continue
        named = File(file.body, item.mime or file.mime, item.name or file.name)
        media.check(named, item.kind, item.voice)
        found[item.stored] = named, item.kind
    return found


def marketing(content: Content) -> None:
    """Check that a message may go by the endpoint for marketing; raises BadMessage."""
    if not isinstance(content, Template):
        raise BadMessage("native.whatsapp.marketing", "goes with a template alone")


def _part(content: Content, options: Native, uploaded: Uploaded) -> Part:
    found = native.special(options)
    if found:
        name, kind, option = found
        if not isinstance(content, Text):
            raise BadMessage(f"native.whatsapp.{name}", "goes with a text, which is its body")
        return "interactive", interactive.special(content, kind, option)
    builder = _BUILDERS.get(type(content))
    if builder is None:
        raise BadMessage("content", f"WhatsApp cannot show {type(content).__name__}")
    return builder(content, options, uploaded)


def _text(content: Text, options: Native, uploaded: Uploaded) -> Part:
    words = within("text", content.text, limits.TEXT, 1)
    return "text", {"body": words, "preview_url": options.preview_url}


def _media(content: Media, options: Native, uploaded: Uploaded) -> Part:
    return content.kind, media.part(content, uploaded)


def _location(content: Location, options: Native, uploaded: Uploaded) -> Part:
    if not (-90 <= content.latitude <= 90 and -180 <= content.longitude <= 180):
        raise BadMessage("latitude", "is -90 to 90 degrees, and longitude -180 to 180")
    part: Body = {"latitude": content.latitude, "longitude": content.longitude}
    return "location", part | {
        name: value for name in ("name", "address") if (value := getattr(content, name))
    }


def _contacts(content: ContactCard, options: Native, uploaded: Uploaded) -> Part:
    bounds.count("cards", len(content.cards), limits.CONTACTS)
    return "contacts", [_card(f"cards[{n}]", card) for n, card in enumerate(content.cards)]


def _card(field: str, card: Card) -> Body:
    """A contact card. WhatsApp wants one part of the name besides the whole."""
    name = {"formatted_name": within(f"{field}.name", card.name, limits.PARAMETER, 1)}
    name |= _given(card, _NAME) or {"first_name": card.name}
    found: Body = {
        "name": name,
        "org": _given(card, ("company", "department", "title")),
        "birthday": card.birthday,
    }
    for part in ("phones", "emails", "urls", "addresses"):
        found[part] = [_typed(msgspec.to_builtins(each)) for each in getattr(card, part)]
    return {part: value for part, value in found.items() if value}


_NAME = ("first_name", "last_name", "middle_name", "prefix", "suffix")


def _given(card: Card, names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name in names if (value := getattr(card, name))}


def _typed(item: Mapping[str, str]) -> Body:
    return {"type" if name == "kind" else name: value for name, value in item.items()}


def _reaction(content: Reaction, options: Native, uploaded: Uploaded) -> Part:
    target = within("target", content.target, limits.IDENTIFIER, 1)
    return "reaction", {"message_id": target, "emoji": within("emoji", content.emoji, 64)}


_BUILDERS: dict[type, Callable[[Any, Native, Uploaded], Part]] = {
    Text: _text,
    Media: _media,
    Location: _location,
    ContactCard: _contacts,
    Reaction: _reaction,
    Choice: lambda content, options, uploaded: ("interactive", interactive.choice(content, uploaded)),
    Form: lambda content, options, uploaded: ("interactive", interactive.form(content, options)),
    Template: lambda content, options, uploaded: ("template", template(content, uploaded)),
}
