"""Suspensions: put in force, listed and lifted, by the operations every face calls."""

from datetime import datetime

import msgspec

from admin import operations
from gateway.api import cursors
from gateway.api.asks import Lift, Suspend
from gateway.api.endpoint import Answer, Call, Nothing, Paged
from gateway.api.moments import at, moment
from gateway.problems import Problem
from state import listings
from state.fences import NotInForce
from state.model.suspension import Scope, Suspension


class InForce(Paged, frozen=True, kw_only=True):
    """With `in_force` only those that hold now."""

    in_force: bool = False


class SuspensionView(Answer, frozen=True, kw_only=True):
    """A suspension; it holds while `lifted` is null. `epoch` counts the fence's changes up to its last."""

    id: str
    scope: Scope
    ground: str
    reason: str
    actor: str
    at: datetime
    lifted: datetime | None
    epoch: int
    evidence: tuple[str, ...]
    notice: str


class Suspensions(Answer, frozen=True, kw_only=True):
    """A page of suspensions, the newest first."""

    items: tuple[SuspensionView, ...]
    next: str | None


def view(made: Suspension) -> SuspensionView:
    """A suspension as it is shown."""
    names = ("id", "scope", "ground", "reason", "actor", "epoch", "evidence", "notice")
    values = {name: getattr(made, name) for name in names}
    return SuspensionView(**values, at=at(made.at), lifted=moment(made.lifted_at))


async def listing(call: Call[InForce, None]) -> Suspensions:
    """A page of suspensions."""
    limit, before = call.query.limit, cursors.read(call.query.cursor)
    query = listings.IN_FORCE if call.query.in_force else listings.SUSPENSIONS
    rows = await call.gateway.store.read(query, before, limit + 1)
    found, more = cursors.page(rows, [row[0] for row in rows], limit)
    return Suspensions(
        items=tuple(view(msgspec.json.decode(row[1], type=Suspension)) for row in found), next=more
    )


async def suspend(call: Call[Nothing, Suspend]) -> Suspension:
    """Suspend a scope: when the answer goes out, no new send begins in it on any node."""
    asked = call.body
    if asked.scope.channel and call.gateway.channels.get(asked.scope.channel) is None:
        raise Problem(
            "unknown_channel", f"there is no channel {asked.scope.channel!r}", field="scope.channel"
        )
    fence = call.gateway.fence
    return await operations.suspend(call.store, fence, call.actor, asked.scope, asked.ground, asked.reason)


async def lift(call: Call[Nothing, Lift]) -> Suspension:
    """End a suspension: what was held is decided again, in order; raises Problem `not_found` or `conflict`."""
    if not await call.gateway.store.read(listings.SUSPENSION, call.id):
        raise Problem("not_found", f"there is no suspension {call.id}")
    fence = call.gateway.fence
    try:
        lifted = await operations.lift(call.store, fence, call.actor, call.id, call.body.reason)
    except NotInForce as error:
        raise Problem("conflict", "this suspension is not in force any more") from error
    call.gateway.wake.tell("outbox", ("*",))
    return lifted
