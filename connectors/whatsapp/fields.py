"""Fields of WhatsApp's JSON as they must be: each reader raises Unfit where one is not."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

Item = Mapping[str, Any]


class Unfit(Exception):
    """An item without what it must have."""


def text(value: object) -> str:
    """A string as it must be one; raises Unfit."""
    if not isinstance(value, str):
        raise Unfit(f"{value!r} is no text")
    return value


def timestamp(value: object) -> int:
    """Seconds as a string, sometimes milliseconds, as milliseconds UTC; raises Unfit."""
    if not isinstance(value, (str, int)) or isinstance(value, bool) or not 0 < len(str(value)) <= 16:
        raise Unfit(f"timestamp {str(value)[:40]!r}")
    number = int(value)
    if number < 0:
        raise Unfit(f"timestamp {number}")
    return number if number > 100_000_000_000 else number * 1000


def addresses(user_id: object, phone: object) -> tuple[str, ...]:
    """The URNs of a customer, the stable one first; raises Unfit where there is none."""
    found = []
    if user_id:
        found.append(f"whatsapp-bsuid:{text(user_id)}")
    if phone:
        found.append(f"whatsapp:{text(phone).lstrip('+')}")
    if not found:
        raise Unfit("neither phone nor user id says who it is")
    return tuple(found)


def digest(value: object) -> str:
    """A key for what has no id of its own."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]
