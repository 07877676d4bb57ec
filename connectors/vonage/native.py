"""Options only Vonage has, under `native.vonage`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from state.model.base import Value
from state.model.wire import BadMessage


class Native(Value, frozen=True, kw_only=True):
    """`ttl` seconds (20 to 604,800) in which it is worth delivering; `entity_id` and `content_id` (India); `pool_id`.

    `rcs` sends to a telephone number by RCS instead of as a short message.
    """

    ttl: int = 0
    rcs: bool = False
    entity_id: str = ""
    content_id: str = ""
    pool_id: str = ""


_NONE = Native()


def native_of(given: Mapping[str, Any]) -> Native:
    """The options; raises BadMessage for one that is unknown, of the wrong type or out of bounds."""
    if not given:
        return _NONE
    try:
        found = msgspec.convert(given, Native)
    except msgspec.ValidationError as error:
        raise BadMessage("native.vonage", str(error)) from error
    if found.ttl and not 20 <= found.ttl <= 604_800:
        raise BadMessage("native.vonage.ttl", "is 20 to 604,800 seconds")
    return found
