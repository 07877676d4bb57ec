"""The one commit of a turn: all it decided, or nothing."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from state import consent, handovers, known
from state.conversations import Taken
from state.lease import updating
from state.model.consent import Consent
from state.model.event import SLACK, Event, MessageReceived
from state.model.ids import new_id
from state.model.journal import Turn
from state.model.turn import Played, SetTimer
from state.outbox import Queued, queue_asks, told_ask
from state.statements import Fetch, Row, Statement, delete, insert, update
from state.tables import contact, conversation, inbox, journal, message, timer
from state.writer import Op

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
_encode = msgspec.json.Encoder().encode
_Asks = list[tuple[Statement, Row]]
_Events = Sequence[tuple[str, Event]]
PIECES = "\tpieces"
"""The timer by which a conversation looks at its pieces again; no flow can name one so, with a tab."""


class Held(msgspec.Struct, frozen=True):
    """Pieces of messages that are not whole: the events they came in, all that wait now (JSON), when to look again.

    `due` is in milliseconds, UTC.
    """

    events: tuple[str, ...] = ()
    pieces: str = ""
    due: int = 0
    changed: bool = False


class Turned(msgspec.Struct, frozen=True):
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


def commit(turn: Turned) -> Op[None]:
    """Write all of a turn, or nothing: raises LeaseLost where the conversation is another node's by now.

    Raises known.Changed where a reply was to leave at once on what is not so any more, or the customer was told by now.
    """
    taken, about = turn.taken, turn.taken.about
    renamed = _about(turn, about)
    epochs = [item.handed.epoch for item in turn.queued if item.handed]
    again = known.again_asks(taken.known) if epochs else []
    # The contact's row now: later it may wait for one that waits for us.
    contact = consent.lock_asks(taken.contact) if turn.facts or renamed else []
    told = [(_TOLD, (taken.id, taken.lane))] if turn.told else []
    # All turns of a batch save in their first step: two nodes that did so in several would wait for each other.
    # What is cleared goes before what is set: another turn of the batch may clear by the same statement.
    still = yield [*again, *told, *contact, _saved(turn), *_clears(turn)]
    if again:
        known.check(taken.known, still[: len(again)], min(epochs))
    if told and [row[0] for row in still[len(again)]] != [taken.told]:
        raise known.Changed(taken.contact)  # another notice was queued meanwhile
    if turn.facts:
        yield from consent.record(turn.facts)
    met = turn.met
    yield [
        *_consumed(taken, met), *_told(turn), *renamed, *_replies(turn), *_journal(turn, met, about), *_timers(turn),
        *_held(turn), *_handed(turn, met),
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


def _told(turn: Turned) -> _Asks:
    """The version of the notice that the customer is given."""
    return [told_ask(turn.taken.id, turn.taken.lane, turn.told)] if turn.told else []


def _about(turn: Turned, about: tuple[str, str]) -> _Asks:
    """What the customer is called and speaks, where this turn tells something new."""
    taken = turn.taken
    name, locale = about
    locale = turn.played.locale or locale
    if (name, locale) == (taken.name, taken.locale):
        return []
    return [(_ABOUT, (name.replace("\0", ""), locale, taken.contact, taken.lane))]


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
    heard = taken.heard
    state = _encode(after).decode()
    where = _encode(heard.urns).decode()
    row = (
        state, after.mode, 0, where, heard.last_in, heard.last_id, turn.at, taken.id, taken.lane, taken.epoch,
        taken.revision,
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
