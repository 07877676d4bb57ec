"""Conversations: taken in batches by one node at a time, and put back by the one commit of their turn (`turned`).

`take` leases conversations that have events waiting.
On a database of our own (SQLite) the lease needs no writing: the turn loop of the one process is its only taker.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

import msgspec

from state import campaigns, known
from state.awaiting import WORK
from state.known import NOBODY, Known
from state.lease import freeing, leasable, leasing, releasing
from state.model.consent import Purpose, allowed
from state.model.event import AddressChanged, Event, MessageReceived
from state.model.turn import Snapshot
from state.statements import Fetch, Row
from state.tables import conversation
from state.writer import Op

_TAKE = leasable(conversation, "revision lease_epoch")
_LEASE = leasing(conversation)
_CHANNEL = Fetch(conversation, "channel", "id lane")
_RELEASE = releasing(conversation)
_FREE_ALL = freeing(conversation)

_decode_event: Callable[[str], Event] = msgspec.json.Decoder(Event).decode
_decode_snapshot = msgspec.json.Decoder(Snapshot).decode
_decode_urns = msgspec.json.Decoder(tuple[str, ...]).decode
_NEW = Snapshot()
_EVENT_ID = itemgetter(0)


class Taken(msgspec.Struct, frozen=True):
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
            urns = happened.new if type(happened) is AddressChanged else happened.addresses or urns
            if type(happened) is MessageReceived and happened.at >= last_in:
                last_in, last_id = happened.at, happened.provider_id
        return Heard(urns, last_in, last_id)


class Heard(msgspec.Struct, frozen=True):
    """The customer's addresses, when they last wrote (milliseconds, UTC), and the provider's id of that message."""

    urns: tuple[str, ...]
    last_in: int
    last_id: str


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
    return [_quoting(each, names) for each, names in zip(taken, told, strict=True)]


def _quoting(taken: Taken, names: Mapping[str, str]) -> Taken:
    return msgspec.structs.replace(taken, quoted=names) if names else taken


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
