"""Conversations: taken in batches by one node at a time, and put back by the one commit of their turn.

`take` leases conversations that have events waiting; `commit` writes all a turn decided, if the lease still holds.
On a database of our own (SQLite) the lease needs no writing: the turn loop of the one process is its only taker.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from state import campaigns, consent, handovers, known
from state.awaiting import WORK
from state.known import NOBODY, Known
from state.lease import LeaseLost, freeing, leasable, leasing
from state.model.consent import Consent, Purpose, allowed
from state.model.event import SLACK, AddressChanged, Event, MessageReceived
from state.model.ids import new_id
from state.model.journal import Turn
from state.model.turn import Played, SetTimer, Snapshot
from state.outbox import Queued, queue_asks, told_ask
from state.statements import Fetch, Row, Statement, delete, insert, update
from state.tables import contact, conversation, inbox, journal, message, timer
from state.writer import Op

_TAKE = leasable(conversation, "revision lease_epoch")
_LEASE = leasing(conversation)
_HELD = Fetch(conversation, "revision lease_epoch told", "id lane", lock="wait")
_SAVE = update(
    conversation,
    "snapshot mode revision lease_until urns last_in last_id updated_at",
    "id lane",
)
_NO_OFFER = update(conversation, "offered", "id lane")
_NO_CAMPAIGN = update(conversation, "campaign", "id lane")
_PIECES = update(conversation, "pieces", "id lane")
_CONSUMED = delete(inbox, "id lane")
_IN = insert(
    message, "id lane conversation channel direction content provider_id reply_to client_ref accepted"
)
_OUT = insert(message, "id lane conversation channel direction content reply_to client_ref native cause")
_JOURNAL = insert(journal, "id lane conversation body")
_TIMER = insert(timer, "id lane conversation name run due_at")
_NO_TIMER = delete(timer, "conversation lane name")
_NO_TIMERS = delete(timer, "conversation lane")
_ABOUT = update(contact, "name locale", "id lane")
_CHANNEL = Fetch(conversation, "channel", "id lane")
_RELEASE = update(conversation, "lease_until", "id lane")
_FREE_ALL = freeing(conversation)

_encode = msgspec.json.Encoder().encode
_decode_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_decode_snapshot = msgspec.json.Decoder(Snapshot)
_decode_urns = msgspec.json.Decoder(tuple[str, ...]).decode
_NEW = Snapshot()
PIECES = "\tpieces"
"""The timer by which a conversation looks at its pieces again; no flow can name one so, with a tab."""


class Taken(NamedTuple):
    """A conversation taken for a turn, with the events that wait (id and event), oldest first.

    `waiting` says that messages to it have not left yet; `offered` (JSON) are options it was shown as words; `pieces`
    (JSON) are those of messages that are not whole yet; `name` and `locale` are the customer's, as far as known;
    `told` is the version of the notice they were given here; `known` is what a decision about them looks at; `held`
    says that earlier events of theirs are on the shelf; `team` is whose customer they are. `campaign` is one that wrote
    here since their last message, and when (ms, UTC); `quoted` are campaigns by the provider's ids of their messages
    that are quoted.
    """

    id: str
    lane: int
    contact: str
    channel: str
    snapshot: Snapshot
    revision: int
    epoch: int
    urns: tuple[str, ...]
    last_in: int
    last_id: str
    events: tuple[tuple[str, Event], ...]
    waiting: bool = False
    offered: str = ""
    pieces: str = ""
    name: str = ""
    locale: str = ""
    told: str = ""
    held: bool = False
    known: Known = NOBODY
    team: str = ""
    campaign: tuple[str, int] = ("", 0)
    quoted: Mapping[str, str] = {}

    @property
    def about(self) -> tuple[str, str]:
        """The customer's name and locale, once these events are taken in: what was chosen before outranks the app's."""
        name, locale = self.name, self.locale
        for _, happened in self.events:
            name, locale = happened.name or name, locale or happened.locale
        return name, locale

    def allows(self, now: int) -> tuple[Purpose, ...]:
        """The purposes the customer allows here by facts of the ledger, before this turn, at a time (ms, UTC)."""
        return allowed(self.known.standings, self.urns, self.channel, now)

    @property
    def heard(self) -> "Heard":
        """Who the customer is and when they last wrote, once these events are taken in."""
        urns, last_in, last_id = self.urns, self.last_in, self.last_id
        for _, happened in self.events:
            urns = happened.new if isinstance(happened, AddressChanged) else happened.addresses or urns
            if isinstance(happened, MessageReceived) and happened.at >= last_in:
                last_in, last_id = happened.at, happened.provider_id
        return Heard(urns, last_in, last_id)


class Heard(NamedTuple):
    """The customer's addresses, when they last wrote (milliseconds, UTC), and the provider's id of that message."""

    urns: tuple[str, ...]
    last_in: int
    last_id: str


class Held(NamedTuple):
    """Pieces of messages that are not whole: the events they came in, all that wait now (JSON), when to look again.

    `due` is in milliseconds, UTC.
    """

    events: tuple[str, ...] = ()
    pieces: str = ""
    due: int = 0
    changed: bool = False


class Turned(NamedTuple):
    """A turn to commit: the conversation as it was taken, what was decided, the replies as queued, and the time.

    `held` are the pieces that no flow has heard yet; `heard` are the events that the flow heard otherwise than they are
    stored: a choice in words, a message of several pieces. `facts` are those of the consent ledger that it brings,
    `told` the version of the notice it gives.
    """

    taken: Taken
    played: Played
    queued: tuple[Queued, ...]
    at: int
    held: Held = Held()
    heard: tuple[tuple[str, Event], ...] = ()
    facts: tuple[Consent, ...] = ()
    told: str = ""

    @property
    def met(self) -> tuple[tuple[str, Event], ...]:
        """The events that were played."""
        events = self.taken.events
        return events[: len(events) - self.played.left]


def take(node: str, shared: bool, limit: int, lease_ms: int, quoting: bool = False) -> Op[list[Taken]]:
    """Lease up to `limit` conversations that have events waiting and nobody at work on them, with those events.

    With `quoting` it is looked up which campaigns' messages are quoted.
    """
    (work,) = yield [(WORK, (limit * 2,))]
    grouped: dict[str, list[Row]] = {}
    for row in work:
        if row[2] in grouped or len(grouped) < limit:
            grouped.setdefault(row[2], []).append(row)
    groups = list(grouped.values())
    if shared:
        groups = yield from _lease(node, groups, lease_ms)
    people = yield from known.with_standings(
        [known.About(rows[0][4], rows[0][3], *rows[0][18:22]) for rows in groups]
    )
    taken = [_taken(rows, shared)._replace(known=each) for rows, each in zip(groups, people, strict=True)]
    return (yield from _with_quoted(taken)) if quoting else taken


def _with_quoted(taken: list[Taken]) -> Op[list[Taken]]:
    """The same with the campaigns that customers quote."""
    asked = [campaigns.quotes((event for _, event in each.events), each.channel, each.lane) for each in taken]
    found = yield from campaigns.quoted([quote for quotes in asked for quote in quotes])
    told = ({quote[0]: found[quote] for quote in quotes if quote in found} for quotes in asked)
    return [each._replace(quoted=names) if names else each for each, names in zip(taken, told, strict=True)]


def _lease(node: str, groups: list[list[Row]], lease_ms: int) -> Op[list[list[Row]]]:
    """Lock and lease those that are as they were read; the others are another node's by now."""
    locked = yield [(_TAKE, (rows[0][2], rows[0][3])) for rows in groups]
    free = [
        rows
        for rows, found in zip(groups, locked, strict=True)
        if found and found[0][2] and (found[0][0], found[0][1]) == (rows[0][7], rows[0][8])
    ]
    yield [(_LEASE, (node, lease_ms, rows[0][2], rows[0][3])) for rows in free]
    return free


