"""Conversations: taken in batches by one node at a time, and put back by the one commit of their turn.

`take` leases conversations that have events waiting; `commit` writes all a turn decided, if the lease still holds.
On a database of our own (SQLite) the lease needs no writing: the turn loop of the one process is its only taker.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state import campaigns, consent, handovers, known
from state.awaiting import WORK
from state.known import NOBODY, Known
from state.lease import freeing, leasable, leasing, releasing, updating
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
_TOLD = Fetch(conversation, "told", "id lane", lock="wait")
_SAVE = updating(
    conversation,
    "snapshot mode lease_until urns last_in last_id updated_at",
    "revision",
    revision=conversation.c.revision + sa.literal_column("1"),
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
_RELEASE = releasing(conversation)
_FREE_ALL = freeing(conversation)

_encode = msgspec.json.Encoder().encode
_decode_event: Callable[[str], Event] = msgspec.json.Decoder(Event).decode
_decode_snapshot = msgspec.json.Decoder(Snapshot).decode
_decode_urns = msgspec.json.Decoder(tuple[str, ...]).decode
_NEW = Snapshot()
_EVENT_ID = itemgetter(0)
_Asks = list[tuple[Statement, Row]]
_Events = Sequence[tuple[str, Event]]
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
    work = sorted(work, key=_EVENT_ID)
    grouped: dict[str, list[Row]] = {}
    for row in work:
        if row[2] in grouped or len(grouped) < limit:
            grouped.setdefault(row[2], []).append(row)
    groups = list(grouped.values())
    if shared:
        groups = yield from _lease(node, groups, lease_ms)
    people = yield from known.with_standings(
        [known.About(rows[0][4], rows[0][3], *rows[0][18:23]) for rows in groups]
    )
    taken = [_taken(rows, shared, each) for rows, each in zip(groups, people, strict=True)]
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


def _taken(rows: list[Row], leased: bool, person: Known) -> Taken:
    """A conversation from its joined rows, one for each event."""
    row = rows[0]
    snapshot = _decode_snapshot(row[6]) if row[6] else _NEW
    events = tuple([(row[0], _decode_event(row[1])) for row in rows])
    return Taken(
        row[2], row[3], row[4], row[5], snapshot, row[7], row[8] + leased, _decode_urns(row[9]), row[10], row[11],
        events, bool(row[12]), row[13], row[14], row[15], row[16], row[17], bool(row[23]), person, row[24], row[25:27],
    )  # fmt: skip


def commit(turn: Turned) -> Op[None]:
    """Write all of a turn, or nothing: raises LeaseLost where the conversation is another node's by now.

    Raises known.Changed where a reply was to leave at once on what is not so any more, or the customer was told by now.
    """
    taken = turn.taken
    epochs = [item.handed.epoch for item in turn.queued if item.handed]
    again = known.again_asks(taken.known) if epochs else []
    # The contact's row now: later it may wait for one that waits for us.
    contact = consent.lock_asks(taken.contact) if turn.facts else []
    told = [(_TOLD, (taken.id, taken.lane))] if turn.told else []
    if locks := [*again, *told, *contact]:
        still = yield locks
        if again:
            known.check(taken.known, still[: len(again)], min(epochs))
        if told and [row[0] for row in still[len(again)]] != [taken.told]:
            raise known.Changed(taken.contact)  # another notice was queued meanwhile
    if clears := _clears(turn):  # in a step of their own: another turn may clear by the same statement
        yield clears
    if turn.facts:
        yield from consent.record(turn.facts)
    met, about = turn.met, taken.about
    yield [
        _saved(turn), *_consumed(taken, met), *_known(turn, about), *_replies(turn), *_journal(turn, met, about),
        *_timers(turn), *_held(turn), *_handed(turn, met),
    ]  # fmt: skip


def _clears(turn: Turned) -> _Asks:
    """What is to be gone before anything new is written."""
    taken = turn.taken
    clears = _timer_clears(taken, turn.played)
    nothing = ("", taken.id, taken.lane)
    if taken.offered and any(isinstance(happened, MessageReceived) for _, happened in turn.met):
        clears.append((_NO_OFFER, nothing))
    if taken.campaign[0] and _answered(turn):
        clears.append((_NO_CAMPAIGN, nothing))
    if turn.held.changed or turn.held.pieces:
        clears.append((_NO_TIMER, (taken.id, taken.lane, PIECES)))
    return clears


def _answered(turn: Turned) -> bool:
    """Whether the customer has spoken since a campaign wrote."""
    since = turn.taken.campaign[1] - SLACK
    return any(isinstance(happened, MessageReceived) and happened.at >= since for _, happened in turn.met)


def _handed(turn: Turned, met: _Events) -> _Asks:
    """What hooks are told where the turn has changed who answers."""
    taken, after = turn.taken, turn.played.after
    if "person" not in (taken.snapshot.mode, after.mode):
        return []
    who = (taken.id, taken.contact, taken.channel, taken.team)
    return handovers.told_asks(who, taken.snapshot, after, (event for _, event in met), turn.at)


def _known(turn: Turned, about: tuple[str, str]) -> _Asks:
    """What the customer is called, speaks and was told, where this turn tells something new."""
    taken = turn.taken
    name, locale = about
    locale = turn.played.locale or locale
    told = [told_ask(taken.id, taken.lane, turn.told)] if turn.told else []
    if (name, locale) == (taken.name, taken.locale):
        return told
    return [*told, (_ABOUT, (name.replace("\0", ""), locale, taken.contact, taken.lane))]


def _held(turn: Turned) -> _Asks:
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


def _consumed(taken: Taken, met: _Events) -> _Asks:
    """The events leave the inbox, and the customer's messages enter the conversation."""
    asks: _Asks = []
    for event_id, each in met:
        asks.append((_CONSUMED, (event_id, taken.lane)))
        if isinstance(each, MessageReceived):
            content = _encode(each.content).decode()
            row = (
                event_id, taken.lane, taken.id, taken.channel, "in", content, each.provider_id, each.reply_to,
                each.client_ref, each.at,
            )  # fmt: skip
            asks.append((_IN, row))
    return asks


