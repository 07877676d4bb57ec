"""Receipts merge into messages as a lattice: each fact keeps its earliest time, so order and repetition do not matter.

A receipt whose message is not known yet (the answer to the send is not committed) waits in `receipt`; `sweep` merges
those whose message has appeared. A watermark (all messages until a time) is merged into those that were taken by then,
and waits a while for the sends that were under way.
"""

from typing import Any

import msgspec
import sqlalchemy as sa

from state import failed, hooks, parts
from state.model.event import ReceiptUpTo
from state.model.ids import now_ms
from state.model.receipts import Facts, Fault, ReceiptStatus, fact
from state.statements import Query, Row, Statement, Write, delete, upsert
from state.tables import Ms, message, part, receipt, watermark
from state.writer import Op

HOPE = 15 * 60_000
"""Milliseconds a receipt waits for its message: longer than any answer to a send is on its way."""
_KEPT = 7 * 24 * 3_600_000
"""Milliseconds one that nobody missed is kept, for those who look for it."""
_UNDER_WAY = 20_000
"""Milliseconds a send's answer may come after the provider took the message."""
_PATIENCE = 120_000
"""Milliseconds a watermark waits for the sends that were under way."""
_MARKED = ("delivered", "read", "played")
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
_MERGE_UNANSWERED = Write(
    _merging().where(message.c.provider_id == _EMPTY),
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
_ACCEPTED = Write(
    sa.update(message)
    .values(provider_id=_new("provider_id"), accepted=_earliest(message.c.accepted, _new("accepted")))
    .where(
        message.c.id == sa.bindparam("k_id", type_=message.c.id.type),
        message.c.lane == sa.bindparam("k_lane", type_=message.c.lane.type),
    ),
    "new_provider_id new_accepted k_id k_lane",
    "k_id k_lane",
)
"""What _SETTLE does where an answer says no more than most do: it costs half."""
_WAIT = upsert(
    receipt,
    "provider_id channel status lane at fault kept_at",
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
            message.c.direction == sa.literal_column("'out'"),
        ),
    )
    .where(
        ~sa.exists().where(part.c.message == message.c.id, part.c.lane == message.c.lane),  # its pieces tell
        receipt.c.kept_at > sa.bindparam("since", type_=Ms),
    )
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "since limit",
)
_FORGOTTEN = Query(
    sa.select(receipt.c.provider_id, receipt.c.channel, receipt.c.status, receipt.c.lane)
    .where(receipt.c.kept_at < sa.bindparam("before", type_=Ms))
    .order_by(receipt.c.kept_at)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "before limit",
)


def _bound(name: str, kind: Any) -> Value:
    return sa.bindparam(name, type_=kind)


def _spoken_of(conversation: Value, until: Value, last_id: Value) -> sa.ColumnElement[bool]:
    """The messages a watermark speaks of: ours, made and taken by then."""
    c = message.c
    taken = sa.and_(c.accepted > _ZERO, c.accepted <= until + sa.literal_column(str(_UNDER_WAY)))
    return sa.and_(
        c.conversation == conversation, c.direction == sa.literal_column("'out'"), c.id <= last_id, taken
    )


def _later(kept: Value, new: Value) -> sa.ColumnElement[bool]:
    return sa.or_(kept == _ZERO, kept > new)


_UP_TO: dict[str, Write] = {
    status: Write(
        sa.update(message)
        .values({status: _bound("at", message.c.sent.type)})
        .where(
            _spoken_of(
                _bound("conversation", message.c.conversation.type),
                _bound("until", message.c.sent.type),
                _bound("last_id", message.c.id.type),
            ),
            _later(message.c[status], _bound("at", message.c.sent.type)),
            message.c.lane == _bound("k_lane", message.c.lane.type),
        ),
        "at conversation until last_id k_lane",
        "conversation k_lane",
    )
    for status in _MARKED
}
_KEY = (watermark.c.conversation, watermark.c.status, watermark.c.until, watermark.c.lane)
_MARKED_LATER = Query(
    sa.select(*_KEY, watermark.c.at)
    .join(
        message,
        sa.and_(
            message.c.lane == watermark.c.lane,
            _spoken_of(watermark.c.conversation, watermark.c.until, watermark.c.last_id),
            sa.or_(
                *(
                    sa.and_(
                        watermark.c.status == sa.literal_column(f"'{status}'"), message.c[status] == _ZERO
                    )
                    for status in _MARKED
                )
            ),
        ),
    )
    .distinct()
    .limit(_bound("limit", sa.Integer)),
    "limit",
)
_OLD_MARKS = Query(
    sa.select(*_KEY)
    .where(watermark.c.until < _bound("before", Ms))
    .order_by(watermark.c.until)
    .limit(_bound("limit", sa.Integer)),
    "before limit",
)
_MARK = upsert(
    watermark,
    "conversation status until lane last_id at",
    lambda new: {"at": _earliest(watermark.c.at, new.at)},
)
_FORGET = delete(watermark, "conversation status until lane")