def _taken(rows: list[Row], leased: bool) -> Taken:
    """A conversation from its joined rows, one for each event."""
    _, _, taken, lane, contact, channel, snapshot, revision, epoch, urns, last_in, last_id, *more = rows[0]
    offered, pieces, name, locale, told = more[1:6]
    return Taken(
        taken,
        lane,
        contact,
        channel,
        _decode_snapshot.decode(snapshot) if snapshot else _NEW,
        revision,
        epoch + leased,
        _decode_urns(urns),
        last_in,
        last_id,
        tuple([(row[0], _decode_event.decode(row[1])) for row in rows]),
        bool(more[0]),
        offered,
        pieces,
        name,
        locale,
        told,
        bool(more[10]),
        team=more[11],
        campaign=(more[12], more[13]),
    )


def commit(turn: Turned) -> Op[None]:
    """Write all of a turn, or nothing: raises LeaseLost where the conversation is another node's by now.

    Raises known.Changed where a reply was to leave at once on what is not so any more, or the customer was told by now.
    """
    taken = turn.taken
    epochs = [item.handed.epoch for item in turn.queued if item.handed]
    again = known.again_asks(taken.known) if epochs else []
    # The contact's row now: later it may wait for one that waits for us.
    contact = consent.lock_asks(taken.contact) if turn.facts else []
    held, *still = yield [(_HELD, (taken.id, taken.lane)), *again, *contact]
    if not held or (held[0][0], held[0][1]) != (taken.revision, taken.epoch):
        raise LeaseLost(taken.id)
    if turn.told and held[0][2] != taken.told:
        raise known.Changed(taken.contact)  # another notice was queued meanwhile
    if again:
        known.check(taken.known, still[: len(again)], min(epochs))
    clears = _timer_clears(taken, turn.played)
    if any(isinstance(happened, MessageReceived) for _, happened in turn.met):
        nothing = ("", taken.id, taken.lane)
        clears += [(_NO_OFFER, nothing)] if taken.offered else []
        clears += [(_NO_CAMPAIGN, nothing)] if _answered(turn) else []
    if turn.held.changed or turn.held.pieces:
        clears.append((_NO_TIMER, (taken.id, taken.lane, PIECES)))
    if clears:  # in a step of their own: another turn of the batch may clear by the same statement
        yield clears
    if turn.facts:
        yield from consent.record(turn.facts)
    yield [
        *_consumed(turn), _saved(turn), *_known(turn), *_replies(turn), *_journal(turn), *_timers(turn), *_held(turn),
        *_handed(turn),
    ]  # fmt: skip


