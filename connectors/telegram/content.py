"""What a message says (Bot API: Message), by the field it has; one nobody can show is Unsupported, never lost."""

from collections.abc import Callable
from typing import Any

import msgspec

from connectors.values import storable
from state.model.content import (
    Card,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    MediaKind,
    Phone,
    Text,
    Unsupported,
)

Json = dict[str, Any]


class Unfit(ValueError):
    """A value that is not what the Bot API says."""


def number(value: Json, name: str) -> int:
    """A whole number; raises Unfit."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) >= 1 << 62:
        raise Unfit(f"{name} is no id")
    return found


def text_of(value: Json, name: str) -> str:
    """A text; raises Unfit."""
    found = value.get(name)
    if not isinstance(found, str):
        raise Unfit(f"{name} is no text")
    return found


def content_of(message: Json) -> Content:
    """The content; raises Unfit where its part is not what the Bot API says."""
    if isinstance(message.get("text"), str):
        return Text(message["text"])
    for name, reader in _READERS.items():
        if name in message:
            return reader(message)
    known = next((name for name in message if name not in _AROUND), "nothing")
    return Unsupported(known)


def _file(name: str, kind: MediaKind, *, voice: bool = False) -> Callable[[Json], Content]:
    def read(message: Json) -> Content:
        file = message[name]
        caption = message.get("caption")
        return Media(
            kind,
            ref=text_of(file, "file_id"),
            mime=str(file.get("mime_type") or ""),
            caption=caption if isinstance(caption, str) else "",
            name=str(file.get("file_name") or ""),
            voice=voice,
        )

    return read


def _photo(message: Json) -> Content:
    """Sizes of one picture: the largest is last."""
    sizes = message["photo"]
    if not isinstance(sizes, list) or not sizes or not isinstance(sizes[-1], dict):
        raise Unfit("photo has no sizes")
    return _file("photo", "image")({**message, "photo": sizes[-1]})


def _live_photo(message: Json) -> Content:
    """A picture that moves for a moment: what its file is says its type."""
    kind: MediaKind = "image" if str(message["live_photo"].get("mime_type")).startswith("image/") else "video"
    return _file("live_photo", kind)(message)


def _location(message: Json) -> Content:
    venue = message.get("venue") or {}
    place = venue.get("location") or message["location"]
    latitude, longitude = (
        _degrees(place.get(name), most) for name, most in (("latitude", 90), ("longitude", 180))
    )
    return Location(latitude, longitude, str(venue.get("title") or ""), str(venue.get("address") or ""))


def _degrees(value: object, most: float) -> float:
    if not isinstance(value, int | float) or abs(value) > most:
        raise Unfit("location is no place")
    return float(value)


def _contact(message: Json) -> Content:
    card = message["contact"]
    names = [str(card.get(each) or "") for each in ("first_name", "last_name")]
    name = " ".join(filter(None, names))
    phones = (Phone(str(card.get("phone_number") or "")),)
    return ContactCard((Card(name, names[0], names[1], phones=phones),))


def _poll(message: Json) -> Content:
    return Unsupported("poll", str(message["poll"].get("question") or ""))


def _dice(message: Json) -> Content:
    return Unsupported("dice", f"{message['dice'].get('emoji')} {message['dice'].get('value')}")


def _web_app(message: Json) -> Content:
    """What a web app of the bot's sends back: a form filled in, in words of its own (JSON, as a rule)."""
    given = message["web_app_data"]
    words = text_of(given, "data")
    try:
        answers = msgspec.json.decode(words, type=Json)
    except (msgspec.DecodeError, RecursionError):
        answers = {"data": words}
    return Form(button=str(given.get("button_text") or ""), answers=storable(answers))


def _payment(message: Json) -> Content:
    return Unsupported("successful_payment", str(message["successful_payment"].get("invoice_payload") or ""))


_READERS: dict[str, Callable[[Json], Content]] = {
    "live_photo": _live_photo,
    "photo": _photo,
    "animation": _file("animation", "video"),
    "video": _file("video", "video"),
    "video_note": _file("video_note", "video"),
    "audio": _file("audio", "audio"),
    "voice": _file("voice", "audio", voice=True),
    "document": _file("document", "document"),
    "sticker": _file("sticker", "sticker"),
    "venue": _location,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
    "dice": _dice,
    "web_app_data": _web_app,
    "successful_payment": _payment,
}
"""A live photo has a picture beside it, an animation a document, a venue a location: the first that is found counts."""
_AROUND = {
    "message_id", "date", "chat", "from", "sender_chat", "business_connection_id", "message_thread_id",
    "reply_to_message", "edit_date", "via_bot", "has_protected_content", "is_topic_message", "media_group_id",
    "is_automatic_forward", "author_signature", "forward_origin", "sender_boost_count", "sender_business_bot",
    "quote", "external_reply", "entities", "caption", "caption_entities", "reply_markup", "effect_id",
}  # fmt: skip
