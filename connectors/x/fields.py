"""What webhooks' values must be: ids, times, names. What does not fit raises Unfit."""

from typing import Any

from connectors import values
from connectors.values import LAST_MS, Unfit

Json = dict[str, Any]
_EPOCH = 1_288_834_974_657
_FIRST = 1 << 50


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
    if int(text) > LAST_MS:
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
    return values.line(text)[:200]


def word(value: object) -> str:
    """A provider's word, such as a type, cut to a length that fits everywhere."""
    return line(value)[:60]