def _answered(turn: Turned) -> bool:
    """Whether the customer has spoken since a campaign wrote."""
    name, at = turn.taken.campaign
    return bool(name) and any(
        isinstance(happened, MessageReceived) and happened.at >= at - SLACK for _, happened in turn.met
    )


def _handed(turn: Turned) -> list[tuple[Statement, Row]]:
    taken, met = turn.taken, (event for _, event in turn.met)
    who = (taken.id, taken.contact, taken.channel, taken.team)
    return handovers.told_asks(who, taken.snapshot, turn.played.after, met, turn.at)


def _known(turn: Turned) -> list[tuple[Statement, Row]]:
    """What the customer is called, speaks and was told, where this turn tells something new."""
    taken = turn.taken
    name, locale = taken.about
    locale = turn.played.locale or locale
    told: list[tuple[Statement, Row]] = []
    if turn.told:
        told.append(told_ask(taken.id, taken.lane, turn.told))
    if (name, locale) == (taken.name, taken.locale):
        return told
    return [*told, (_ABOUT, (name.replace("\0", ""), locale, taken.contact, taken.lane))]


def _held(turn: Turned) -> list[tuple[Statement, Row]]:
    """What waits for its other pieces, and the timer that ends the wait, set anew: a flow's end clears all timers."""
    taken, held = turn.taken, turn.held
    if not held.changed and not held.pieces:
        return []
    timer_row = (new_id(taken.lane), taken.lane, taken.id, PIECES, 0, held.due)
    return [
        *((_CONSUMED, (event_id, taken.lane)) for event_id in held.events),
        (_PIECES, (held.pieces, taken.id, taken.lane)),
        *([(_TIMER, timer_row)] if held.pieces else []),
    ]


