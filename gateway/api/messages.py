"""Messages: queued now or for a time, read with all that was decided about them, canceled while they wait."""

from typing import Any, Literal

import msgspec

from gateway.api import aim, trial, views
from gateway.api.asks import SendMessage
from gateway.api.endpoint import Answer, Asked, Call, Nothing
from gateway.api.moments import Moment, at, ms_of
from gateway.api.queueing import Order, Permission, enqueue
from gateway.api.views import DecisionView, MessageDetail, MessageView
from gateway.policy.bases import unfit
from gateway.problems import Problem
from state import listings, messages, outbox
from state.model.ids import lane_of_id, now_ms
from state.model.message import Message
from state.outbox import Queued

_FARTHEST_MS = 366 * 24 * 3600 * 1000


class MessageQueued(Answer, frozen=True, kw_only=True):
    """What was queued; `due` is when it is to leave. Whether it may leave is decided then.

    After a dry run nothing was: `id` and `conversation` are empty, and `decision` is what it would be.
    """

    id: str
    conversation: str
    channel: str
    status: Literal["queued", "dry_run"] = "queued"
    due: Moment
    decision: DecisionView | None = None


class SendHow(Asked, frozen=True, kw_only=True):
    """With `dry_run` nothing is queued: the answer says what would be decided."""

    dry_run: bool = False


async def send(call: Call[SendHow, SendMessage]) -> Queued | MessageQueued:
    """Check a message against its channel's limits and queue it, unless it is a dry run; what was queued is on disk."""
    asked = call.body
    now = now_ms()
    due = max(now, ms_of(asked.at)) if asked.at else now
    if due - now > _FARTHEST_MS:
        raise Problem("invalid_field", "a message may be scheduled a year ahead", field="at")
    target = await aim.find(call.gateway, asked.to, asked.channel)
    say = await aim.words(call.gateway, target, asked, call.actor.name)
    aim.check(target, say, call.gateway.link, await aim.files(call.gateway, say.content))
    permission = _permission(asked, target.live.channel.type)
    order = Order(target, say, due, due + asked.valid * 1000, call.actor.name, permission)
    if call.query.dry_run:
        made = await trial.decided(call.gateway, order)
        return MessageQueued(
            id="", conversation="", channel=target.live.channel.id, status="dry_run", due=at(due),
            decision=views.decision(made),
        )  # fmt: skip
    queued = await call.store.write(enqueue, order, call.gateway.voice)
    call.gateway.wake.tell("outbox", (queued.channel,))
    return queued


def _permission(asked: SendMessage, channel_type: str) -> Permission | None:
    given = asked.consent
    if given is None:
        return None
    if why := unfit(asked.purpose, given.basis, channel_type):
        raise Problem("invalid_field", why, field="consent.basis")
    return Permission(given.basis, given.evidence, given.text, given.text_version)


def queued(made: Queued | MessageQueued) -> MessageQueued:
    """The answer to a message that was queued."""
    if isinstance(made, MessageQueued):
        return made
    return MessageQueued(
        id=made.id, conversation=made.conversation, channel=made.channel, due=at(made.due_at)
    )


async def read(call: Call[Nothing, None]) -> MessageDetail:
    """A message with its decisions and exchanges; raises Problem `not_found`."""
    store, found = call.gateway.store, await _one(call)
    rows = await store.read(listings.IN_QUEUE, found.id, lane_of_id(found.id))
    ahead = await store.read(listings.AHEAD, found.id, lane_of_id(found.id)) if rows else []
    return views.message_detail(
        found,
        rows[0] if rows else None,
        await messages.decisions(store, found.id),
        await messages.exchanges(store, found.id),
        ahead[0][0] if ahead else "",
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
