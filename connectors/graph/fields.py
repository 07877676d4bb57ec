"""What webhooks' values must be beyond their types: times, addresses, names. What does not fit raises Unfit."""

import hashlib
from typing import Any

import msgspec

LONGEST_ID = 512
_LAST_MS = 253_402_300_799_999  # the end of the year 9999, beyond which Python knows no dates
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], " ")


class Unfit(Exception):
    """An item without what it must have; `where` is the path within it."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(why)
        self.why, self.where = why, where


def timestamp(value: str | int) -> int:
    """Seconds, sometimes milliseconds, as a number or a string, in milliseconds UTC; raises Unfit."""
    text = str(value) if isinstance(value, int) and value < _LAST_MS else value
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Unfit(f"{str(value)[:40]!r} is no time", ".timestamp")
    number = int(text)
    ms = number if number > 100_000_000_000 else number * 1000
    if ms > _LAST_MS:
        raise Unfit(f"{text!r} is no time", ".timestamp")
    return ms


def at(value: object) -> int:
    """When a change came, in milliseconds UTC; 0 where the webhook does not say so readably."""
    try:
        return timestamp(value) if isinstance(value, str | int) and not isinstance(value, bool) else 0
    except Unfit:
        return 0


def known(value: str, where: str = ".id") -> str:
    """An id of the provider's, as we can keep it; raises Unfit."""
    if not value or len(value) > LONGEST_ID or not value.isprintable():
        raise Unfit("is no id", where)
    return value


def line(text: str) -> str:
    """A name in one line, without control characters."""
    return text if text.isprintable() else text.translate(_CONTROLS).strip()


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
