"""What webhooks' values must be: ids, times, names. What does not fit raises Unfit."""

import hashlib
from typing import Any

import msgspec

Json = dict[str, Any]
_EPOCH = 1_288_834_974_657
_FIRST = 1 << 50
_LAST_MS = 253_402_300_799_999  # the end of the year 9999, beyond which Python knows no dates
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], " ")


class Unfit(Exception):
    """An item without what it must have; `where` is the path within it."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(why)
        self.why, self.where = why, where


def part(given: Json, name: str, where: str = "") -> Json:
    """An object within an object; raises Unfit."""
    found = given.get(name)
    if not isinstance(found, dict):
        raise Unfit("is no object", f"{where}.{name}")
    return found


def object_of(value: object) -> Json:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def digits(value: object, where: str) -> str:
    """A numeric id of a user or a message; raises Unfit."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Unfit("is no id", where)
    return text


def moment(value: object, where: str = ".created_timestamp") -> int:
    """Milliseconds since 1970, UTC, as a number or a string; raises Unfit."""
    text = digits(value, where)
    if int(text) > _LAST_MS:
        raise Unfit("is no time", where)
    return int(text)


def made_at(event_id: object, otherwise: int) -> int:
    """When X made an event, by its id (a snowflake: milliseconds since November 2010 from bit 22 on)."""
    text = event_id if isinstance(event_id, str) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 20) or int(text) < _FIRST:
        return otherwise
    return (int(text) >> 22) + _EPOCH


def line(value: object) -> str:
    """A name in one line, without control characters; empty where it is no text."""
    text = value if isinstance(value, str) else ""
    return (text if text.isprintable() else text.translate(_CONTROLS).strip())[:200]


def word(value: object) -> str:
    """A provider's word, such as a type, cut to a length that fits everywhere."""
    return line(value)[:60]


def digest(value: object) -> str:
    """A key for what has no id of its own: the same content gives the same key."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def storable(value: Any, depth: int = 32) -> Any:
    """Free JSON as every store takes it: integers within 64 bits (others as text), at most so many levels deep."""
    if isinstance(value, dict):
        return {name: storable(each, depth - 1) for name, each in value.items()} if depth else "…"
    if isinstance(value, list):
        return [storable(each, depth - 1) for each in value] if depth else "…"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value
