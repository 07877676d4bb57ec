"""Messages: queued now or for a time, read with all that was decided about them, canceled while they wait."""

from typing import Any, Literal

import msgspec

from gateway.api import aim, views
from gateway.api.aim import Aim
from gateway.api.asks import SendMessage
from gateway.api.endpoint import Answer, Call, Nothing
from gateway.api.moments import Moment, at, ms_of
from gateway.api.views import MessageDetail, MessageView
from gateway.problems import Problem
from state import contacts, listings, messages, outbox
from state.conversations import message_ask
from state.model.ids import lane_of_id, new_id, now_ms
from state.model.message import Message
from state.model.turn import Say
from state.outbox import Queued, queue_asks
from state.writer import Op

_FARTHEST_MS = 366 * 24 * 3600 * 1000


class MessageQueued(Answer, frozen=True, kw_only=True):
    """What was queued; `due` is when it is to leave. Whether it may leave is decided then."""

    id: str
    conversation: str
    channel: str
    status: Literal["queued"] = "queued"
    due: Moment


async def send(call: Call[Nothing, SendMessage]) -> Queued:
    """Check a message against its channel's limits and queue it; what is returned is on disk."""
    asked = call.body
    now = now_ms()
    due = max(now, ms_of(asked.at)) if asked.at else now
    if due - now > _FARTHEST_MS:
        raise Problem("invalid_field", "a message may be scheduled a year ahead", field="at")
    target = await aim.find(call.gateway, asked.to, asked.channel)
    say = await aim.words(call.gateway, target, asked)
    aim.check(target, say, call.gateway.link, await aim.files(call.gateway, say.content))
    queued = await call.store.write(_enqueue, target, say, due, due + asked.valid * 1000)
    call.gateway.wake.tell("outbox", (queued.channel,))
    return queued


def _enqueue(target: Aim, say: Say, due: int, expires: int) -> Op[Queued]:
    """The contact and its conversation, made where there are none, the message, and its place in the outbox."""
    conversation, lane, channel = target.conversation, target.lane, target.live.channel
    if not conversation and target.contact:
        conversation = yield from contacts.open_conversation(target.contact, lane, channel.id, target.urns)
    elif not conversation:
        who = yield from contacts.find(channel.team, channel.id, target.urns)
        conversation, lane = who.conversation, who.lane
    row_id = new_id(lane)
    queued = Queued(row_id, lane, conversation, channel.id, "message", "", due, expires, outbox.NORMAL, say)
    yield [message_ask(queued), *queue_asks(queued)]
    return queued


def queued(made: Queued) -> MessageQueued:
    """The answer to a message that was queued."""
    return MessageQueued(
        id=made.id, conversation=made.conversation, channel=made.channel, due=at(made.due_at)
    )


async def read(call: Call[Nothing, None]) -> MessageDetail:
    """A message with its decisions and exchanges; raises Problem `not_found`."""
    store, found = call.gateway.store, await _one(call)
    rows = await store.read(listings.IN_QUEUE, found.id, lane_of_id(found.id))
    return views.message_detail(
        found,
        rows[0] if rows else None,
        await messages.decisions(store, found.id),
        await messages.exchanges(store, found.id),
    )


async def _one(call: Call[Any, Any]) -> Message:
    found = await messages.one(call.gateway.store, call.id)
    if found is None:
        raise Problem("not_found", f"there is no message {call.id}")
    return found


async def cancel(call: Call[Nothing, None]) -> MessageView:
    """Cancel a message that has not left; raises Problem `not_found` or `conflict`."""
    found = await _one(call)
    try:
        await call.store.alone(outbox.cancel, found.id)
    except outbox.TooLate as error:
        said = found.outcome or found.facts.status
        raise Problem("conflict", f"it waits no longer: it is on its way, or settled (now {said})") from error
    call.gateway.wake.tell("outbox", (found.channel,))
    return views.message(msgspec.structs.replace(found, outcome="canceled"))
