"""Plain reads for those who look after a gateway: suspensions, audit, signals (newest first), a row in its queue."""

from typing import Any

import sqlalchemy as sa

from state.consent_tables import suspension
from state.model.stages import CLOSED
from state.statements import Now, Query
from state.tables import audit, conversation, envelope, outbox, signal


def _is(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return column == sa.bindparam(column.name, type_=column.type)


def _page(table: sa.Table, columns: str, *where: sa.ColumnElement[bool]) -> Query:
    """Rows before an id, newest first."""
    query = sa.select(*(table.c[name] for name in columns.split()))
    query = query.where(table.c.id < sa.bindparam("before", type_=table.c.id.type), *where)
    return Query(
        query.order_by(table.c.id.desc()).limit(sa.bindparam("limit", type_=sa.Integer)), "before limit"
    )


SUSPENSIONS = _page(suspension, "id body")
"""All suspensions, also those that were lifted: id, body (JSON)."""
IN_FORCE = _page(
    suspension, "id body", sa.or_(*(suspension.c.stage == sa.literal_column(f"'{each}'") for each in CLOSED))
)
"""The suspensions in force, in the same shape."""
AUDIT = _page(audit, "id actor action subject reason body")
"""The audit: id, actor, action, subject, reason, body (JSON)."""
SIGNALS = _page(signal, "id channel action code body")
"""Signs that a channel's terms are at stake: id, channel, action, code, body (JSON of the event)."""
ADDRESSES = Query(
    sa.select(conversation.c.urns).where(_is(conversation.c.id), _is(conversation.c.lane)), "id lane"
)
"""The customer's addresses in a conversation (JSON)."""
IN_QUEUE = Query(
    sa.select(outbox.c.state, outbox.c.due_at, outbox.c.expires_at, outbox.c.attempt).where(
        _is(outbox.c.id), _is(outbox.c.lane)
    ),
    "id lane",
)
"""The row of a message that has not been settled: state, due, expires (milliseconds, UTC), attempts so far."""
_FIRST = outbox.alias("first")
AHEAD = Query(
    sa.select(_FIRST.c.id, _FIRST.c.state, _FIRST.c.due_at)
    .select_from(outbox)
    .join(
        _FIRST,
        sa.and_(
            _FIRST.c.conversation == outbox.c.conversation,
            _FIRST.c.lane == outbox.c.lane,
            _FIRST.c.kind == outbox.c.kind,
            _FIRST.c.id < outbox.c.id,
            _FIRST.c.priority <= outbox.c.priority,
            sa.or_(_FIRST.c.state != sa.literal_column("'later'"), _FIRST.c.due_at <= Now()),
        ),
    )
    .where(_is(outbox.c.id), _is(outbox.c.lane), outbox.c.due_at <= Now())
    .order_by(_FIRST.c.id)
    .limit(sa.literal_column("1")),
    "id lane",
)
"""The message that has to leave before a due one may (`due.work`): its id, state, due (milliseconds, UTC)."""
PARKED = Query(
    sa.select(sa.func.count())
    .select_from(conversation)
    .where(conversation.c.mode == sa.literal_column("'parked'")),
    "",
)
"""How many conversations an error of their flow has parked."""
QUARANTINED = Query(
    sa.select(sa.func.count()).select_from(envelope).where(envelope.c.problems != sa.literal_column("''")), ""
)
"""How many envelopes are in quarantine."""
