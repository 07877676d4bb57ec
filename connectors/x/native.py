"""What only X has: the options of `native.x`, typed, an unknown one refused."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from state.model.base import Value
from state.model.wire import BadMessage


class Native(Value, frozen=True):
    """`conversation` is the id of a conversation (a group's, for instance) to send to instead of to the customer."""

    conversation: Annotated[str, msgspec.Meta(pattern=r"^[\w-]{0,64}$")] = ""


def native_of(given: Mapping[str, Any]) -> Native:
    """The options of a message; raises BadMessage."""
    try:
        return msgspec.convert(given, Native)
    except msgspec.ValidationError as error:
        raise BadMessage("native.x", str(error)) from error
