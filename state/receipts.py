"""Receipts merge into messages as a lattice: each fact keeps its earliest time, so order and repetition do not matter.

A receipt whose message is not known yet (the answer to the send is not committed) waits in `receipt`; `sweep` merges
those whose message has appeared.
"""

from typing import Any

import msgspec
import sqlalchemy as sa

from state.model.receipts import Facts, Fault, ReceiptStatus, fact
from state.statements import Query, Row, Statement, Write, delete, upsert
from state.tables import message, receipt
from state.writer import Op

_TIMES = ("accepted", "sent", "failed", "delivered", "read", "played")


Value = sa.ColumnElement[Any]
_ZERO: Value = sa.literal_column("0")
_EMPTY: Value = sa.literal_column("''")


def _earliest(kept: Value, new: Value) -> Value:
    """The earlier of the stored time and the new one, where 0 means never."""
    return sa.case((new == _ZERO, kept), (kept == _ZERO, new), (kept < new, kept), else_=new)


def _fault(kept: Value, kept_at: Value, new: Value, new_at: Value) -> Value:
    """The fault of the earliest failure; of equal times the first as text, so that order cannot matter."""
    earlier = sa.or_(kept_at == _ZERO, new_at < kept_at)
    first = sa.and_(new_at == kept_at, new != _EMPTY, sa.or_(kept == _EMPTY, new < kept))
    return sa.case((new_at == _ZERO, kept), (sa.or_(earlier, first), new), else_=kept)


def _new(name: str) -> Value:
    return sa.bindparam(f"new_{name}", type_=message.c[name].type)


def _or_kept(name: str) -> Value:
    """The new text, or the stored one where the new is empty."""
    return sa.case((_new(name) == _EMPTY, message.c[name]), else_=_new(name))


def _merging() -> sa.Update:
    """The update that merges facts into a message."""
    facts = {name: _earliest(message.c[name], _new(name)) for name in _TIMES}
    facts["fault"] = _fault(message.c.fault, message.c.failed, _new("fault"), _new("failed"))
    return (
        sa.update(message)
        .values(facts)
        .where(
            message.c.id == sa.bindparam("k_id", type_=message.c.id.type),
            message.c.lane == sa.bindparam("k_lane", type_=message.c.lane.type),
        )
    )


_MERGE = Write(
    _merging(),
    "new_accepted new_sent new_failed new_delivered new_read new_played new_fault k_id k_lane",
    "k_id k_lane",
)
_SETTLE = Write(
    _merging().values(
        provider_id=_or_kept("provider_id"),
        outcome=_or_kept("outcome"),
    ),
    "new_accepted new_sent new_failed new_delivered new_read new_played new_fault new_provider_id new_outcome"
    " k_id k_lane",
    "k_id k_lane",
)
_WAIT = upsert(
    receipt,
    "provider_id channel status lane at fault",
    lambda new: {
        "at": _earliest(receipt.c.at, new.at),
        "fault": _fault(receipt.c.fault, receipt.c.at, new.fault, new.at),
    },
)
_DONE = delete(receipt, "provider_id channel status lane")
_FOUND = Query(
    sa.select(
        receipt.c.provider_id,
        receipt.c.channel,
        receipt.c.status,
        receipt.c.lane,
        receipt.c.at,
        receipt.c.fault,
        message.c.id,
        message.c.lane,
    )
    .select_from(receipt)
    .join(
        message,
        sa.and_(
            message.c.provider_id == receipt.c.provider_id,
            message.c.channel == receipt.c.channel,
            message.c.provider_id != sa.literal_column("''"),
        ),
    )
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "limit",
)


def merge_asks(message_id: str, lane: int, facts: Facts) -> list[tuple[Statement, Row]]:
    """The statement that merges facts into a message."""
    return [(_MERGE, (*_row(facts), message_id, lane))]


def settle_ask(
    message_id: str, lane: int, facts: Facts, provider_id: str, outcome: str
) -> tuple[Statement, Row]:
    """The statement that merges facts into a message with what else its send has shown; "" leaves it as it is."""
    return (_SETTLE, (*_row(facts), provider_id, outcome, message_id, lane))


def _row(facts: Facts) -> Row:
    fault = msgspec.json.encode(facts.fault).decode() if facts.fault else ""
    return (facts.accepted, facts.sent, facts.failed, facts.delivered, facts.read, facts.played, fault)


def wait_ask(
    provider_id: str, channel: str, status: ReceiptStatus, lane: int, facts: Facts
) -> tuple[Statement, Row]:
    """The statement that lets a receipt wait for its message."""
    fault = msgspec.json.encode(facts.fault).decode() if facts.fault else ""
    return (_WAIT, (provider_id, channel, status, lane, getattr(facts, status), fault))


def sweep(limit: int = 500) -> Op[int]:
    """Merge the waiting receipts whose message is known by now; gives how many."""
    (found,) = yield [(_FOUND, (limit,))]
    asks: list[tuple[Statement, Row]] = []
    for provider_id, channel, status, lane, at, fault, message_id, message_lane in found:
        why = msgspec.json.decode(fault, type=Fault) if fault else None
        asks.extend(merge_asks(message_id, message_lane, fact(status, at, why)))
        asks.append((_DONE, (provider_id, channel, status, lane)))
    if asks:
        yield asks
    return len(found)
