"""Which rows of the outbox are due: the oldest of each conversation that nobody has leased."""

from typing import Any

import sqlalchemy as sa

from state.statements import Now
from state.tables import Ms, conversation, message, outbox

_COLUMNS = (
    "id", "lane", "conversation", "channel", "kind", "state", "body", "expires_at", "attempt", "lease_epoch", "part",
)  # fmt: skip


def work(kind: str) -> sa.Select[Any]:
    """The oldest due row of each conversation that nobody has leased, with its conversation and its message.

    The rows are chosen before anything is joined to them: with a long queue, most that are looked at are not the oldest
    of theirs.
    """
    due, c, m = _due(), conversation.c, message.c
    letter = (m.content, m.reply_to, m.native, c.told) if kind == "message" else ()
    query = (
        sa.select(*(due.c[name] for name in _COLUMNS), c.contact, c.last_in, c.last_id, c.urns, *letter)
        .select_from(due)
        .join(conversation, sa.and_(c.id == due.c.conversation, c.lane == due.c.lane))
    )
    if letter:
        query = query.join(message, sa.and_(m.id == due.c.id, m.lane == due.c.lane))
    return query.order_by(due.c.due_at, due.c.id)


def _due() -> sa.Subquery:
    """The rows themselves. Less urgent ones, and those queued for a later time, hold nobody."""
    before, now = outbox.alias(), sa.bindparam("now", type_=Ms)
    earlier = sa.exists().where(
        before.c.conversation == outbox.c.conversation,
        before.c.lane == outbox.c.lane,
        before.c.kind == outbox.c.kind,
        before.c.id < outbox.c.id,
        before.c.priority <= outbox.c.priority,
        sa.or_(before.c.state != sa.literal_column("'later'"), before.c.due_at <= now),
    )
    return (
        sa.select(outbox)
        .where(
            outbox.c.channel == sa.bindparam("channel", type_=outbox.c.channel.type),
            outbox.c.priority == sa.bindparam("priority", type_=outbox.c.priority.type),
            outbox.c.due_at <= now,
            outbox.c.state != sa.literal_column("'held'"),
            outbox.c.lease_until <= Now(),
            ~earlier,
        )
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .subquery("due")
    )
