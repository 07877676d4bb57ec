"""The inbox: what came in, durable before it is acknowledged.

`accept` writes one envelope with all its events in one operation: messages and the like wait in `inbox` for their
conversation's turn, receipts are merged into the messages they speak of, notices become signals.
"""

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state import contacts, templates
from state.awaiting import PENDING
from state.contacts import Who
from state.model.address import lane_of
from state.model.base import Value
from state.model.event import (
    AddressChanged,
    Event,
    MessageEchoed,
    MessageReceived,
    Notice,
    Receipt,
    ReceiptUpTo,
    Typing,
)
from state.model.ids import LONGEST, lane_of_id, new_id
from state.model.receipts import fact
from state.receipts import merge_asks, up_to_asks, wait_ask
from state.statements import Fetch, Query, Row, Statement, insert, update
from state.tables import contact, envelope, event, message, signal
from state.tables import part as piece
from state.writer import Op, Work, Writes, part

_ENVELOPE = insert(envelope, "id lane channel request body problems")
_EVENT = insert(event, "id lane channel conversation envelope key body", ignore=True)
_SIGNAL = insert(signal, "id lane channel key action code body", ignore=True)
_MERGED_INTO = Fetch(contact, "merged_into", "id lane")
_SEEN = Fetch(event, "id", "key channel lane")
_SENT = Query(
    sa.select(message.c.id).where(
        message.c.provider_id == sa.bindparam("provider_id", type_=message.c.provider_id.type),
        message.c.provider_id != sa.literal_column("''"),
        message.c.direction == sa.literal_column("'out'"),
        message.c.channel == sa.bindparam("channel", type_=message.c.channel.type),
        message.c.lane == sa.bindparam("lane", type_=message.c.lane.type),
    ),
    "provider_id channel lane",
)
_SENT_IN_PARTS = Fetch(piece, "message", "provider_id channel lane")
_REPLAYED = update(envelope, "problems", "id lane")
QUARANTINED = Query(
    sa.select(envelope.c.id, envelope.c.lane, envelope.c.channel, envelope.c.problems)
    .where(envelope.c.problems != sa.literal_column("''"))
    .order_by(envelope.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "limit",
)
"""Envelopes that could not be read whole, oldest first: id, lane, channel, problems (JSON)."""
ENVELOPE = Query(
    sa.select(envelope.c.channel, envelope.c.request, envelope.c.body, envelope.c.problems).where(
        envelope.c.id == sa.bindparam("id", type_=envelope.c.id.type),
        envelope.c.lane == sa.bindparam("lane", type_=envelope.c.lane.type),
    ),
    "id lane",
)
"""One envelope: channel, request (JSON without body), raw body, problems (JSON)."""

encode = msgspec.json.Encoder().encode
SIGNS = frozenset({"WARN", "SUSPEND", "CONSENT", "AUTH", "CONFIG", "THROTTLE"})
"""The action words of faults that are signs that a channel's terms are at stake; the last two by repetition."""
_LATEST = 1 << 53
_OF_NO_CUSTOMER = frozenset({Receipt, Notice, Typing})
_LOOKED_UP = frozenset({AddressChanged, MessageEchoed})
"""Events that need more than who they are from."""


class Unstorable(ValueError):
    """An event that no column could hold: where and why. Nothing of its envelope is stored."""


class Arrived(Value, frozen=True):
    """One event and the channel it belongs to, with its team."""

    event: Event
    channel: str
    team: str


class Envelope(Value, frozen=True):
    """A request as it came: the channel of its address, what was asked (JSON), the raw body, problems (JSON or "")."""

    channel: str
    request: str
    body: bytes
    problems: str = ""


Known = Mapping[tuple[str, tuple[str, ...]], Who]
"""Who addresses are on a channel."""
_Asks = list[tuple[Statement, Row]]


class Placed(Value, frozen=True):
    """Where events went: who they are from, by (channel, addresses).

    `merged` says that contacts proved to be one: what was known before of who is who may no longer hold.
    """

    who: Known
    merged: bool = False

    @property
    def lanes(self) -> list[str]:
        """The lanes with new work, one a customer, as wake-ups name them."""
        return [str(each.lane) for each in self.who.values()]


def accept(letter: Envelope, arrived: Sequence[Arrived], known: Known, shared: bool = False) -> Work[Placed]:
    """Store an envelope and its events. `known` spares look-ups: who an address on a channel is. Raises Unstorable.

    On a `shared` database others may have merged contacts meanwhile: it is looked at whether they are still apart.
    """
    for item in arrived:
        check(item.event)
    who = _all_known(arrived, known)
    if who is None:
        return _accept(letter, arrived, known)
    if shared and who:
        return _accept_known(letter, arrived, who)
    return _writes(letter, arrived, who)


def _writes(letter: Envelope, arrived: Sequence[Arrived], who: Known) -> Writes[Placed]:
    """All of it in one step, where everybody is known."""
    letter_id, row = _letter(letter, who)
    asks: _Asks = [(_ENVELOPE, row)]
    for item in arrived:
        _place(item, letter_id, who, asks)
    return Writes(asks, Placed(who))


def _accept_known(letter: Envelope, arrived: Sequence[Arrived], who: Known) -> Op[Placed]:
    """The same after a look whether the contacts are still their own."""
    found = yield [(_MERGED_INTO, (each.contact, each.lane)) for each in who.values()]
    if any(not rows or rows[0][0] for rows in found):
        return (yield from _accept(letter, arrived, {}))
    return (yield from part(_writes(letter, arrived, who)))


def _all_known(arrived: Sequence[Arrived], known: Known) -> Known | None:
    """Who the events are from where nothing else has to be looked up first, else none."""
    who = {}
    for item in arrived:
        if _of_customer(item.event):
            key = (item.channel, item.event.addresses)
            found = known.get(key)
            if found is None or found.past or type(item.event) in _LOOKED_UP:
                return None
            who[key] = found
    return who


def _accept(letter: Envelope, arrived: Sequence[Arrived], known: Known) -> Op[Placed]:
    who = yield from _people(arrived, known)
    letter_id, row = _letter(letter, who)
    yield from _put_all(arrived, letter_id, who, [(_ENVELOPE, row)])
    return Placed(who, merged=any(each.past for each in who.values()))


def _letter(letter: Envelope, who: Known) -> tuple[str, Row]:
    """An envelope's id and row; it lies in the lane of a customer whose events it brings."""
    home = next(iter(who.values())).lane if who else lane_of(letter.channel)
    letter_id = new_id(home)
    return letter_id, (letter_id, home, letter.channel, letter.request, letter.body, letter.problems)


def check(happened: Event) -> None:
    """Find now what a column could not hold later, when the event's turn is committed; raises Unstorable."""
    if not 0 <= happened.at < _LATEST:
        raise Unstorable(f"{happened.key!r}: at is {happened.at}, which is no time in milliseconds")
    if type(happened) is ReceiptUpTo and not 0 <= happened.until < _LATEST:
        raise Unstorable(f"{happened.key!r}: until is {happened.until}, which is no time in milliseconds")
    if not happened.addresses and _of_customer(happened):
        raise Unstorable(f"{happened.key!r}: an event of a customer has an address")
    texts = (happened.key, *happened.addresses, *_more_texts(happened))
    joined = "".join(texts)
    if "\0" in joined or (len(joined) > LONGEST and max(map(len, texts)) > LONGEST):
        raise Unstorable(
            f"{joined[:40]!r}: {LONGEST} characters are allowed in keys, ids and addresses, no NUL"
        )


def _more_texts(happened: Event) -> tuple[str, ...]:
    """The texts of an event, beside its key and addresses, that have columns of their own."""
    if isinstance(happened, MessageReceived):
        return (happened.provider_id, happened.reply_to, happened.client_ref)
    if isinstance(happened, Receipt):
        code = happened.fault.code if happened.fault else ""
        return (happened.provider_id, code)
    if isinstance(happened, AddressChanged):
        return happened.new
    return (getattr(happened, "provider_id", ""), getattr(happened, "code", ""))


def accept_again(letter_id: str, arrived: Sequence[Arrived]) -> Op[Placed]:
    """Store the events of an envelope that was kept before; those that are there already stay as they are.

    Raises Unstorable.
    """
    for item in arrived:
        check(item.event)
    who = yield from _people(arrived, {})
    yield from _put_all(arrived, letter_id, who, [])
    return Placed(who)


def _people(arrived: Sequence[Arrived], known: Known) -> Op[dict[tuple[str, tuple[str, ...]], Who]]:
    """Who the events are from; contacts and conversations are made where there are none."""
    who: dict[tuple[str, tuple[str, ...]], Who] = {}
    for item in arrived:
        urns = item.event.addresses
        if isinstance(item.event, AddressChanged):
            who[item.channel, urns] = yield from contacts.find(item.team, item.channel, urns + item.event.new)
        elif _of_customer(item.event) and (item.channel, urns) not in who:
            found = known.get((item.channel, urns))
            if found is None:
                about = (item.event.name, item.event.locale)
                found = yield from contacts.find(item.team, item.channel, urns, *about)
            who[item.channel, urns] = found
    return who


def _put_all(
    arrived: Sequence[Arrived],
    letter_id: str,
    who: Known,
    asks: _Asks,
) -> Op[None]:
    for item in (yield from _told_apart((yield from _fresh(arrived, who)), who)):
        _place(item, letter_id, who, asks)
    yield asks


def _fresh(arrived: Sequence[Arrived], who: Known) -> Op[Sequence[Arrived]]:
    """The events without those stored before their sender's contact was merged into one of another lane."""
    asks: _Asks = [
        (_SEEN, (item.event.key, item.channel, lane))
        for item in arrived
        if _of_customer(item.event)
        for lane in who[item.channel, item.event.addresses].past
    ]
    if not asks:
        return arrived
    found = yield asks
    seen = {row[:2] for (_, row), rows in zip(asks, found, strict=True) if rows}
    return [item for item in arrived if (item.event.key, item.channel) not in seen]


def _told_apart(arrived: Sequence[Arrived], who: Known) -> Op[Sequence[Arrived]]:
    """The events, where a copy of a message that we sent ourselves tells that it was sent, and no more."""
    copies = [
        (item.event, item.channel)
        for item in arrived
        if isinstance(item.event, MessageEchoed) and not item.event.target
    ]
    if not copies:
        return arrived
    asks: _Asks = []
    for copy, channel in copies:
        row = (copy.provider_id, channel, who[channel, copy.addresses].lane)
        asks += [(_SENT, row), (_SENT_IN_PARTS, row)]
    found = yield asks
    ours = {row[:2] for (_, row), rows in zip(asks, found, strict=True) if rows}
    return [_sent(item, ours) for item in arrived]


def _sent(item: Arrived, ours: Container[tuple[str, str]]) -> Arrived:
    """What it tells, where it is a copy of a message of ours; else the same."""
    copy = item.event
    if not isinstance(copy, MessageEchoed) or (copy.provider_id, item.channel) not in ours:
        return item
    told = Receipt(
        key=f"{copy.key}:sent", at=copy.at, account=copy.account, addresses=copy.addresses,
        provider_id=copy.provider_id, status="sent",
    )  # fmt: skip
    return Arrived(told, item.channel, item.team)


def _of_customer(happened: Event) -> bool:
    """Whether it belongs to a customer's conversation, which is made where there is none."""
    return type(happened) not in _OF_NO_CUSTOMER


def _place(item: Arrived, letter_id: str, who: Known, asks: _Asks) -> None:
    """The rows of one event."""
    happened = item.event
    if type(happened) is Receipt:
        asks.extend(receipt_asks(happened, item.channel))
    elif type(happened) is Notice:
        asks += [sign_ask(item.channel, happened), *templates.told_asks(item.channel, happened)]
    elif type(happened) is ReceiptUpTo:
        sender = who[item.channel, happened.addresses]
        asks += up_to_asks(sender.conversation, sender.lane, happened)
    elif type(happened) is not Typing:
        sender, body = who[item.channel, happened.addresses], encode(happened).decode()
        lane = sender.lane
        event_id = new_id(lane)
        row = (event_id, lane, item.channel, sender.conversation, letter_id, happened.key, body)
        asks += [(_EVENT, row), (PENDING, (event_id, lane))]


def receipt_asks(happened: Receipt, channel: str) -> _Asks:
    """Merge a receipt at once where the provider carried our id along, else let it wait for its message."""
    facts = fact(happened.status, happened.at, happened.fault)
    asks: _Asks = []
    fault = happened.fault
    if fault and fault.action in SIGNS:
        home = lane_of(channel)
        body = encode(happened).decode()
        asks.append((_SIGNAL, (new_id(home), home, channel, happened.key, fault.action, fault.code, body)))
    try:
        waits, ours = happened.of_part, happened.message_id
        asks += merge_asks(ours, lane_of_id(ours), channel, facts, of_part=waits)
    except ValueError:
        waits = True
    if waits:
        home = lane_of(happened.addresses[0] if happened.addresses else happened.provider_id)
        asks.append(wait_ask(happened.provider_id, channel, happened.status, home, facts))
    return asks


def sign_ask(channel: str, made: Notice) -> tuple[Statement, Row]:
    """The statement that keeps a sign that a channel's terms are at stake; one whose key is there stays as it is."""
    lane = lane_of(channel)
    body = encode(made).decode()
    return (_SIGNAL, (new_id(lane), lane, channel, made.key, made.action, made.code, body))


def internal(conversation: str, lane: int, channel: str, happened: Event) -> Op[None]:
    """An event of our own making (a timer, an effect's result, a hand-back): stored and waiting for its turn."""
    yield from put(conversation, lane, channel, happened)


def put(conversation: str, lane: int, channel: str, happened: Event) -> Op[None]:
    """The same as part of a larger operation; an event whose key is there already is not stored again."""
    yield from put_all([Internal(conversation, lane, channel, happened)])


class Internal(NamedTuple):
    """An event of our own making, and the conversation it belongs to."""

    conversation: str
    lane: int
    channel: str
    event: Event


def put_all(happened: Sequence[Internal]) -> Op[None]:
    """Store several events of our own making, as part of a larger operation."""
    asks: _Asks = []
    for conversation, lane, channel, made in happened:
        event_id = new_id(lane)
        body = encode(made).decode()
        asks.append((_EVENT, (event_id, lane, channel, conversation, event_id, made.key, body)))
        asks.append((PENDING, (event_id, lane)))
    yield asks


def replayed(envelope_id: str, problems: str) -> Op[None]:
    """Note what is still wrong with a quarantined envelope after its events were taken again ("": nothing)."""
    yield [(_REPLAYED, (problems, envelope_id, lane_of_id(envelope_id)))]


def quarantine(letter: Envelope) -> Op[str]:
    """Keep an authentic request that nobody can read; gives the envelope's id."""
    lane = lane_of(letter.channel)
    letter_id = new_id(lane)
    yield [(_ENVELOPE, (letter_id, lane, letter.channel, letter.request, letter.body, letter.problems))]
    return letter_id