def _saved(turn: Turned) -> tuple[Statement, Row]:
    taken, after = turn.taken, turn.played.after
    urns, last_in, last_id = taken.heard
    state = _encode(after).decode()
    where = _encode(urns).decode()
    row = (
        state, after.mode, 0, where, last_in, last_id, turn.at, taken.id, taken.lane, taken.epoch, taken.revision,
    )  # fmt: skip
    return (_SAVE, row)


def _replies(turn: Turned) -> _Asks:
    asks: _Asks = []
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
    row = (
        item.id, item.lane, item.conversation, item.channel, "out", content, said.reply_to, said.client_ref, native,
        item.body,
    )  # fmt: skip
    return (_OUT, row)


def _journal(turn: Turned, met: _Events, about: tuple[str, str]) -> _Asks:
    """What happened in the turn; a conversation nobody answers (no flow) needs no journal."""
    taken, played = turn.taken, turn.played
    if not played.steps and not played.fault:
        return []
    body = Turn(
        [event_id for event_id, _ in met],
        played.steps,
        [item.id for item in turn.queued if item.message and not item.message.cause.ours],
        played.after,
        played.fault,
        turn.at,
        taken.revision,
        *about,
        dict(turn.heard),
        taken.allows(turn.at),
        played.effects,
        played.timers,
        played.cancels,
    )
    return [(_JOURNAL, (new_id(taken.lane), taken.lane, taken.id, _encode(body).decode()))]


def _timer_clears(taken: Taken, played: Played) -> _Asks:
    """Timers end with their flow run, by name when cancelled, and when set again."""
    if taken.snapshot.flow and played.after.run != taken.snapshot.run:
        return [(_NO_TIMERS, (taken.id, taken.lane))]
    if not (played.cancels or played.timers):
        return []
    names = {*played.cancels, *(each.name for each in played.timers)}
    return [(_NO_TIMER, (taken.id, taken.lane, name)) for name in sorted(names)]


def _timers(turn: Turned) -> _Asks:
    if not turn.played.timers:
        return []
    taken, run = turn.taken, turn.played.after.run
    last: dict[str, SetTimer] = {each.name: each for each in turn.played.timers}
    return [
        (_TIMER, (new_id(taken.lane), taken.lane, taken.id, name, run, each.at))
        for name, each in last.items()
    ]


def release(taken: Sequence[Taken]) -> Op[None]:
    """Give leased conversations back unplayed; one that is another node's by now stays so."""
    yield [(_RELEASE, (each.id, each.lane, each.epoch)) for each in taken]


def free_all() -> Op[None]:
    """Forget all leases: for the one process that owns the database, when it starts."""
    yield [(_FREE_ALL, ())]


def exists(conversation_id: str, lane: int, channel: str) -> Op[bool]:
    """Whether there is such a conversation on the channel."""
    (rows,) = yield [(_CHANNEL, (conversation_id, lane))]
    return bool(rows) and rows[0][0] == channel
