"""Use of one-time codes, told by whoever signs people in with them: codes that nobody uses are pumped."""

from datetime import datetime

from gateway.api.endpoint import Answer, Asked, Call, Nothing, Word
from gateway.api.moments import at
from gateway.problems import Problem
from state import codes
from state.codes import NoCode, NoMessage, Used
from state.model.ids import now_ms


class CodeUsed(Asked, frozen=True, kw_only=True):
    """Whose code was used: `ref` is the `client_ref` of the message, whose latest counts, on `channel` where it is
    given."""

    ref: Word
    channel: Word = ""


class UseView(Answer, frozen=True, kw_only=True):
    """The code of a message is used, since `used`; `first` says that this was not told before, and counts."""

    message: str
    channel: str
    used: datetime
    first: bool


async def used(call: Call[Nothing, None]) -> Used:
    """The code of a message was used; raises Problem `not_found` or `conflict`."""
    return await _used(call, call.id)


async def used_by_ref(call: Call[Nothing, CodeUsed]) -> Used:
    """The code of the message with a reference was used; raises Problem `not_found` or `conflict`."""
    rows = await call.gateway.store.read(codes.BY_REF, call.body.ref, call.body.channel)
    if not rows:
        raise Problem("not_found", f"there is no message with the client_ref {call.body.ref!r}", field="ref")
    return await _used(call, rows[0][0])


async def _used(call: Call[Nothing, None] | Call[Nothing, CodeUsed], message_id: str) -> Used:
    try:
        made = await call.store.alone(codes.used, message_id, now_ms())
    except NoMessage as error:
        raise Problem("not_found", str(error)) from error
    except NoCode as error:
        raise Problem("conflict", str(error)) from error
    if made.first:
        call.gateway.metrics.traffic.used(made.channel, made.urns)
    return made


def view(made: Used) -> UseView:
    """A use as it is shown."""
    return UseView(message=made.message, channel=made.channel, used=at(made.at), first=made.first)
