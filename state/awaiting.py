"""Which conversations await a turn: those with events that wait, and nobody at work on them."""

import sqlalchemy as sa

from state.statements import Now, Query, Write
from state.tables import contact, conversation, event, inbox, outbox


def pending() -> Write:
    """A statement by which a stored event awaits its turn; where it was not stored (a copy), nothing does."""
    return Write(
        sa.insert(inbox).from_select(
            ["id", "lane", "conversation"],
            sa.select(event.c.id, event.c.lane, event.c.conversation).where(
                event.c.id == sa.bindparam("id", type_=event.c.id.type),
                event.c.lane == sa.bindparam("lane", type_=event.c.lane.type),
            ),
        ),
        "id lane",
    )


WORK = Query(
    sa.select(
        inbox.c.id,
        event.c.body,
        conversation.c.id,
        conversation.c.lane,
        conversation.c.contact,
        conversation.c.channel,
        conversation.c.snapshot,
        conversation.c.revision,
        conversation.c.lease_epoch,
        conversation.c.urns,
        conversation.c.last_in,
        conversation.c.last_id,
        sa.exists().where(
            outbox.c.conversation == conversation.c.id,
            outbox.c.lane == conversation.c.lane,
            outbox.c.kind == sa.literal_column("'message'"),
        ),
        conversation.c.offered,
        conversation.c.pieces,
        contact.c.name,
        contact.c.locale,
        conversation.c.told,
        contact.c.merged_into,
        contact.c.country,
        contact.c.zone,
        contact.c.born,
        conversation.c.held,
        contact.c.team,
        conversation.c.campaign,
        conversation.c.campaign_at,
    )
    .select_from(inbox)
    .join(
        conversation, sa.and_(conversation.c.id == inbox.c.conversation, conversation.c.lane == inbox.c.lane)
    )
    .join(event, sa.and_(event.c.id == inbox.c.id, event.c.lane == inbox.c.lane))
    .join(contact, sa.and_(contact.c.id == conversation.c.contact, contact.c.lane == conversation.c.lane))
    .where(
        conversation.c.lease_until <= Now(),
        inbox.c.held == sa.literal_column("0"),
    )
    .order_by(inbox.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "limit",
)
"""A row for each event that waits, oldest first, with its conversation and contact."""
