"""Deliveries: what one hook is told of one occurrence, leased by one node at a time, until it is taken or given up.

The try is counted when the row is leased, so a node that is killed between the call and its settling has made it: the
next makes another, with the same id for the receiver.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from state import audit, hooks
from state.consent_tables import delivery, hook
from state.hooks import Delivery, Hook, NoHook, State
from state.lease import LeaseLost, freeing
from state.model.ids import now_ms
from state.statements import Now, Query, Row, Statement, Write, update
from state.tables import Id, Ms
from state.writer import Op

ACTOR = "hooks"
"""Who disables a hook that does not work, in the audit."""

_C = delivery.c


def _waits(now: sa.BindParameter[int]) -> tuple[sa.ColumnElement[bool], ...]:
    """What is due and nobody's."""
    return (_C.state == sa.literal_column("'waiting'"), _C.due_at <= now, _C.lease_until <= Now())


DUE = Query(
    sa.select(*(hook.c[name] for name in Hook._fields)).where(
        hook.c.removed_at.is_(None),
        hook.c.disabled_at.is_(None),
        sa.exists().where(_C.hook == hook.c.id, *_waits(sa.bindparam("now", type_=Ms))),
    ),
    "now",
)
"""The hooks that something is due for: rows of Hook."""
WAITING = Query(
    sa.select(_C.hook, sa.func.count())
    .join(hook, hook.c.id == _C.hook)
    .where(_C.state == sa.literal_column("'waiting'"), hook.c.removed_at.is_(None))
    .group_by(_C.hook),
    "",
)
"""How many deliveries of each hook wait: for their time, or for a hook that is disabled."""
FAILING = Query(
    sa.select(_C.hook, _C.type, _C.answer)
    .where(
        _C.answer != sa.literal_column("''"),
        _C.state.in_([sa.literal_column("'failed'"), sa.literal_column("'waiting'")]),
    )
    .order_by(_C.id.desc())
    .limit(sa.literal_column("500")),
    "",
)
"""Deliveries whose last try has failed, the newest first: hook, type, answer (JSON)."""
_TAKE = Query(
    sa.select(_C.id, _C.hook, _C.event, _C.type, _C.body, _C.attempt, _C.began_at, _C.lease_epoch)
    .where(_C.hook == sa.bindparam("hook", type_=Id), *_waits(sa.bindparam("now", type_=Ms)))
    .order_by(_C.due_at, _C.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True),
    "hook now limit",
)
_LEASE = Write(
    sa.update(delivery)
    .values(
        attempt=_C.attempt + sa.literal_column("1"),
        lease_epoch=_C.lease_epoch + sa.literal_column("1"),
        lease_node=sa.bindparam("node", type_=_C.lease_node.type),
        lease_until=Now() + sa.bindparam("length", type_=Ms),
    )
    .where(_C.id == sa.bindparam("k_id", type_=Id)),
    "node length k_id",
    "k_id",
)
_HELD = Query(sa.select(_C.lease_epoch).where(_C.id == sa.bindparam("id", type_=Id)).with_for_update(), "id")
_SETTLE = update(delivery, "state due_at answer lease_until", "id")
_WORKED = update(hook, "worked_at", "id")
_AGAIN = Write(
    sa.update(delivery)
    .values(
        state=sa.literal_column("'waiting'"),
        attempt=sa.literal_column("0"),
        began_at=sa.bindparam("now", type_=Ms),
        due_at=sa.bindparam("now", type_=Ms),
        lease_epoch=_C.lease_epoch + sa.literal_column("1"),
        lease_until=sa.literal_column("0"),
    )
    .where(_C.id == sa.bindparam("k_id", type_=Id)),
    "now k_id",
    "k_id",
)
_FREE_ALL = freeing(delivery)
_SHOWN = (_C.id, _C.hook, _C.event, _C.type, _C.state, _C.attempt, _C.due_at, _C.body, _C.answer)
OF_HOOK = Query(
    sa.select(*_SHOWN)
    .where(_C.hook == sa.bindparam("hook", type_=Id), _C.event < sa.bindparam("before", type_=Id))
    .order_by(_C.event.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "hook before limit",
)
"""A hook's deliveries whose events come before an id, newest first: rows of Delivery."""
ONE = Query(sa.select(*_SHOWN).where(_C.id == sa.bindparam("id", type_=Id)), "id")
"""One delivery: a row of Delivery."""
_FAILED = Query(
    sa.select(_C.id)
    .where(_C.hook == sa.bindparam("hook", type_=Id), _C.state == sa.literal_column("'failed'"))
    .order_by(_C.id),
    "hook",
)


class Leased(NamedTuple):
    """A delivery that a node has leased; `attempt` counts the try it is leased for."""

    id: str
    hook: str
    event: str
    type: str
    body: str
    attempt: int
    began_at: int
    epoch: int


class End(NamedTuple):
    """What came of a try: the state, when it is tried again (`waiting`; milliseconds, UTC), the exchange (JSON).

    `disables` says why the hook is not called any more; `idle` does so only where the hook has taken nothing since
    the delivery began.
    """

    state: State
    answer: str
    due_at: int = 0
    disables: str = ""
    idle: bool = False


class NoDelivery(LookupError):
    """There is no such delivery."""


def take(places: Sequence[tuple[str, int]], node: str, now: int, lease_ms: int) -> Op[list[Leased]]:
    """Lease what is due, for each hook so many at most."""
    found = yield [(_TAKE, (hook_id, now, free)) for hook_id, free in places]
    rows = [Leased(*row) for each in found for row in each]
    if rows:
        yield [(_LEASE, (node, lease_ms, row.id)) for row in rows]
    return [row._replace(attempt=row.attempt + 1, epoch=row.epoch + 1) for row in rows]


def settle(row: Leased, end: End, now: int) -> Op[bool]:
    """Write what came of a try (now: milliseconds, UTC); says whether it disabled the hook. Raises LeaseLost."""
    (held,) = yield [(_HELD, (row.id,))]
    if not held or held[0][0] != row.epoch:
        raise LeaseLost(row.id)
    asks: list[tuple[Statement, Row]] = [(_SETTLE, (end.state, end.due_at, end.answer, 0, row.id))]
    if end.state == "delivered":
        asks.append((_WORKED, (now, row.hook)))
    yield asks
    return (yield from _disabled(row, end)) if end.disables else False


def _disabled(row: Leased, end: End) -> Op[bool]:
    try:
        one = yield from hooks.find(row.hook)
    except NoHook:  # removed in the meantime
        return False
    if one.disabled_at is not None or (end.idle and one.worked_at >= row.began_at):
        return False
    yield from hooks.disable(row.hook, ACTOR, end.disables)
    return True


def redeliver(delivery_id: str, actor: str, reason: str) -> Op[Delivery]:
    """Tell it once more, from the beginning; raises NoDelivery."""
    (rows,) = yield [(ONE, (delivery_id,))]
    if not rows:
        raise NoDelivery(f"there is no delivery {delivery_id}")
    now, old = now_ms(), Delivery(*rows[0])
    yield [(_AGAIN, (now, delivery_id))]
    yield from audit.note(actor, "redeliver", delivery_id, reason, hook=old.hook, event=old.event)
    return old._replace(state="waiting", attempt=0, due_at=now)


def redeliver_failed(hook_id: str, actor: str, reason: str) -> Op[int]:
    """Tell a hook once more all that failed; gives how many. Raises NoHook."""
    yield from hooks.find(hook_id)
    (rows,) = yield [(_FAILED, (hook_id,))]
    if rows:
        yield [(_AGAIN, (now_ms(), row[0])) for row in rows]
    yield from audit.note(actor, "redeliver_failed", hook_id, reason, deliveries=len(rows))
    return len(rows)


def free_all() -> Op[None]:
    """Forget all leases: for the one process that owns the database, when it starts."""
    yield [(_FREE_ALL, ())]
