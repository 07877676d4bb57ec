"""The outbox: what is to be sent or run, held, and what became of it.

A row is queued by the turn that decided it, leased by one node, marked `sending` durably before the first byte, and
settled once: gone (accepted, failed, refused, expired, unknown), queued again for later, or held. In one conversation
rows of a kind and a priority leave one after the other: only the oldest can be taken. A row queued for a later time
(`later`) takes its place when it is due.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state import campaigns, consent, known, parts
from state.due import work
from state.inbox import sign_ask
from state.known import Known, Touch
from state.lease import deleting, freeing, leasable, leasing, releasing, updating
from state.model import cause
from state.model.consent import Consent
from state.model.event import Notice
from state.model.ids import lane_of_id, new_id, now_ms
from state.model.message import Decision
from state.model.receipts import Facts
from state.model.turn import Say
from state.parts import Piece
from state.receipts import settle_asks
from state.statements import Fetch, Now, Query, Row, Statement, Write, delete, insert, update
from state.tables import Ms, conversation, decision, exchange, message, outbox
from state.writer import Op

EFFECTS, FILES = "~effects", "~files"
"""The channel names under which effects wait, and files to be fetched."""
URGENT, NORMAL, BULK = 0, 1, 2
"""Priorities: one-time codes overtake conversation, conversation overtakes campaigns."""

_COLUMNS = "id lane conversation channel kind state body due_at expires_at priority"
_QUEUE = insert(outbox, _COLUMNS)
_HAND = Write(
    sa.insert(outbox).values(
        {
            **{name: sa.bindparam(name, type_=outbox.c[name].type) for name in _COLUMNS.split()},
            "attempt": sa.literal_column("1"),
            "lease_node": sa.bindparam("node", type_=outbox.c.lease_node.type),
            "lease_until": Now() + sa.bindparam("length", type_=Ms),
            "lease_epoch": sa.literal_column("1"),
        }
    ),
    f"{_COLUMNS} node length",
)


_MESSAGES = Query(work("message"), "channel priority now limit")
_WITHOUT_MESSAGE = {
    EFFECTS: Query(work("effect"), "channel priority now limit"),
    FILES: Query(work("file"), "channel priority now limit"),
}
_TAKE = leasable(outbox, "lease_epoch")
_LEASE = leasing(outbox)
FREE = Fetch(
    outbox, "state body conversation channel", "id lane", lock="wait", order="lane id",
    also=outbox.c.lease_until <= Now(),
)  # fmt: skip
"""A message's state, cause, conversation, channel, and whether nobody has it, with its row locked."""
_RENEW = Write(
    sa.update(outbox)
    .values(lease_until=Now() + sa.bindparam("length", type_=Ms))
    .where(
        outbox.c.id == sa.bindparam("k_id", type_=outbox.c.id.type),
        outbox.c.lane == sa.bindparam("k_lane", type_=outbox.c.lane.type),
        outbox.c.lease_epoch == sa.bindparam("epoch", type_=sa.Integer),
        outbox.c.lease_until > sa.literal_column("0"),
    ),
    "length k_id k_lane epoch",
    "k_id k_lane",
)
_FREE = releasing(outbox)
_SENDING = updating(outbox, "state attempt")
_DECIDED = insert(decision, "id lane message body")
_EXCHANGED = insert(exchange, "message id lane attempt body")
_AGAIN = updating(outbox, "state due_at attempt lease_until part held_by")
_OFFER = update(conversation, "offered", "id lane")
_TOLD = update(conversation, "told", "id lane")
_DONE = deleting(outbox)
_CANCELED = delete(outbox, "id lane")
_OUTCOME = update(message, "outcome", "id lane")
_FREE_ALL = freeing(outbox)
_NEXT_DUE = Query(
    sa.select(sa.func.min(outbox.c.due_at)).where(
        outbox.c.channel == sa.bindparam("channel", type_=outbox.c.channel.type),
        outbox.c.due_at > sa.bindparam("now", type_=Ms),
        outbox.c.state != sa.literal_column("'held'"),
    ),
    "channel now",
)
NEXT_DUE = _NEXT_DUE
"""When the next row of a channel is due after now (milliseconds, UTC), or null."""
CHANNELS = Query(
    sa.select(outbox.c.channel).where(outbox.c.kind == sa.literal_column("'message'")).distinct(), ""
)
"""The channels that messages wait for, those that are gone too."""

_encode = msgspec.json.Encoder().encode
_NO_FACTS = Facts()
_Asks = list[tuple[Statement, Row]]


class Queued(msgspec.Struct, frozen=True):
    """A row to queue: a message, or `body` (JSON) of another kind. Times in milliseconds, UTC."""

    id: str
    lane: int
    conversation: str
    channel: str
    kind: str
    body: str
    due_at: int
    expires_at: int
    priority: int = NORMAL
    message: Say | None = None
    handed: "Handed | None" = None