def _consumed(turn: Turned) -> list[tuple[Statement, Row]]:
    """The events leave the inbox, and the customer's messages enter the conversation."""
    taken, asks = turn.taken, list[tuple[Statement, Row]]()
    for event_id, happened in turn.met:
        asks.append((_CONSUMED, (event_id, taken.lane)))
        if isinstance(happened, MessageReceived):
            content = _encode(happened.content).decode()
            row = (event_id, taken.lane, taken.id, taken.channel, "in", content)
            asks.append(
                (_IN, (*row, happened.provider_id, happened.reply_to, happened.client_ref, happened.at))
            )
    return asks


def _saved(turn: Turned) -> tuple[Statement, Row]:
    taken, after = turn.taken, turn.played.after
    urns, last_in, last_id = taken.heard
    state = _encode(after).decode()
    key = (taken.id, taken.lane)
    where = _encode(urns).decode()
    return (_SAVE, (state, after.mode, taken.revision + 1, 0, where, last_in, last_id, turn.at, *key))


def _replies(turn: Turned) -> list[tuple[Statement, Row]]:
    asks: list[tuple[Statement, Row]] = []
    for item in turn.queued:
        if item.message is not None:
            asks.append(message_ask(item))
        asks.extend(queue_asks(item))
    return asks


def message_ask(item: Queued) -> tuple[Statement, Row]:
    """The row of an outbound message."""
    said = item.message
    assert said is not None
    native = _encode(said.native).decode() if said.native else ""
    content = _encode(said.content).decode()
    row = (item.id, item.lane, item.conversation, item.channel, "out", content)
    return (_OUT, (*row, said.reply_to, said.client_ref, native, item.body))


def _journal(turn: Turned) -> list[tuple[Statement, Row]]:
    """What happened in the turn; a conversation nobody answers (no flow) needs no journal."""
    taken, played = turn.taken, turn.played
    if not played.steps and not played.fault:
        return []
    body = Turn(
        [event_id for event_id, _ in turn.met],
        played.steps,
        [item.id for item in turn.queued if item.message and not item.message.cause.ours],
        played.after,
        played.fault,
        turn.at,
        taken.revision,
        *taken.about,
        dict(turn.heard),
        taken.allows(turn.at),
        played.effects,
        played.timers,
        played.cancels,
    )
    return [(_JOURNAL, (new_id(taken.lane), taken.lane, taken.id, _encode(body).decode()))]


def _timer_clears(taken: Taken, played: Played) -> list[tuple[Statement, Row]]:
    """Timers end with their flow run, by name when cancelled, and when set again."""
    if taken.snapshot.flow and played.after.run != taken.snapshot.run:
        return [(_NO_TIMERS, (taken.id, taken.lane))]
    names = {*played.cancels, *(each.name for each in played.timers)}
    return [(_NO_TIMER, (taken.id, taken.lane, name)) for name in sorted(names)]


def _timers(turn: Turned) -> list[tuple[Statement, Row]]:
    taken, run = turn.taken, turn.played.after.run
    last: dict[str, SetTimer] = {each.name: each for each in turn.played.timers}
    return [
        (_TIMER, (new_id(taken.lane), taken.lane, taken.id, name, run, each.at))
        for name, each in last.items()
    ]


def release(keys: Sequence[tuple[str, int]]) -> Op[None]:
    """Give leased conversations back unplayed."""
    yield [(_RELEASE, (0, *key)) for key in keys]


def free_all() -> Op[None]:
    """Forget all leases: for the one process that owns the database, when it starts."""
    yield [(_FREE_ALL, ())]


def exists(conversation_id: str, lane: int, channel: str) -> Op[bool]:
    """Whether there is such a conversation on the channel."""
    (rows,) = yield [(_CHANNEL, (conversation_id, lane))]
    return bool(rows) and rows[0][0] == channel
