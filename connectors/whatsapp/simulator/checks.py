"""What Graph refuses of a message: its own reading of the limits, kept apart from the connector's."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]


class Fault(NamedTuple):
    """An error of Graph's: code, and the details that it names."""

    code: int
    details: str


TYPES = {
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "reaction",
    "template",
}  # fmt: skip
_MEDIA = ("image", "video", "audio", "document", "sticker")

_LENGTHS: tuple[tuple[str, int], ...] = (
    ("text.body", 4096),
    ("image.caption", 1024),
    ("video.caption", 1024),
    ("document.caption", 1024),
    ("interactive.header.text", 60),
    ("interactive.footer.text", 60),
    ("interactive.action.button", 20),
    ("interactive.action.buttons.reply.title", 20),
    ("interactive.action.buttons.reply.id", 256),
    ("interactive.action.parameters.display_text", 20),
    ("interactive.action.sections.title", 24),
    ("interactive.action.sections.rows.id", 200),
    ("interactive.action.sections.rows.title", 24),
    ("interactive.action.sections.rows.description", 72),
    ("interactive.action.cards.body.text", 160),
    ("biz_opaque_callback_data", 512),
)
_NUMBERS: tuple[tuple[str, int], ...] = (
    ("contacts", 257),
    ("interactive.action.buttons", 3),
    ("interactive.action.sections", 10),
    ("interactive.action.sections.rows", 10),
    ("interactive.action.sections.product_items", 30),
    ("interactive.action.cards", 10),
)


def fault(body: Json, number: str) -> Fault | None:
    """What is wrong with a message from this number; None where nothing is."""
    if body.get("messaging_product") != "whatsapp":
        return Fault(100, "The parameter messaging_product is required.")
    to = body.get("to") or body.get("recipient")
    if not isinstance(to, str):
        return Fault(100, "The parameter to is required.")
    if body.get("recipient_type") == "group":
        return Fault(131215, "This number has no groups.")
    if to == number:
        return Fault(131021, "Recipient phone number cannot be the sender phone number.")
    kind = body.get("type", "text")
    if kind not in TYPES:
        return Fault(100, f"Param type must be one of {sorted(TYPES)} - got {kind!r}.")
    if not body.get(kind):
        return Fault(131008, f"Parameter '{kind}' is mandatory for type '{kind}'.")
    return _limit(body) or _media(body, kind)


def _limit(body: Json) -> Fault | None:
    """The first limit that is broken. A list's body may be longer than that of the other interactive messages."""
    listed = (body.get("interactive") or {}).get("type") == "list"
    for path, most in (*_LENGTHS, ("interactive.body.text", 4096 if listed else 1024)):
        for value in _at(body, path.split(".")):
            if not isinstance(value, str) or len(value) > most:
                return Fault(100, f"Param {path} must be at most {most} characters long.")
    for path, most in _NUMBERS:
        if sum(len(value) for value in _at(body, path.split(".")) if isinstance(value, list)) > most:
            return Fault(131009, f"Invalid {path} count: at most {most} are allowed.")
    return None


def _media(body: Json, kind: str) -> Fault | None:
    part = body[kind]
    if kind in _MEDIA and bool(part.get("id")) == bool(part.get("link")):
        return Fault(131008, f"Parameter '{kind}' needs exactly one of id and link.")
    return None


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """All values at a path, through every list on the way."""
    if not path:
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
