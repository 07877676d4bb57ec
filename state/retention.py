"""Retention: what is older than its kind's time leaves in batches, by its time-ordered id."""

from collections.abc import Mapping

import sqlalchemy as sa

from state.model.ids import now_ms
from state.statements import Query, Write, delete
from state.tables import decision, envelope, event, exchange, inbox, journal, message, outbox
from state.writer import Op

DAY_MS = 24 * 3600 * 1000
KINDS: Mapping[str, tuple[sa.Table, ...]] = {
    "envelopes": (envelope, event),
    "journal": (journal,),
    "messages": (message, decision, exchange),
}
"""What goes together. An event that still waits for its turn, and a message that is still queued, stay."""
_STILL_NEEDED = {event.name: inbox, message.name: outbox}


def _old(table: sa.Table) -> Query:
    """The oldest rows before an id that nothing waits for."""
    query = sa.select(table.c.id, table.c.lane).where(
        table.c.id < sa.bindparam("before", type_=table.c.id.type)
    )
    waiting = _STILL_NEEDED.get(table.name)
    if waiting is not None:
        query = query.where(~sa.exists().where(waiting.c.id == table.c.id, waiting.c.lane == table.c.lane))
    query = query.order_by(table.c.id).limit(sa.bindparam("limit", type_=sa.Integer))
    return Query(query, "before limit")


_OLD: dict[str, Query] = {table.name: _old(table) for tables in KINDS.values() for table in tables}
_GONE: dict[str, Write] = {
    table.name: delete(table, "id lane") for tables in KINDS.values() for table in tables
}


def sweep(kind: str, days: int, limit: int = 500) -> Op[int]:
    """Delete up to `limit` rows of each table of a kind that are older than `days`; gives how many went."""
    before = f"{now_ms() - days * DAY_MS:012x}{'0' * 20}"
    gone = 0
    for table in KINDS[kind]:
        (rows,) = yield [(_OLD[table.name], (before, limit))]
        if rows:
            yield [(_GONE[table.name], (row[0], row[1])) for row in rows]
        gone += len(rows)
    return gone
