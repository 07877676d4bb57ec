"""Failures that a flow is told of: an event for each of its messages that did not get to the customer, once."""

from typing import Any

import msgspec
import sqlalchemy as sa

from state.awaiting import PENDING
from state.model.event import MessageFailed
from state.model.ids import new_id
from state.model.receipts import Facts
from state.statements import Row, Statement, insert_found
from state.tables import Ms, event, message

_COLUMNS = "id lane channel conversation envelope key body"
_NEVER = sa.literal_column("0", Ms)
_encode = msgspec.json.Encoder().encode


def _found() -> sa.Select[Any]:
    """The message as an event, if its flow is to be told (its cause names a run) and there is no sign of it since."""
    c = message.c
    new = sa.bindparam("id", type_=event.c.id.type)
    body = sa.bindparam("body", type_=sa.Text) + c.cause + sa.literal_column("'}'")
    key = sa.bindparam("key", type_=event.c.key.type)
    return sa.select(new, c.lane, c.channel, c.conversation, new, key, body).where(
        c.id == sa.bindparam("message", type_=c.id.type),
        c.lane == sa.bindparam("lane", type_=c.lane.type),
        c.cause.like(sa.literal_column("""'%"run":%'""")),
        c.delivered == _NEVER,
        c.read == _NEVER,
        c.played == _NEVER,
    )


_TOLD = insert_found(event, _COLUMNS, _found(), "id key body message lane", "key lane")


def told_asks(message_id: str, lane: int, facts: Facts) -> list[tuple[Statement, Row]]:
    """The statements that tell a message's flow of its failure, if it failed and its flow is to be told."""
    if not facts.failed:
        return []
    made = MessageFailed(
        key=f"failed:{message_id}", at=facts.failed, message_id=message_id, fault=facts.fault
    )
    body = f'{_encode(made).decode()[:-1]},"cause":'
    new = new_id(lane)
    return [(_TOLD, (new, made.key, body, message_id, lane)), (PENDING, (new, lane))]
