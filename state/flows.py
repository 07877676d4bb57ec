"""The versions of flows: which one begins runs, and the source of those whose runs still go on."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state import audit
from state.model.ids import new_id, now_ms
from state.model.journal import Turn
from state.model.turn import Snapshot, Step
from state.statements import Fetch, Query, Row, Statement, Write, insert, update
from state.tables import conversation, flow_version, journal
from state.writer import Op

_V, _C = flow_version.c, conversation.c
LIST = Query(
    sa.select(_V.flow, _V.version, _V.first_at, _V.served_at, _V.withdrawn_at).order_by(
        _V.flow, _V.served_at.desc()
    ),
    "",
)
"""Every version without its source, by flow, the one served last first."""
_SOURCE = Fetch(flow_version, "source", "flow version")
_FIND = Fetch(flow_version, "withdrawn_at", "flow version")
_NEW = insert(flow_version, "flow version source first_at served_at", ignore=True)
_SERVED = Write(
    sa.update(flow_version)
    .values(served_at=sa.bindparam("served_at", type_=_V.served_at.type))
    .where(
        _V.flow == sa.bindparam("k_flow", type_=_V.flow.type),
        _V.version == sa.bindparam("k_version", type_=_V.version.type),
        _V.withdrawn_at == sa.literal_column("0"),
    ),
    "served_at k_flow k_version",
)
_WITHDRAW = update(flow_version, "withdrawn_at", "flow version")
_RESTORE = update(flow_version, "withdrawn_at served_at", "flow version")


class Version(NamedTuple):
    """A version of a flow; times in milliseconds, UTC; `withdrawn_at` is 0 where it is not."""

    flow: str
    version: str
    first_at: int
    served_at: int
    withdrawn_at: int


class NoVersion(Exception):
    """There is no such version of the flow, or none to go back to."""


def serve(flow: str, version: str, source: bytes) -> Op[None]:
    """Note that a version is served from now on, and keep its source; one that was withdrawn stays so."""
    now = now_ms()
    yield [(_NEW, (flow, version, source, now, now))]
    yield [(_SERVED, (now, flow, version))]


def source(flow: str, version: str) -> Op[bytes]:
    """The packed source of a version; raises NoVersion."""
    (found,) = yield [(_SOURCE, (flow, version))]
    if not found:
        raise NoVersion(f"{flow} has no version {version}")
    return bytes(found[0][0])


def withdraw(flow: str, actor: str, reason: str) -> Op[tuple[str, str]]:
    """Take the version that begins runs back for the one before it; gives both; raises NoVersion."""
    (rows,) = yield [(LIST, ())]
    served = [Version(*row) for row in rows if row[0] == flow and not row[4]]
    if len(served) < 2:
        raise NoVersion(f"{flow} has no version before {served[0].version if served else 'this one'}")
    bad, good = served[0].version, served[1].version
    yield [(_WITHDRAW, (now_ms(), flow, bad))]
    yield from audit.note(actor, "withdraw_flow", flow, reason, version=bad, serves=good)
    return bad, good


def restore(flow: str, version: str, actor: str, reason: str) -> Op[None]:
    """Let a version begin runs, also one that was withdrawn; raises NoVersion."""
    (found,) = yield [(_FIND, (flow, version))]
    if not found:
        raise NoVersion(f"{flow} has no version {version}")
    yield [(_RESTORE, (0, now_ms(), flow, version))]
    yield from audit.note(actor, "restore_flow", flow, reason, version=version)


LIVE = Query(
    sa.select(_C.id, _C.lane, _C.snapshot, _C.revision)
    .where(
        _C.id > sa.bindparam("after", type_=_C.id.type), _C.snapshot.like(sa.bindparam("like", type_=sa.Text))
    )
    .order_by(_C.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "after like limit",
)
"""Conversations whose snapshot holds a text, by id: id, lane, snapshot (JSON), revision."""
ONE = Query(
    sa.select(_C.id, _C.lane, _C.snapshot, _C.revision).where(
        _C.id == sa.bindparam("id", type_=_C.id.type), _C.lane == sa.bindparam("lane", type_=_C.lane.type)
    ),
    "id lane",
)
"""One conversation, in the same shape."""
_STANDS = Fetch(conversation, "revision", "id lane", lock="wait")
_MOVE = update(conversation, "snapshot revision updated_at", "id lane")
_NOTE = insert(journal, "id lane conversation body")


class Move(NamedTuple):
    """A conversation that goes on under another version: where it stood (with its revision), and where it stands."""

    id: str
    lane: int
    revision: int
    before: Snapshot
    after: Snapshot


def move(moves: Sequence[Move]) -> Op[int]:
    """Move those conversations that still stand where they were looked at; gives how many."""
    found = yield [(_STANDS, (each.id, each.lane)) for each in moves]
    still = [each for each, rows in zip(moves, found, strict=True) if rows and rows[0][0] == each.revision]
    now = now_ms()
    asks: list[tuple[Statement, Row]] = []
    for each in still:
        text = msgspec.json.encode(each.after).decode()
        asks.append((_MOVE, (text, each.revision + 1, now, each.id, each.lane)))
        note = f"moved {each.before.version}->{each.after.version}"
        step = Step("", "", each.before.state, each.after.state, note)
        body = msgspec.json.encode(Turn([], (step,), [], each.after, at=now, revision=each.revision)).decode()
        asks.append((_NOTE, (new_id(each.lane), each.lane, each.id, body)))
    if asks:
        yield asks
    return len(still)


def moved(flow: str, version: str, actor: str, reason: str, count: int) -> Op[None]:
    """Note in the audit that a flow's conversations were moved."""
    yield from audit.note(actor, "move_flow", flow, reason, version=version, moved=count)
