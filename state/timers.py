"""Timers: due ones become events of their conversation, in one operation, once."""

import sqlalchemy as sa

from state import inbox
from state.model.event import TimerFired
from state.statements import Fetch, Query, Row, delete
from state.tables import Ms, conversation, timer
from state.writer import Op

_DUE = Query(
    sa.select(timer.c.id, timer.c.lane)
    .where(timer.c.due_at <= sa.bindparam("now", type_=Ms))
    .order_by(timer.c.due_at)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "now limit",
)
_TAKE = Fetch(timer, "id lane conversation name run due_at", "id lane", lock="skip")
_CHANNEL = Fetch(conversation, "channel", "id lane")
_GONE = delete(timer, "id lane")
NEXT = Query(sa.select(sa.func.min(timer.c.due_at)), "")
"""When the next timer is due (milliseconds, UTC), or null."""


def fire(now: int, limit: int = 200) -> Op[int]:
    """Turn the due timers into events; gives how many. A timer of an ended run is an event its flow ignores."""
    (due,) = yield [(_DUE, (now, limit))]
    if not due:
        return 0
    rows = [found[0] for found in (yield [(_TAKE, (row[0], row[1])) for row in due]) if found]
    channels = yield [(_CHANNEL, (row[2], row[1])) for row in rows]
    yield [(_GONE, (row[0], row[1])) for row in rows]
    yield from inbox.put_all(
        [_fired(row, channel[0][0]) for row, channel in zip(rows, channels, strict=True)]
    )
    return len(rows)


def _fired(row: Row, channel: str) -> inbox.Internal:
    timer_id, lane, conversation_id, name, run, due_at = row[:6]
    fired = TimerFired(key=f"timer:{timer_id}", at=due_at, timer=name, run=run)
    return inbox.Internal(conversation_id, lane, channel, fired)
