"""Suspensions: put in force, looked at and lifted, by the operations every face calls."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from admin import scopes
from admin import suspensions as operations
from admin.operations import Refused
from admin.suspensions import Vetoed
from gateway.api import cursors
from gateway.api.asks import Because, Discard, Lift, PreviewSuspension, Suspend
from gateway.api.endpoint import Answer, Call, Nothing, Paged
from gateway.api.moments import at, moment, ms_of
from gateway.api.views import time_of
from gateway.holds import Stop
from gateway.problems import Problem
from state import listings, suspensions
from state.held import FIRST
from state.model import cause
from state.model.consent import Purpose
from state.model.suspension import Held, Scope, Suspension
from state.store import Store
from state.suspensions import NotInForce


class InForce(Paged, frozen=True, kw_only=True):
    """With `in_force` only those that hold now."""

    in_force: bool = False


class AskView(Answer, frozen=True, kw_only=True):
    """Who asked for a lift that another has to confirm."""

    actor: str
    reason: str
    held: Held
    at: datetime


class SuspensionView(Answer, frozen=True, kw_only=True):
    """A suspension; it holds while `stage` is `suspended` or `lifting`. `epoch` counts the fence's changes up to its
    last.

    `evidence` are the first ids of `evidence_count`; `by_human` says that it never ends by itself. `in_flight` are the
    messages that were on their way when the call returned, null where nobody looked. `unknown` are the fields of
    `scope` by whose name nothing is known yet, so that they stop only what is still to come; null as before.
    """

    id: str
    stage: str
    scope: Scope
    ground: str
    reason: str
    actor: str
    at: datetime
    due: datetime | None
    until: datetime | None
    condition: str
    by_human: bool
    second_actor: bool
    asked: AskView | None
    proposal: str
    proposed: datetime | None
    evidence: tuple[str, ...]
    evidence_count: int
    notice: str
    noticed: datetime | None
    lifted: datetime | None
    lifted_by: str
    lifted_reason: str
    held: Held
    settled: int
    epoch: int
    in_flight: tuple[str, ...] | None = None
    unknown: tuple[str, ...] | None = None


class Suspensions(Answer, frozen=True, kw_only=True):
    """A page of suspensions, the newest first."""

    items: tuple[SuspensionView, ...]
    next: str | None


class HeldMessage(Answer, frozen=True, kw_only=True):
    """A message within a suspension's scope: `state` is `held`, `queued` (behind one that is held), `later`, or
    `sending` where it was on its way. What it says is told by `GET /v1/messages/{id}`."""

    id: str
    conversation: str
    contact: str
    purpose: Purpose
    channel: str
    state: str
    queued: datetime
    due: datetime
    expires: datetime


class HeldMessages(Answer, frozen=True, kw_only=True):
    """A page of the messages a suspension holds, the oldest first."""

    items: tuple[HeldMessage, ...]
    next: str | None


class SuspensionPreview(Answer, frozen=True, kw_only=True):
    """What a suspension would do, by channel; `unknown` are the fields of the scope by whose name nothing is known."""

    channels: tuple[Stop, ...]
    unknown: tuple[str, ...] = ()


class Discarded(Answer, frozen=True, kw_only=True):
    """How many messages have ended; those that were on their way, or gone already, are not among them."""

    ended: int


class Told(NamedTuple):
    """A suspension, the messages that were on their way when it was told, and what of its scope is not known."""

    suspension: Suspension
    in_flight: tuple[str, ...]
    unknown: tuple[str, ...]


def view(done: Suspension | Told) -> SuspensionView:
    """A suspension as it is shown."""
    made, in_flight, unknown = done if isinstance(done, Told) else (done, None, None)
    names = (
        "id", "stage", "scope", "ground", "reason", "actor", "epoch", "evidence", "notice", "condition", "by_human",
        "proposal", "lifted_by", "held", "settled",
    )  # fmt: skip
    asked = made.asked
    return SuspensionView(
        **{name: getattr(made, name) for name in names},
        at=at(made.at),
        due=moment(made.due_at),
        until=moment(made.until),
        second_actor=made.two,
        asked=AskView(actor=asked.actor, reason=asked.reason, held=asked.held, at=at(asked.at))
        if asked
        else None,
        proposed=moment(made.proposed_at),
        evidence_count=made.count,
        noticed=moment(made.noticed_at),
        lifted=moment(made.lifted_at),
        lifted_reason=made.lifted_for,
        in_flight=in_flight,
        unknown=unknown,
    )


async def listing(call: Call[InForce, None]) -> Suspensions:
    """A page of suspensions."""
    limit, before = call.query.limit, cursors.read(call.query.cursor)
    query = listings.IN_FORCE if call.query.in_force else listings.SUSPENSIONS
    rows = await call.gateway.store.read(query, before, limit + 1)
    found, more = cursors.page(rows, [row[0] for row in rows], limit)
    return Suspensions(
        items=tuple(view(msgspec.json.decode(row[1], type=Suspension)) for row in found), next=more
    )


async def read(call: Call[Nothing, None]) -> SuspensionView:
    """One suspension."""
    return view(await _one(call.gateway.store, call.id))


async def _one(store: Store, suspension_id: str) -> Suspension:
    rows = await store.read(suspensions.ONE, suspension_id)
    if not rows:
        raise Problem("not_found", f"there is no suspension {suspension_id}")
    return suspensions.read(rows[0])


async def preview(call: Call[Nothing, PreviewSuspension]) -> SuspensionPreview:
    """What a suspension would do."""
    scope = await _scope(call, call.body.scope)
    until = ms_of(call.body.until) if call.body.until else 0
    holds = call.gateway.suspensions.holds
    stops = await holds.preview(scope, until)
    return SuspensionPreview(channels=tuple(stops), unknown=await holds.unknown(scope))


async def _scope(call: Call[Nothing, Suspend] | Call[Nothing, PreviewSuspension], scope: Scope) -> Scope:
    """A scope whose channel, team and contact are there; raises Problem, Refused."""
    if scope.channel and call.gateway.channels.get(scope.channel) is None:
        raise Problem("unknown_channel", f"there is no channel {scope.channel!r}", field="scope.channel")
    try:
        return await scopes.found(call.gateway.store, scope)
    except Refused as error:
        raise Refused(f"scope.{error.field}", error.reason) from error


async def suspend(call: Call[Nothing, Suspend]) -> Told:
    """Suspend a scope: when the answer goes out, no new send begins in it on any node."""
    scope = await _scope(call, call.body.scope)
    order = msgspec.structs.replace(call.body.order, scope=scope)
    try:
        made = await operations.suspend(call.gateway.means(call.store), call.actor, order)
    except Vetoed as error:
        raise Problem("conflict", str(error)) from error
    call.gateway.wake.tell("suspensions")
    holds = call.gateway.suspensions.holds
    flying = await holds.in_flight(made.scope) if made.in_force else ()
    return Told(made, flying, await holds.unknown(scope))


async def lift(call: Call[Nothing, Lift]) -> Suspension:
    """End a suspension, or ask for it where another has to confirm; raises Problem `not_found` or `conflict`."""
    await _one(call.gateway.store, call.id)
    means, body = call.gateway.means(call.store), call.body
    try:
        return _moved(call, await operations.lift(means, call.actor, call.id, body.reason, body.held))
    except NotInForce as error:
        raise Problem("conflict", str(error)) from error


async def confirm(call: Call[Nothing, Because]) -> Suspension:
    """Be the second who wants it lifted; raises Problem `not_found` or `conflict`."""
    await _one(call.gateway.store, call.id)
    means = call.gateway.means(call.store)
    try:
        return _moved(call, await operations.confirm(means, call.actor, call.id, call.body.reason))
    except NotInForce as error:
        raise Problem("conflict", str(error)) from error


async def withdraw(call: Call[Nothing, Because]) -> Suspension:
    """Take a notice back before it comes into force; raises Problem `not_found` or `conflict`."""
    await _one(call.gateway.store, call.id)
    means = call.gateway.means(call.store)
    try:
        return await operations.withdraw(means, call.actor, call.id, call.body.reason)
    except NotInForce as error:
        raise Problem("conflict", str(error)) from error


def _moved(call: Call[Nothing, Lift] | Call[Nothing, Because], made: Suspension) -> Suspension:
    """Tell those who go on after a lift."""
    call.gateway.wake.tell("suspensions")
    call.gateway.wake.tell("outbox", ("*",))
    return made


async def held(call: Call[Paged, None]) -> HeldMessages:
    """A page of the messages in a suspension's scope that have not left."""
    made = await _one(call.gateway.store, call.id)
    limit, after = call.query.limit, cursors.read(call.query.cursor) if call.query.cursor else FIRST
    holds = call.gateway.suspensions.holds
    rows = await holds.some(made, after, limit + 1) if made.stage != "clear" else []
    found, more = cursors.page(rows, [each.row.id for each in rows], limit)
    return HeldMessages(
        items=tuple(
            HeldMessage(
                id=each.row.id, conversation=each.row.conversation, channel=each.row.channel, state=each.row.state,
                contact=each.row.talk.contact, purpose=cause.read(each.row.body).purpose,
                queued=time_of(each.row.id), due=at(each.due_at), expires=at(each.row.expires_at),
            )
            for each in found
        ),
        next=more,
    )  # fmt: skip


async def discard(call: Call[Nothing, Discard]) -> int:
    """End messages that a suspension holds; raises Problem `not_found` or `conflict`."""
    made = await _one(call.gateway.store, call.id)
    if not made.in_force:
        raise Problem("conflict", f"the suspension is {made.stage}: it holds nothing")
    body, holds = call.body, call.gateway.suspensions.holds
    waiting = {each.row.id async for page in holds.pages(made) for each in page}
    chosen = sorted(waiting & set(body.messages) if body.messages else waiting)
    means = call.gateway.means(call.store)
    return await operations.discard(means, call.actor, made, chosen, body.reason, body.held)


def discarded(count: int) -> Discarded:
    """What a discard is answered with."""
    return Discarded(ended=count)