class Handed(msgspec.Struct, frozen=True):
    """A row that leaves as soon as it is stored: leased by its node and marked `sending` from the beginning.

    `offered` (JSON) are the options it shows as words, which the customer's next words may choose from. `epoch` is the
    fence's that was seen when it was decided.
    """

    node: str
    lease_ms: int
    decision: Decision
    offered: str = ""
    epoch: int = 0


class Going(msgspec.Struct, frozen=True):
    """What is written with the mark `sending`: the decision, and what else is to be remembered of the send.

    `offered` and `epoch` as in Handed; `touch` where the message answers nothing.
    """

    decision: Decision
    offered: str = ""
    touch: Touch | None = None
    epoch: int = 0


class Leased(msgspec.Struct, frozen=True):
    """A row a node has leased. `state` is `sending` where a node before us was cut off in the middle of it.

    `part` is the part of the message that goes next, where it goes in several.
    """

    id: str
    lane: int
    conversation: str
    channel: str
    kind: str
    state: str
    body: str
    expires_at: int
    attempt: int
    epoch: int
    part: int
    talk: "Talk"
    message: "Letter | None"
    known: Known | None = None


class Talk(msgspec.Struct, frozen=True):
    """The conversation a row belongs to: the contact, when the customer last wrote (milliseconds, UTC), the provider's
    id of that message, and the customer's addresses (JSON)."""

    contact: str
    last_in: int
    last_id: str
    urns: str


class Letter(msgspec.Struct, frozen=True):
    """The message of a row: content (JSON), the provider's id it quotes, native options (JSON or "").

    `told` is the version of the notice that its customer was given on the channel.
    """

    content: str
    reply_to: str
    native: str
    told: str = ""


class Batch(NamedTuple):
    """The rows a node has leased, and whether more are due than it had places for."""

    rows: list[Leased]
    more: bool


class Settled(msgspec.Struct, frozen=True):
    """What became of a leased row.

    `again_at` > 0 queues it again for then; `held` keeps it until a lift, of these suspensions where `held_by` names
    any (ids with blanks between them); otherwise the row is gone. `facts`,
    `provider_id` and `outcome` go to the message, `trace` (JSON) is kept as the exchange with the provider. `piece` is
    the part the provider took, where there are several; those after it go next where it is queued again. `sign` is
    kept where the provider's answer puts the channel's terms at stake. `told` is the fact that a notice was given.
    """

    row: Leased
    facts: Facts = Facts()
    provider_id: str = ""
    outcome: str = ""
    again_at: int = 0
    held: bool = False
    held_by: str = ""
    attempt: int = 0
    trace: str = ""
    decision: Decision | None = None
    piece: Piece | None = None
    sign: Notice | None = None
    told: Consent | None = None


def queue_asks(item: Queued) -> list[tuple[Statement, Row]]:
    """The statements that queue a row, or hand it to its sender with the decision that lets it go."""
    key = (item.id, item.lane, item.conversation, item.channel, item.kind)
    rest = (item.body, item.due_at, item.expires_at, item.priority)
    if item.handed:
        given = item.handed
        decided = (_DECIDED, (new_id(item.lane), item.lane, item.id, _encode(given.decision).decode()))
        hand = (_HAND, (*key, "sending", *rest, given.node, given.lease_ms))
        return [hand, decided, *_offer_asks(item.conversation, item.lane, given.offered)]
    state = "later" if item.due_at > now_ms() else "queued"
    return [(_QUEUE, (*key, state, *rest))]


def told_ask(conversation_id: str, lane: int, version: str) -> tuple[Statement, Row]:
    """The statement that keeps which notice the customer is given, or that it was not ("")."""
    return (_TOLD, (version, conversation_id, lane))


def take(channel: str, node: str, limit: int, now: int, lease_ms: int) -> Op[Batch]:
    """Lease up to `limit` due rows of a channel, urgent ones first."""
    query = _WITHOUT_MESSAGE.get(channel, _MESSAGES)
    found = yield [(query, (channel, priority, now, limit + 1)) for priority in (URGENT, NORMAL, BULK)]
    due = [row for each in found for row in each]
    if not due:
        return Batch([], more=False)
    locked = yield [(_TAKE, (row[0], row[1])) for row in due[:limit]]
    rows = [
        row for row, each in zip(due, locked, strict=False) if each and each[0][1] and each[0][0] == row[9]
    ]
    yield [(_LEASE, (node, lease_ms, row[0], row[1])) for row in rows]
    people = yield from known.of([(row[11], row[1]) for row in rows if row[4] == "message"])
    return Batch([_leased(row, people.get(row[11])) for row in rows], len(due) > limit)


def _leased(row: Row, person: Known | None) -> Leased:
    """A row as it was joined, with the epoch it has now."""
    letter = Letter(*row[15:19]) if row[4] == "message" else None
    key = (row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9] + 1, row[10])
    return Leased(*key, Talk(row[11], row[12], row[13], row[14]), letter, person)


