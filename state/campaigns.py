"""Which campaign a customer may be answering: what one last said in a conversation, and whose message they quote."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from state.model import cause
from state.model.event import Event, MessageReceived
from state.model.receipts import Facts
from state.statements import Query, Row, Statement, update
from state.tables import conversation, message, part
from state.writer import Op

_NOTED = update(conversation, "campaign campaign_at", "id lane")
_KEYS = "provider_id channel lane"
_QUOTED = Query(
    sa.select(message.c.cause).where(
        message.c.provider_id == sa.bindparam("provider_id", type_=message.c.provider_id.type),
        message.c.provider_id != sa.literal_column("''"),
        message.c.direction == sa.literal_column("'out'"),
        message.c.channel == sa.bindparam("channel", type_=message.c.channel.type),
        message.c.lane == sa.bindparam("lane", type_=message.c.lane.type),
    ),
    _KEYS,
)
_QUOTED_PART = Query(
    sa.select(message.c.cause)
    .join(part, sa.and_(part.c.message == message.c.id, part.c.lane == message.c.lane))
    .where(
        part.c.provider_id == sa.bindparam("provider_id", type_=part.c.provider_id.type),
        part.c.channel == sa.bindparam("channel", type_=part.c.channel.type),
        part.c.lane == sa.bindparam("lane", type_=part.c.lane.type),
    ),
    _KEYS,
)
Quote = tuple[str, str, int]
"""The provider's id of a message that a customer quotes, its channel and lane."""


def noted_asks(
    body: str, conversation_id: str, lane: int, facts: Facts, outcome: str
) -> list[tuple[Statement, Row]]:
    """The statement that notes when a campaign's message (`body` is its cause) was taken by the provider, or may be."""
    name = cause.read(body).campaign
    at = facts.accepted or facts.sent
    return [(_NOTED, (name, at, conversation_id, lane))] if name and at and not outcome else []


def quotes(events: Iterable[Event], channel: str, lane: int) -> list[Quote]:
    """What is quoted in some events."""
    return [
        (event.reply_to, channel, lane)
        for event in events
        if isinstance(event, MessageReceived) and event.reply_to
    ]


def quoted(asked: Sequence[Quote]) -> Op[dict[Quote, str]]:
    """The campaigns whose messages are quoted."""
    if not asked:
        return {}
    found = yield [(statement, each) for each in asked for statement in (_QUOTED, _QUOTED_PART)]
    rows = {each: [*found[n * 2], *found[n * 2 + 1]] for n, each in enumerate(asked)}
    named = {each: cause.read(row[0][0]).campaign for each, row in rows.items() if row}
    return {each: name for each, name in named.items() if name}
