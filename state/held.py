"""What waits to be sent, as those see it who suspend: listed, and ended where a lift lets it not go."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
import sqlalchemy as sa

from state import fences
from state.known import Known
from state.model.ids import new_id
from state.model.message import Decision, Rule
from state.model.receipts import Facts, Fault
from state.outbox import FREE, Leased, Letter, Talk, unsaid_asks
from state.receipts import settle_asks
from state.statements import Fetch, Query, Row, Statement, Write, delete, insert, update
from state.tables import Id, Ms, contact, conversation, decision, message, outbox
from state.writer import Op

_O, _T, _M = outbox.c, conversation.c, message.c
_KINDS = _O.kind == sa.literal_column("'message'")
_WAITING = (
    sa.select(
        _O.id, _O.lane, _O.conversation, _O.channel, _O.kind, _O.state, _O.body, _O.expires_at, _O.attempt,
        _O.lease_epoch, _O.part, _O.due_at, _T.contact, _T.last_in, _T.last_id, _T.urns, _M.content, _M.reply_to,
        _M.native, contact.c.merged_into, _O.held_by,
    )
    .select_from(outbox)
    .join(conversation, sa.and_(_T.id == _O.conversation, _T.lane == _O.lane))
    .join(message, sa.and_(_M.id == _O.id, _M.lane == _O.lane))
    .outerjoin(contact, sa.and_(contact.c.id == _T.contact, contact.c.lane == _T.lane))
    .where(
        _KINDS,
        sa.or_(
            _O.channel == sa.bindparam("channel", type_=_O.channel.type),
            sa.bindparam("channel", type_=_O.channel.type) == sa.literal_column("''"),
        ),
    )
    .order_by(_O.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)  # fmt: skip
PAGE = Query(
    _WAITING.where(
        _O.id > sa.bindparam("after", type_=Id),
        _O.id < sa.bindparam("before", type_=Id),
    ),
    "after before channel limit",
)
"""Messages that wait, by id, from after one id to before another, of one channel or ("") all: rows for `waiting`."""
FLYING = Query(_WAITING.where(_O.state == sa.literal_column("'sending'")), "channel limit")
"""Messages on their way, of one channel or ("") all, in the same shape."""
EXPIRED = Query(
    sa.select(_O.id, _O.lane)
    .where(
        _KINDS,
        _O.state == sa.literal_column("'held'"),
        _O.expires_at <= sa.bindparam("now", type_=Ms),
    )
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "now limit",
)
"""Held messages whose validity is over: id, lane."""
HEARD = Query(
    sa.select(_M.id)
    .where(
        _M.conversation == sa.bindparam("conversation", type_=_M.conversation.type),
        _M.lane == sa.bindparam("lane", type_=_M.lane.type),
        _M.id < sa.bindparam("before", type_=Id),
        _M.direction == sa.literal_column("'in'"),
    )
    .order_by(_M.id.desc())
    .limit(sa.literal_column("1")),
    "conversation lane before",
)
"""The last message that came in in a conversation before an id, where there is one."""
HELD = Query(
    sa.select(_O.lane, _O.held_by).where(_O.state == sa.literal_column("'held'")).distinct(),
    "",
)
"""The lanes in which rows are held, and by which suspensions (ids with blanks between them, "" by none)."""
_H = outbox.alias("waits").c
_REQUEUE = Write(
    sa.update(outbox)
    .values(
        state=sa.literal_column("'queued'"),
        held_by=sa.literal_column("''"),
        due_at=sa.bindparam("now", type_=Ms),
    )
    .where(
        _O.lane == sa.bindparam("lane", type_=_O.lane.type),
        _O.id.in_(
            sa.select(_H.id)
            .where(
                _H.state == sa.literal_column("'held'"),
                _H.lane == sa.bindparam("lane", type_=_O.lane.type),
                _H.held_by == sa.bindparam("by", type_=sa.Text),
            )
            .order_by(_H.id)
            .with_for_update()
        ),
    ),
    "now lane by",
    "lane by",
)
"""Rows are locked by lane and id, here as where they are marked: nodes do both at the same time."""
_SAID = message.alias("said")
_LAST_IN = (
    sa.select(_SAID.c.id)
    .where(
        _SAID.c.conversation == _M.conversation,
        _SAID.c.lane == _M.lane,
        _SAID.c.id < _M.id,
        _SAID.c.direction == sa.literal_column("'in'"),
    )
    .order_by(_SAID.c.id.desc())
    .limit(sa.literal_column("1"))
    .scalar_subquery()
)
LEFT = Query(
    sa.select(
        _M.id, _M.cause, _T.contact, _M.accepted, _LAST_IN,
        sa.case((_M.content.like(sa.literal_column("'{\"type\":\"template\"%'")), _M.content),
                else_=sa.literal_column("''")),
    )
    .select_from(message)
    .join(conversation, sa.and_(_T.id == _M.conversation, _T.lane == _M.lane))
    .where(
        _M.id > sa.bindparam("after", type_=Id),
        _M.channel == sa.bindparam("channel", type_=_M.channel.type),
        _M.direction == sa.literal_column("'out'"),
        _M.accepted > sa.literal_column("0"),
    )
    .order_by(_M.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "after channel limit",
)  # fmt: skip
"""Messages of a channel that its provider took, after an id: rows of Left."""
_MARKS = Fetch(outbox, "state held_by", "id lane", lock="wait", order="lane id")
_MARK = update(outbox, "held_by", "id lane")
_DONE = delete(outbox, "id lane")
_DECIDED = insert(decision, "id lane message body")
_encode = msgspec.json.Encoder().encode
FIRST, LAST = "0" * 32, "f" * 32
"""Ids before and after all others."""


class Waiting(NamedTuple):
    """A message that waits: its row, as its sender would be given it, when it is due (milliseconds, UTC), and the
    suspensions that hold it.

    Of its contact only who they are by now is known.
    """

    row: Leased
    due_at: int
    held_by: tuple[str, ...] = ()


class Left(NamedTuple):
    """A message that left: its cause (JSON), whom its conversation was begun with, when it was taken (milliseconds,
    UTC), the customer's last message before it, and its content (JSON) where it is a template."""

    id: str
    cause: str
    contact: str
    taken: int
    last_in: str | None
    template: str


