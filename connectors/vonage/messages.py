"""The Messages API of Vonage: JSON in, JSON out, for short messages, RCS, WhatsApp and Messenger."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from connectors.sms import fields, numbers
from connectors.values import named
from connectors.vonage import codes, profile
from connectors.vonage.native import Native
from state.model.content import (
    Chosen,
    Content,
    Item,
    Location,
    Media,
    MediaKind,
    Order,
    Text,
    Unsupported,
)
from state.model.event import Event, MessageReceived, Reacted, Receipt, Referral
from state.model.ids import ID_PATTERN
from state.model.receipts import ReceiptStatus
from state.model.wire import BadMessage, Malformed, Outbound, Reply, Sent

Json = Mapping[str, Any]
_STATUSES: dict[str, ReceiptStatus] = {
    "submitted": "sent", "delivered": "delivered", "read": "read", "rejected": "failed", "undeliverable": "failed",
}  # fmt: skip
_SCHEMES = {"sms": "tel", "mms": "tel", "rcs": "tel", "whatsapp": "whatsapp", "messenger": "messenger"}
_KINDS: dict[str, MediaKind] = {
    "image": "image", "audio": "audio", "video": "video", "file": "document", "vcard": "document", "sticker": "sticker",
}  # fmt: skip
_ID = re.compile(r"[0-9A-Za-z._-]{1,200}")
_LONGEST = 255
encode = msgspec.json.Encoder().encode


def events(body: Json) -> tuple[Event, ...]:
    """What a webhook tells; raises Malformed where it is of no message, ValueError where one is bad."""
    key = _word(body, "message_uuid", _LONGEST)
    if not key:
        raise Malformed("there is no message_uuid")
    if "status" in body and "message_type" not in body:
        return _receipt(body, key)
    if body.get("message_type") == "reaction":
        return (_reaction(body, key),)
    return (_said(body, key),)


def body(message: Outbound, options: Native, sender: str, callback: str) -> bytes:
    """The JSON of a message; raises BadMessage."""
    channel, to = _place(message.to, options)
    content, kind = message.content, ""
    found: dict[str, Any] = {"to": to, "from": sender.removeprefix("+"), "client_ref": message.id}
    match content:
        case Text(text=text):
            kind, found["text"] = "text", text
        case Media() if content.kind in profile.KINDS:
            kind, channel = profile.KINDS[content.kind], "mms" if channel == "sms" else channel
            found[kind] = _file(content)
        case _:
            raise BadMessage("content", f"{channel} by Vonage cannot show {type(content).__name__}")
    found |= {"channel": channel, "message_type": kind}
    if message.reply_to and channel == "whatsapp":
        found["context"] = {"message_uuid": message.reply_to}
    return encode(found | _options(options, channel, callback))


def sent(reply: Reply, attempt: int) -> Sent:
    """What an answer says; raises Undelivered or Unclear."""
    if not 200 <= reply.status < 300:
        raise codes.undelivered(reply, attempt)
    found = fields.words(fields.at(codes.object_of(reply), "message_uuid"), _LONGEST)
    return Sent(named(found, reply.status, "message_uuid"))


def _place(to: tuple[str, ...], options: Native) -> tuple[str, str]:
    """The channel at Vonage, and the customer's address there."""
    for scheme, name in (("tel", "sms"), ("whatsapp", "whatsapp"), ("messenger", "messenger")):
        for each in to:
            if each.startswith(f"{scheme}:"):
                number = numbers.dialled((each,)) if scheme == "tel" else each.partition(":")[2]
                return "rcs" if options.rcs and scheme == "tel" else name, number.removeprefix("+")
    raise BadMessage("to", "holds no address of Vonage's channels")


def _file(content: Media) -> Json:
    if not content.url.startswith(("https://", "http://")):
        raise BadMessage("url", "Vonage fetches files by a web address")
    named = {"caption": content.caption, "name": content.name if content.kind == "document" else ""}
    return {"url": content.url} | {name: value for name, value in named.items() if value}