def up_to_asks(conversation: str, lane: int, happened: ReceiptUpTo) -> list[tuple[Statement, Row]]:
    """The statements that merge a watermark: into what was taken by then, and later into what was under way."""
    status, until, at = happened.status, happened.until, max(happened.at, 1)
    mark = (conversation, status, until, lane, _last_id(until), at)
    return [_up_to(conversation, status, until, lane, at), (_MARK, mark)]


def _last_id(until: int) -> str:
    """The last id that can have been made by then: ids begin with their time (UUIDv7)."""
    return f"{until:012x}" + "f" * 20


def _up_to(conversation: str, status: str, until: int, lane: int, at: int) -> tuple[Statement, Row]:
    return (_UP_TO[status], (at, conversation, until, _last_id(until), lane))


def merge_asks(
    message_id: str, lane: int, channel: str, facts: Facts, *, of_part: bool = False
) -> list[tuple[Statement, Row]]:
    """The statements that merge facts into a message, and tell its flow and hooks of a failure.

    `of_part`: only where no answer to the send has named the message's parts; then its parts' receipts tell of it.
    """
    merge = _MERGE_UNANSWERED if of_part else _MERGE
    return [(merge, (*_row(facts), message_id, lane)), *_told_asks(message_id, lane, channel, facts)]


def _told_asks(message_id: str, lane: int, channel: str, facts: Facts) -> list[tuple[Statement, Row]]:
    """Who is told of a failure: the message's flow, and hooks."""
    if not facts.failed:
        return []
    return [*failed.told_asks(message_id, lane, facts), *hooks.failed_asks(message_id, channel, facts)]


def settle_asks(
    message_id: str, lane: int, channel: str, facts: Facts, provider_id: str, outcome: str
) -> list[tuple[Statement, Row]]:
    """The statements that merge facts into a message with what else its send has shown; "" leaves it as it is.

    Its flow is told of a failure, and hooks are.
    """
    if provider_id and not outcome and facts == Facts(accepted=facts.accepted):
        return [(_ACCEPTED, (provider_id, facts.accepted, message_id, lane))]
    settle = (_SETTLE, (*_row(facts), provider_id, outcome, message_id, lane))
    return [settle, *_told_asks(message_id, lane, channel, facts)]


def _row(facts: Facts) -> Row:
    fault = msgspec.json.encode(facts.fault).decode() if facts.fault else ""
    return (facts.accepted, facts.sent, facts.failed, facts.delivered, facts.read, facts.played, fault)


def wait_ask(
    provider_id: str, channel: str, status: ReceiptStatus, lane: int, facts: Facts
) -> tuple[Statement, Row]:
    """The statement that lets a receipt wait for its message."""
    fault = msgspec.json.encode(facts.fault).decode() if facts.fault else ""
    return (_WAIT, (provider_id, channel, status, lane, getattr(facts, status), fault, now_ms()))


def sweep(limit: int = 500) -> Op[int]:
    """Merge the waiting receipts whose message is known by now; gives how many."""
    since = now_ms() - HOPE
    (found,) = yield [(_FOUND, (since, limit))]
    asks: list[tuple[Statement, Row]] = []
    for provider_id, channel, status, lane, at, fault, message_id, message_lane in found:
        why = msgspec.json.decode(fault, type=Fault) if fault else None
        asks.extend(merge_asks(message_id, message_lane, channel, fact(status, at, why)))
        asks.append((_DONE, (provider_id, channel, status, lane)))
    pieces = yield from parts.sweep(since, limit)
    for key, (channel, facts) in pieces.messages.items():
        asks.extend(merge_asks(*key, channel, facts))
    asks += [(_DONE, row) for row in pieces.receipts]
    marked = yield from _marks(limit)
    if asks:
        yield asks
    return len(found) + len(pieces.receipts) + marked


def forget(limit: int = 500) -> Op[int]:
    """Delete receipts that waited in vain, of messages that others have sent; gives how many."""
    (found,) = yield [(_FORGOTTEN, (now_ms() - _KEPT, limit))]
    if found:
        yield [(_DONE, tuple(row)) for row in found]
    return len(found)


def _marks(limit: int) -> Op[int]:
    """Merge the watermarks that speak of messages taken since, and forget those that waited long enough."""
    marks, old = yield [(_MARKED_LATER, (limit,)), (_OLD_MARKS, (now_ms() - _PATIENCE, limit))]
    asks: list[tuple[Statement, Row]] = [(_FORGET, tuple(row)) for row in old]
    asks += [_up_to(*mark) for mark in marks]
    if asks:
        yield asks
    return len(marks)
