"""Signals: signs that a channel's terms are at stake, judged once each, and the evidence that suspensions point to."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from state.model.ids import lane_of_id
from state.statements import Fetch, Query, Row, Statement, update
from state.tables import Id, decision, message, signal
from state.writer import Op

_C = signal.c
UNJUDGED = Query(
    sa.select(_C.id, _C.lane, _C.channel, _C.action, _C.code, _C.body)
    .where(_C.judged == sa.literal_column("0"))
    .order_by(_C.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "limit",
)
"""Signals that nobody has looked at, oldest first: rows of Sign."""
SINCE = Query(
    sa.select(_C.id, _C.lane, _C.channel, _C.action, _C.code, _C.body)
    .where(
        _C.channel == sa.bindparam("channel", type_=_C.channel.type), _C.id >= sa.bindparam("since", type_=Id)
    )
    .order_by(_C.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "channel since limit",
)
"""A channel's signals since an id (a time's `floor`), newest first: rows of Sign."""
_TAKEN = (message.c.direction == sa.literal_column("'out'"), message.c.accepted > sa.literal_column("0"))
SENT = Query(
    sa.select(sa.func.count())
    .select_from(message)
    .where(
        message.c.id >= sa.bindparam("since", type_=Id),
        message.c.channel == sa.bindparam("channel", type_=message.c.channel.type),
        *_TAKEN,
    ),
    "since channel",
)
"""How many messages a channel's provider has taken since an id (a time's `floor`)."""
WORKED = Query(
    sa.select(message.c.id)
    .where(
        message.c.id >= sa.bindparam("since", type_=Id),
        message.c.channel == sa.bindparam("channel", type_=message.c.channel.type),
        *_TAKEN,
    )
    .limit(sa.literal_column("1")),
    "since channel",
)
"""A message that a channel's provider has taken since an id (a time's `floor`), where there is one."""
CONTENT = Query(
    sa.select(message.c.content).where(
        message.c.id == sa.bindparam("id", type_=Id),
        message.c.lane == sa.bindparam("lane", type_=sa.SmallInteger),
    ),
    "id lane",
)
"""What a message says (JSON)."""
_LOCKED = Fetch(signal, "judged", "id lane", lock="wait")
_JUDGED = update(signal, "judged", "id lane")
_EVIDENCE = tuple(Fetch(table, "id", "id lane") for table in (signal, message, decision))


class Sign(NamedTuple):
    """A signal as it is stored: `body` is the event (JSON), a Notice or a Receipt."""

    id: str
    lane: int
    channel: str
    action: str
    code: str
    body: str


class NoEvidence(LookupError):
    """There is no signal, message or decision of that id."""


def floor(ms: int) -> str:
    """The smallest id that a time (milliseconds, UTC) may have given."""
    return f"{max(ms, 0):012x}{'0' * 20}"


def unjudged(keys: Sequence[tuple[str, int]]) -> Op[set[str]]:
    """Which of these signals (id and lane) nobody has judged; they are locked until the commit."""
    found = yield [(_LOCKED, key) for key in sorted(keys)]
    return {key[0] for key, rows in zip(sorted(keys), found, strict=True) if rows and not rows[0][0]}


def judged_asks(keys: Sequence[tuple[str, int]]) -> list[tuple[Statement, Row]]:
    """The statements that note that signals have been judged."""
    return [(_JUDGED, (1, *key)) for key in sorted(keys)]


def exist(ids: Sequence[str]) -> Op[None]:
    """Look whether each id is a signal's, a message's or a decision's; raises NoEvidence."""
    for each in ids:
        try:
            key = (each, lane_of_id(each))
        except ValueError as error:
            raise NoEvidence(str(error)) from error
        found = yield [(fetch, key) for fetch in _EVIDENCE]
        if not any(found):
            raise NoEvidence(f"{each} is no signal, message or decision")