def _key(row: Leased) -> tuple[str, int, int]:
    """What a row is known by while it is ours."""
    return row.id, row.lane, row.epoch


def sending(row: Leased, going: Going) -> Op[None]:
    """Mark a row `sending` with the decision that lets it go: durable before the first byte.

    Raises LeaseLost, and known.Changed where what was decided on is not so any more.
    """
    assert row.known is not None
    again = known.again_asks(row.known, unasked=going.touch is not None)
    still = yield [*again, (_SENDING, ("sending", row.attempt + 1, *_key(row)))]
    known.check(row.known, still[: len(again)], going.epoch)
    touched = [known.touched_ask(row.known, going.touch)] if going.touch else []
    offers = _offer_asks(row.conversation, row.lane, going.offered)
    yield [_decision_ask(row, going.decision), *touched, *offers]


def _offer_asks(conversation_id: str, lane: int, offered: str) -> _Asks:
    return [(_OFFER, (offered, conversation_id, lane))] if offered else []


def _decision_ask(row: Leased, made: Decision) -> tuple[Statement, Row]:
    return (_DECIDED, (new_id(row.lane), row.lane, row.id, _encode(made).decode()))


def settle(end: Settled) -> Op[None]:
    """Write what became of a row. Raises LeaseLost."""
    row, stays = end.row, bool(end.held or end.again_at)
    asks: _Asks = [_again_ask(end) if stays else (_DONE, _key(row))]
    if end.piece:
        asks += parts.asks(row.id, row.lane, row.channel, end.piece)
    if end.told:
        asks += consent.asks([end.told], lane_of_id(end.told.contact))
        asks.append(told_ask(row.conversation, row.lane, end.told.text_version))
    elif not stays and row.kind == "message" and row.body:
        asks += unsaid_asks(row.body, row.conversation, row.lane)
    if row.kind == "message" and row.body:
        asks += campaigns.noted_asks(row.body, row.conversation, row.lane, end.facts, end.outcome)
    if end.sign:
        asks.append(sign_ask(row.channel, end.sign))
    if end.decision:
        asks.append(_decision_ask(row, end.decision))
    if end.trace:
        asks.append((_EXCHANGED, (row.id, new_id(row.lane), row.lane, row.attempt + 1, end.trace)))
    if row.kind == "message" and (end.provider_id or end.outcome or end.facts != _NO_FACTS):
        asks += settle_asks(row.id, row.lane, row.channel, end.facts, end.provider_id, end.outcome)
    yield asks


def _again_ask(end: Settled) -> tuple[Statement, Row]:
    """The statement that keeps a row for later, at the part that goes next."""
    part = end.piece.number + 1 if end.piece else end.row.part
    state = "held" if end.held else "queued"
    return (_AGAIN, (state, end.again_at, end.attempt, 0, part, end.held_by, *_key(end.row)))


def unsaid_asks(body: str, conversation_id: str, lane: int) -> _Asks:
    """The statement after which a customer was not told, where what did not leave (its cause) was a notice."""
    why = cause.read(body)
    return [told_ask(conversation_id, lane, "")] if why.tells and not why.later else []


def renew(rows: Sequence[Leased], lease_ms: int) -> Op[None]:
    """Go on with rows that are still worked on; one that is another node's by now stays so, or nobody's."""
    yield [(_RENEW, (lease_ms, row.id, row.lane, row.epoch)) for row in rows]


def give_back(rows: Sequence[Leased]) -> Op[None]:
    """Let others take rows at once that this node has leased and does not work on; what it has lost stays as it is."""
    yield [(_FREE, _key(row)) for row in rows]


def again(row: Leased, due_at: int) -> Op[None]:
    """Let a row that has failed be run again later (milliseconds, UTC). Raises LeaseLost."""
    yield [(_AGAIN, ("queued", due_at, row.attempt + 1, 0, row.part, "", *_key(row)))]


def finish(row: Leased) -> Op[None]:
    """Take an effect's row away, as part of the operation that stores its result. Raises LeaseLost."""
    yield [(_DONE, _key(row))]


class TooLate(Exception):
    """The row is gone, or is on its way."""


def cancel(message_id: str) -> Op[None]:
    """Take a message back that nobody has begun to send; raises TooLate."""
    key = (message_id, lane_of_id(message_id))
    (rows,) = yield [(FREE, key)]
    if not rows or rows[0][0] == "sending" or not rows[0][4]:
        raise TooLate(message_id)
    body, conversation_id = rows[0][1:3]
    unsaid = unsaid_asks(body, conversation_id, key[1])
    yield [(_CANCELED, key), (_OUTCOME, ("canceled", *key)), *unsaid]


def free_all() -> Op[None]:
    """Forget all leases: for the one process that owns the database, when it starts."""
    yield [(_FREE_ALL, ())]
