"""The versions of flows: which one begins runs, and the source of those whose runs still go on."""

from typing import NamedTuple

import sqlalchemy as sa

from state import audit
from state.model.ids import now_ms
from state.statements import Fetch, Query, Write, insert, update
from state.tables import flow_version
from state.writer import Op

_V = flow_version.c
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
