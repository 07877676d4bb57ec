"""Suspensions as fences: every change raises an epoch, and every live node must have seen it before the change is told.

A node holds a permit to send for a bounded time. It first extends the permit, and when that is on disk it looks at the
epoch and the suspensions; by what it has seen it may send until the permit ends. What it keeps to it acknowledges.

Who changes something commits that and then asks for the live nodes behind. Where that question finds a node's permit,
it waits for the node. Where it does not, the permit was extended later than the change was committed, so the node
looks later still and sees the change before it sends. Neither needs a lock, so a node that freezes anywhere in this is
waited for until its permit ends, and no longer. Times are on the database's clock in milliseconds, so that nodes with
wrong clocks agree.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state import merges
from state.consent_tables import suspension
from state.model.stages import CLOSED
from state.model.suspension import Suspension
from state.statements import Now, Query, Row, Statement, Telling, Write, insert, update
from state.tables import Ms, fence, node
from state.writer import Op, Writes

_EPOCH = Query(sa.select(fence.c.epoch).where(fence.c.id == sa.literal_column("1")).with_for_update(), "")
_RAISE = Telling(
    sa.update(fence).values(epoch=sa.bindparam("to", type_=Ms)).where(fence.c.id == sa.literal_column("1")),
    "to",
    "fence",
    fence.c.epoch,
)
_ACTIVE = Query(
    sa.select(suspension.c.body)
    .where(sa.or_(*(suspension.c.stage == sa.literal_column(f"'{each}'") for each in CLOSED)))
    .order_by(suspension.c.id),
    "",
)
ACTIVE = _ACTIVE
"""The suspensions in force (JSON)."""
EPOCH = Query(sa.select(fence.c.epoch).where(fence.c.id == sa.literal_column("1")), "")
"""How often the suspensions have changed."""
_JOIN = insert(node, "id started_at epoch permit_until", ignore=True)
_EXTEND = Write(
    sa.update(node)
    .values(permit_until=Now() + sa.bindparam("length", type_=Ms))
    .where(node.c.id == sa.bindparam("k_id", type_=node.c.id.type)),
    "length k_id",
)
_ACKNOWLEDGE = update(node, "epoch", "id")
_LEAVE = Write(sa.delete(node).where(node.c.id == sa.bindparam("id", type_=node.c.id.type)), "id")
_ONLY = Write(sa.delete(node).where(node.c.id != sa.bindparam("id", type_=node.c.id.type)), "id")
_FORGET = Write(sa.delete(node).where(node.c.permit_until < Now() - sa.literal_column("86400000")), "")
_BEHIND = Query(
    sa.select(node.c.id, node.c.permit_until - Now()).where(
        node.c.epoch < sa.bindparam("epoch", type_=Ms), node.c.permit_until > Now()
    ),
    "epoch",
)
BEHIND = _BEHIND
"""The live nodes that have not seen an epoch yet, with the milliseconds their permits still run."""


Ask = tuple[Statement, Row]
_suspension = msgspec.json.Decoder(Suspension).decode


class Permit(NamedTuple):
    """What a node learnt when it looked: the epoch and the suspensions in force.

    One of a contact is there for each of those who are one person with it.
    """

    epoch: int
    suspensions: tuple[Suspension, ...]


def extend(node_id: str, started_at: int, length_ms: int, acknowledged: int = 0) -> Writes[None]:
    """Extend a node's permit. It may send by it once it has looked after this is on disk.

    `acknowledged` is the epoch that it has said it keeps to: one that was away for so long that it was forgotten would
    else be waited for as if it had seen none.
    """
    joined = (_JOIN, (node_id, started_at, acknowledged, 0))
    return Writes([joined, (_EXTEND, (length_ms, node_id)), (_FORGET, ())], None)


def look(
    node_id: str, acknowledged: int, learn: Callable[[Permit], None] = lambda permit: None
) -> Op[Permit]:
    """Read the epoch, then what is in force at least by then, and acknowledge it where that is another epoch.

    `learn` is called before the acknowledgement is written: whoever reads that the node has seen the epoch finds that
    it keeps to it.
    """
    ((epoch,),) = (yield [(EPOCH, ())])[0]
    rows = (yield [(_ACTIVE, ())])[0]
    permit = Permit(epoch, (yield from merges.following([_suspension(row[0]) for row in rows])))
    learn(permit)
    if epoch != acknowledged:
        yield [(_ACKNOWLEDGE, (epoch, node_id))]
    return permit


def leave(node_id: str) -> Op[None]:
    """A node that stops waits for nobody and is waited for by nobody."""
    yield [(_LEAVE, (node_id,))]


def alone(node_id: str) -> Op[None]:
    """Forget all other nodes: for the one process that owns the database; those before it are gone."""
    yield [(_ONLY, (node_id,))]


def changed(epoch: int) -> Ask:
    """The statement that tells every node that the suspensions are others now, for the step that writes them."""
    return (_RAISE, (epoch,))


def coming_epoch() -> Op[int]:
    """The epoch a change makes; the row's lock makes changes queue up.

    It is raised no sooner than the change itself is written: a node that looks in the same batch reads the old one.
    """
    ((epoch,),) = (yield [(_EPOCH, ())])[0]
    return int(epoch) + 1


def people_changed() -> Op[int]:
    """The epoch that a change of who is one person makes, where a suspension in force is of a contact; else 0.

    The fence's row is locked before anything is read: a suspension that is being made meanwhile is seen here, or its
    nodes see the change.
    """
    epoch = yield from coming_epoch()
    return epoch if any(each.scope.contact for each in (yield from active())) else 0


def active() -> Op[list[Suspension]]:
    """The suspensions in force, as they were made."""
    (rows,) = yield [(_ACTIVE, ())]
    return [_suspension(row[0]) for row in rows]


def in_force() -> Op[set[str]]:
    """The ids of the suspensions in force."""
    return {each.id for each in (yield from active())}
