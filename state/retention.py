"""Retention: what is older than its kind's time leaves in batches, by its time-ordered id or its time."""

from collections.abc import Mapping

import sqlalchemy as sa

from state.consent_tables import delivery
from state.model.ids import now_ms
from state.statements import Query, Write, delete
from state.tables import (
    activity,
    decision,
    envelope,
    event,
    exchange,
    inbox,
    journal,
    media,
    message,
    outbox,
    part,
    signal,
)
from state.writer import Op

DAY_MS = 24 * 3600 * 1000
KINDS: Mapping[str, tuple[sa.Table, ...]] = {
    "envelopes": (envelope, event),
    "journal": (journal, signal, delivery),
    "messages": (message, decision, exchange, part, activity, media),
}
"""What goes together. An event that still waits for its turn, and a message that is still queued, stay."""
_STILL_NEEDED = {event.name: inbox, message.name: outbox, exchange.name: outbox}


_AGE = {part.name: "message", exchange.name: "message", activity.name: "at"}
"""The column that tells how old a row is, where it is not the id."""


def _key(table: sa.Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _old(table: sa.Table) -> Query:
    """The oldest rows before an id or a time that nothing waits for."""
    age = table.c[_AGE.get(table.name, "id")]
    query = sa.select(*table.primary_key.columns).where(age < sa.bindparam("before", type_=age.type))
    waiting = _STILL_NEEDED.get(table.name)
    if waiting is not None:
        query = query.where(~sa.exists().where(waiting.c.id == age, waiting.c.lane == table.c.lane))
    query = query.order_by(age).limit(sa.bindparam("limit", type_=sa.Integer))
    return Query(query, "before limit")


_OLD: dict[str, Query] = {table.name: _old(table) for tables in KINDS.values() for table in tables}
_GONE: dict[str, Write] = {
    table.name: delete(table, " ".join(_key(table))) for tables in KINDS.values() for table in tables
}


def sweep(kind: str, days: int, limit: int = 500) -> Op[int]:
    """Delete up to `limit` rows of each table of a kind that are older than `days`; gives how many went."""
    before = now_ms() - days * DAY_MS
    first_id = f"{before:012x}{'0' * 20}"
    gone = 0
    for table in KINDS[kind]:
        timed = isinstance(table.c[_AGE.get(table.name, "id")].type, sa.BigInteger)
        (rows,) = yield [(_OLD[table.name], (before if timed else first_id, limit))]
        if rows:
            yield [(_GONE[table.name], tuple(row)) for row in rows]
        gone += len(rows)
    return gone
