"""Which conversations await a turn: those with events that wait, and nobody at work on them."""

import sqlalchemy as sa

from state.statements import Late, Now, Query
from state.tables import contact, conversation, event, inbox, outbox

PENDING = Late(
    sa.insert(inbox).from_select(
        ["id", "lane", "conversation"],
        sa.select(event.c.id, event.c.lane, event.c.conversation).where(
            event.c.id == sa.bindparam("id", type_=event.c.id.type),
            event.c.lane == sa.bindparam("lane", type_=event.c.lane.type),
        ),
    ),
    "id lane",
)
"""By it an event that is stored in the same step awaits its turn; where it was not stored (a copy), nothing does."""
_COLUMNS = (
    "id", "lane", "contact", "channel", "snapshot", "revision", "lease_epoch", "urns", "last_in", "last_id", "offered",
    "pieces", "told", "held", "campaign", "campaign_at",
)  # fmt: skip
_WAITING = (
    sa.select(inbox.c.id.label("event"), *(conversation.c[name] for name in _COLUMNS))
    .select_from(inbox)
    .join(
        conversation, sa.and_(conversation.c.id == inbox.c.conversation, conversation.c.lane == inbox.c.lane)
    )
    .where(
        conversation.c.lease_until <= Now(),
        inbox.c.held == sa.literal_column("0"),
    )
    .order_by(inbox.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .subquery("waiting")
)
"""The rows themselves, chosen before events and contacts are joined to them: without statistics PostgreSQL would begin
with all events there are."""
_W = _WAITING.c
WORK = Query(
    sa.select(
        _W.event,
        event.c.body,
        _W.id,
        _W.lane,
        _W.contact,
        _W.channel,
        _W.snapshot,
        _W.revision,
        _W.lease_epoch,
        _W.urns,
        _W.last_in,
        _W.last_id,
        sa.exists().where(
            outbox.c.conversation == _W.id,
            outbox.c.lane == _W.lane,
            outbox.c.kind == sa.literal_column("'message'"),
        ),
        _W.offered,
        _W.pieces,
        contact.c.name,
        contact.c.locale,
        _W.told,
        contact.c.merged_into,
        contact.c.country,
        contact.c.zone,
        contact.c.born,
        contact.c.revision,
        _W.held,
        contact.c.team,
        _W.campaign,
        _W.campaign_at,
    )
    .select_from(_WAITING)
    .join(event, sa.and_(event.c.id == _W.event, event.c.lane == _W.lane))
    .join(contact, sa.and_(contact.c.id == _W.contact, contact.c.lane == _W.lane)),
    "limit",
)
"""A row for each event that waits, with its conversation and contact: to be put in order by who takes them,
which costs less there."""