def waiting(row: Row) -> Waiting:
    """A row of PAGE."""
    leased = Leased(
        id=row[0], lane=row[1], conversation=row[2], channel=row[3], kind=row[4], state=row[5], body=row[6],
        expires_at=row[7], attempt=row[8], epoch=row[9], part=row[10], talk=Talk(*row[12:16]),
        message=Letter(*row[16:19]), known=Known(row[19] or row[12], row[1]),
    )  # fmt: skip
    return Waiting(leased, row[11], tuple(row[20].split()))


class End(NamedTuple):
    """How messages end that do not go: `outcome`, why in words, by which suspension, and when (milliseconds, UTC)."""

    outcome: Literal["canceled", "expired"]
    reason: str
    suspension: str
    at: int


def mark(keys: Sequence[tuple[str, int]], suspension: str) -> Op[None]:
    """Note that messages that are held (id and lane) are held by one more suspension."""
    ordered = sorted(keys)
    found = yield [(_MARKS, key) for key in ordered]
    asks = [
        (_MARK, (f"{rows[0][1]} {suspension}".strip(), *key))
        for key, rows in zip(ordered, found, strict=True)
        if rows and rows[0][0] == "held" and suspension not in rows[0][1].split()
    ]
    if asks:
        yield asks


def settle(keys: Sequence[tuple[str, int]], end: End) -> Op[int]:
    """End the messages (id and lane) that nobody is at work on; gives how many. Those on their way stay."""
    ordered = sorted(keys)
    found = yield [(FREE, key) for key in ordered]
    free = [
        (key, rows[0])
        for key, rows in zip(ordered, found, strict=True)
        if rows and rows[0][0] != "sending" and rows[0][4]
    ]
    asks: list[tuple[Statement, Row]] = []
    for key, (_, body, conversation_id, channel, *_) in free:
        asks += [*_asks(key, channel, end), *unsaid_asks(body, conversation_id, key[1])]
    if asks:
        yield asks
    return len(free)


def _asks(key: tuple[str, int], channel: str, end: End) -> list[tuple[Statement, Row]]:
    code = "discarded" if end.outcome == "canceled" else "expired"
    rule = Rule("suspension", "refuse", end.reason, code, {"suspension": end.suspension})
    made = Decision("refuse", end.at, (rule,), code=code, reason=end.reason)
    fault = Fault(code, end.reason, "", "ours")
    facts = Facts(failed=end.at, fault=fault) if end.outcome == "expired" else Facts()
    return [
        (_DONE, key),
        *settle_asks(*key, channel, facts, "", end.outcome),
        (_DECIDED, (new_id(key[1]), key[1], key[0], _encode(made).decode())),
    ]


def requeue(held: Sequence[tuple[int, str]], now: int) -> Op[None]:
    """Let what is held be decided again, in order: rows of HELD, but for what a suspension in force holds.

    What a suspension holds stays what it holds until its lift, which may end it: it must not become an answer that may
    leave because its customer has written meanwhile. All nodes do it after a lift: for more than a row it goes `alone`,
    so that those who wait for each other's rows hold nothing else.
    """
    in_force = yield from fences.in_force()
    free = sorted((lane, by) for lane, by in held if in_force.isdisjoint(by.split()))
    yield [(_REQUEUE, (now, lane, by)) for lane, by in free]
