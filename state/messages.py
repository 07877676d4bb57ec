"""Messages as they are read: one, its decisions and exchanges, and the timeline of a conversation."""

from typing import Any

import msgspec
import sqlalchemy as sa

from state.model import cause
from state.model.content import Content
from state.model.ids import lane_of_id, time_of_id
from state.model.message import Decision, Message
from state.model.receipts import Facts, Fault
from state.statements import Query, Row
from state.store import Store
from state.tables import conversation, decision, exchange, inbox, message, outbox

_C = message.c
_COLUMNS = (
    _C.id, _C.direction, _C.conversation, _C.channel, _C.content, _C.accepted, _C.sent, _C.failed, _C.delivered,
    _C.read, _C.played, _C.fault, _C.provider_id, _C.reply_to, _C.client_ref, _C.outcome, _C.native,
    _C.cause,
)  # fmt: skip


def _by(*columns: sa.Column[Any]) -> list[sa.ColumnElement[bool]]:
    return [column == sa.bindparam(column.name, type_=column.type) for column in columns]


_ONE = Query(sa.select(*_COLUMNS).where(*_by(_C.id, _C.lane)), "id lane")
_TIMELINE = Query(
    sa.select(*_COLUMNS)
    .where(*_by(_C.conversation, _C.lane), _C.id < sa.bindparam("before", type_=_C.id.type))
    .order_by(_C.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "conversation lane before limit",
)
_DECISIONS = Query(
    sa.select(decision.c.body).where(*_by(decision.c.message, decision.c.lane)).order_by(decision.c.id),
    "message lane",
)
_EXCHANGES = Query(
    sa.select(exchange.c.attempt, exchange.c.body)
    .where(*_by(exchange.c.message, exchange.c.lane))
    .order_by(exchange.c.id),
    "message lane",
)
_CONVERSATIONS = Query(
    sa.select(
        conversation.c.id,
        conversation.c.contact,
        conversation.c.channel,
        conversation.c.mode,
        conversation.c.snapshot,
        conversation.c.last_in,
        conversation.c.updated_at,
    )
    .where(conversation.c.id < sa.bindparam("before", type_=conversation.c.id.type))
    .order_by(conversation.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "before limit",
)
_CONVERSATION = Query(
    sa.select(
        conversation.c.id,
        conversation.c.contact,
        conversation.c.channel,
        conversation.c.mode,
        conversation.c.snapshot,
        conversation.c.last_in,
        conversation.c.updated_at,
    ).where(*_by(conversation.c.id, conversation.c.lane)),
    "id lane",
)
_QUEUED = Query(
    sa.select(outbox.c.channel, outbox.c.state, sa.func.count()).group_by(outbox.c.channel, outbox.c.state),
    "",
)
_WITHHELD = _C.outcome.in_([sa.literal_column("'refused'"), sa.literal_column("'expired'")])
_OUTCOMES = Query(
    sa.select(
        _C.channel,
        sa.func.count().filter(_C.direction == sa.literal_column("'in'")),
        sa.func.count().filter(
            _C.accepted > sa.literal_column("0"), _C.direction == sa.literal_column("'out'")
        ),
        sa.func.count().filter(_C.failed > sa.literal_column("0"), ~_WITHHELD),
        sa.func.count().filter(_WITHHELD),
        sa.func.count().filter(_C.outcome == sa.literal_column("'unknown'")),
    )
    .where(_C.id >= sa.bindparam("since", type_=_C.id.type))
    .group_by(_C.channel),
    "since",
)
_FAILED = (
    sa.select(
        _C.channel,
        _C.fault,
        sa.func.row_number().over(partition_by=_C.channel, order_by=_C.id.desc()).label("place"),
    )
    .where(_C.id >= sa.bindparam("since", type_=_C.id.type), _C.failed > sa.literal_column("0"))
    .subquery()
)
_FAILURES = Query(
    sa.select(_FAILED.c.channel, _FAILED.c.fault).where(_FAILED.c.place == sa.literal_column("1")), "since"
)
_WAITING = Query(sa.select(sa.func.count()).select_from(inbox), "")

LAST = "f" * 32
"""An id above all ids: where a listing begins."""

_content: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)


def read_row(row: Row) -> Message:
    """A message from its row."""
    return Message(
        id=row[0],
        direction=row[1],
        conversation=row[2],
        channel=row[3],
        content=_content.decode(row[4]),
        at=time_of_id(row[0]),
        facts=Facts(row[5], row[6], row[7], row[8], row[9], row[10], _fault(row[11])),
        provider_id=row[12],
        reply_to=row[13],
        client_ref=row[14],
        outcome=row[15],
        native=msgspec.json.decode(row[16]) if row[16] else {},
        cause=cause.read(row[17]),
    )


def _fault(text: str) -> Fault | None:
    return msgspec.json.decode(text, type=Fault) if text else None


async def failures(store: Store, since: str) -> dict[str, str]:
    """Per channel why the newest message since an id failed that did: `code: reason`."""
    faults = {row[0]: _fault(row[1]) for row in await store.read(_FAILURES, since)}
    return {
        channel: ": ".join(filter(None, (each.code, each.reason))) for channel, each in faults.items() if each
    }


async def one(store: Store, message_id: str) -> Message | None:
    """A message by its id, or none."""
    rows = await store.read(_ONE, message_id, lane_of_id(message_id))
    return read_row(rows[0]) if rows else None


async def timeline(store: Store, conversation_id: str, before: str = LAST, limit: int = 50) -> list[Message]:
    """The messages of a conversation before an id, newest first."""
    rows = await store.read(_TIMELINE, conversation_id, lane_of_id(conversation_id), before, limit)
    return [read_row(row) for row in rows]


async def decisions(store: Store, message_id: str) -> list[Decision]:
    """All decisions about a message, oldest first."""
    rows = await store.read(_DECISIONS, message_id, lane_of_id(message_id))
    return [msgspec.json.decode(row[0], type=Decision) for row in rows]


async def exchanges(store: Store, message_id: str) -> list[dict[str, Any]]:
    """What was said with the provider about a message, oldest first, redacted."""
    rows = await store.read(_EXCHANGES, message_id, lane_of_id(message_id))
    return [{"attempt": row[0], "calls": msgspec.json.decode(row[1])} for row in rows]


async def conversations(store: Store, before: str = LAST, limit: int = 50) -> list[Row]:
    """Conversations before an id, newest first: id, contact, channel, mode, snapshot, last_in, updated_at."""
    return await store.read(_CONVERSATIONS, before, limit)


async def conversation_row(store: Store, conversation_id: str) -> Row | None:
    """One conversation in the shape of `conversations`, or none."""
    rows = await store.read(_CONVERSATION, conversation_id, lane_of_id(conversation_id))
    return rows[0] if rows else None


async def counts(store: Store, since: str) -> tuple[list[Row], list[Row], int]:
    """Per channel: messages in, accepted, failed, withheld by the rules or too old, unknown since an id; what is
    queued by state; events waiting."""
    waiting = await store.read(_WAITING)
    return await store.read(_OUTCOMES, since), await store.read(_QUEUED), int(waiting[0][0])
