"""Suspensions as fences: every change raises an epoch, and every live node must have seen it before the change is told.

A node holds a permit to send for a bounded time; it renews the permit with the epoch it has read. Times are on the
database's clock in milliseconds, so that nodes with wrong clocks agree.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state import merges
from state.consent_tables import suspension
from state.model.stages import CLOSED
from state.model.suspension import Suspension
from state.statements import Now, Query, Row, Statement, Write, insert
from state.tables import Ms, fence, node
from state.writer import Op

_EPOCH = Query(sa.select(fence.c.epoch).where(fence.c.id == sa.literal_column("1")).with_for_update(), "")
_READ_EPOCH = Query(
    sa.select(fence.c.epoch).where(fence.c.id == sa.literal_column("1")).with_for_update(read=True), ""
)
_RAISE = Write(
    sa.update(fence).values(epoch=sa.bindparam("to", type_=Ms)).where(fence.c.id == sa.literal_column("1")),
    "to",
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
_RENEW = Write(
    sa.update(node)
    .values(epoch=sa.bindparam("epoch", type_=Ms), permit_until=Now() + sa.bindparam("length", type_=Ms))
    .where(node.c.id == sa.bindparam("k_id", type_=node.c.id.type)),
    "epoch length k_id",
)
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
    """What a node learnt when it renewed its permit: the epoch and the suspensions in force.

    One of a contact that was merged is there twice, the second time with whom it was merged into.
    """

    epoch: int
    suspensions: tuple[Suspension, ...]


def renew(
    node_id: str, started_at: int, length_ms: int, learn: Callable[[Permit], None] = lambda permit: None
) -> Op[Permit]:
    """Read epoch and suspensions and extend the node's permit with them, in one transaction.

    The epoch is read under a lock that a change waits for: who asks for the nodes behind sees this permit. `learn` is
    called before it is written: whoever reads that the node has seen the epoch finds that it keeps to it.
    """
    ((epoch,),) = (yield [(_READ_EPOCH, ())])[0]
    rows = (yield [(_ACTIVE, ())])[0]
    permit = Permit(epoch, (yield from merges.following([_suspension(row[0]) for row in rows])))
    learn(permit)
    yield [(_JOIN, (node_id, started_at, 0, 0))]
    yield [(_RENEW, (epoch, length_ms, node_id)), (_FORGET, ())]
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

    It is raised no sooner than the change itself is written: a permit renewed in the same batch reads the old one.
    """
    ((epoch,),) = (yield [(_EPOCH, ())])[0]
    return int(epoch) + 1


def people_changed() -> Op[list[Ask]]:
    """The statement that tells every node that contacts are others now, where a suspension in force is of a contact."""
    (rows,) = yield [(_ACTIVE, ())]
    if not any(_suspension(row[0]).scope.contact for row in rows):
        return []
    return [changed((yield from coming_epoch()))]


def in_force() -> Op[set[str]]:
    """The ids of the suspensions in force."""
    (rows,) = yield [(_ACTIVE, ())]
    return {_suspension(row[0]).id for row in rows}