def _options(options: Native, channel: str, callback: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if options.ttl:
        found["ttl"] = options.ttl
    if callback:
        found |= {"webhook_url": callback, "webhook_version": "v1"}
    own = {
        name: value for name in ("entity_id", "content_id", "pool_id") if (value := getattr(options, name))
    }
    if own and channel != "sms":
        raise BadMessage("native.vonage", f"{', '.join(own)}: goes with short messages alone")
    return found | ({"sms": own} if own else {})


def _said(body: Json, key: str) -> MessageReceived:
    return MessageReceived(
        key=key,
        at=fields.moment(_word(body, "timestamp")),
        addresses=(_address(body, "from"),),
        name=_word(fields.at(body, "profile"), "name", 200),
        provider_id=key,
        content=_content(body),
        reply_to=_word(fields.at(body, "context"), "message_uuid", _LONGEST),
        referral=_referral(fields.at(body, "whatsapp.referral")),
    )


def _address(body: Json, side: str) -> str:
    """Whose it is; older webhooks hold an object with the number or the id."""
    channel, given = _word(body, "channel") or "sms", body.get(side)
    if isinstance(given, Mapping):
        channel, given = _word(given, "type") or channel, given.get("number") or given.get("id")
    scheme = _SCHEMES.get(channel)
    if scheme is None:
        raise ValueError(f"{channel[:40]!r} is no channel that is known")
    text = fields.words(given, 200)
    if scheme == "tel":
        return numbers.urn(text)
    if not _ID.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no address on {channel}")
    return f"{scheme}:{text}"


def _content(body: Json) -> Content:
    kind = _word(body, "message_type", 60)
    given = body.get(kind)
    if kind == "text":
        return Text(fields.words(given))
    read = _READERS.get(kind)
    if read is None or not isinstance(given, Mapping):
        return Unsupported(kind or "nothing", _word(given, "description") or _word(given, "reason"))
    return read(given)


def _media(kind: MediaKind) -> Callable[[Json], Content]:
    return lambda given: Media(
        kind, url=_word(given, "url"), caption=_word(given, "caption"), name=_word(given, "name", 200)
    )


def _location(given: Json) -> Content:
    lat, long = (float(_word(given, name)) for name in ("lat", "long"))
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        raise ValueError("there is no such place on earth")
    return Location(lat, long, _word(given, "name"), _word(given, "address"), _word(given, "url"))


def _order(given: Json) -> Content:
    lines = given.get("product_items")
    items = (
        tuple(_line(each) for each in lines if isinstance(each, Mapping)) if isinstance(lines, list) else ()
    )
    return Order(items, _word(given, "catalog_id"), _word(given, "text"))


def _line(given: Json) -> Item:
    count = _word(given, "quantity", 6)
    return Item(
        _word(given, "product_retailer_id"), int(count) if count.isascii() and count.isdigit() else 1,
        _word(given, "item_price"), _word(given, "currency"),
    )  # fmt: skip


_READERS: dict[str, Callable[[Json], Content]] = {
    **{name: _media(kind) for name, kind in _KINDS.items()},
    "location": _location,
    "order": _order,
    "reply": lambda given: Chosen(_word(given, "id"), _word(given, "title"), _word(given, "description")),
    "button": lambda given: Chosen(_word(given, "payload"), _word(given, "text")),
}


def _reaction(body: Json, key: str) -> Event:
    given = body.get("reaction")
    emoji = "" if _word(given, "action") == "unreact" else _word(given, "emoji", 40)
    return Reacted(
        key=key, at=fields.moment(_word(body, "timestamp")), addresses=(_address(body, "from"),), provider_id=key,
        target=_word(fields.at(body, "context"), "message_uuid", _LONGEST), emoji=emoji,
    )  # fmt: skip


def _referral(given: object) -> Referral | None:
    names = ("source_type", "source_id", "source_url", "headline", "body", "ctwa_clid")
    found = Referral(*(_word(given, name) for name in names))
    return found if found != Referral() else None


def _receipt(body: Json, key: str) -> tuple[Event, ...]:
    word = _word(body, "status", 40).lower()
    status = _STATUSES.get(word)
    if status is None:
        raise ValueError(f"{word!r} is no status")
    ours = _word(body, "client_ref")
    told = Receipt(
        key=f"{key}:{word}",
        at=fields.moment(_word(body, "timestamp")),
        addresses=(_address(body, "to"),),
        provider_id=key,
        status=status,
        message_id=ours if ID_PATTERN.fullmatch(ours) else "",
        fault=codes.messages_fault(body.get("error"), word) if status == "failed" else None,
    )
    return (told,)


def _word(given: object, name: str, most: int = 0) -> str:
    """A scalar in an object as text; "" where there is none."""
    return fields.words(given.get(name), most) if isinstance(given, Mapping) else ""
