"""Long short messages whose pieces come in requests of their own: put together again before a flow hears them. Pure.

A piece waits with its conversation. When the last one comes, the whole stands in that event's place; what is not whole
after a day stands for itself, with a mark where pieces are missing, so that no words are lost.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from state.conversations import Taken
from state.model.base import Value
from state.model.content import Text
from state.model.event import Event, MessageReceived, TimerFired
from state.turned import PIECES, Held

GAP = "[…]"
"""Stands in a text for pieces that never came."""
_PATIENCE = 24 * 3_600_000
"""Milliseconds the first piece of a message waits for the others."""
_MOST = 20
"""Messages of one conversation that wait at a time; beyond it the oldest stands for itself."""

_Events = tuple[tuple[str, Event], ...]


class Group(Value, frozen=True):
    """The pieces of one message that are there, and when the first of them came (milliseconds, UTC)."""

    started: int
    pieces: tuple[MessageReceived, ...]

    @property
    def ref(self) -> str:
        """What its pieces are told by."""
        return self.pieces[0].part.ref if self.pieces[0].part else ""

    @property
    def texts(self) -> dict[int, str]:
        """The words of each piece that is there, by its number."""
        return {
            piece.part.number: piece.content.text if isinstance(piece.content, Text) else GAP
            for piece in self.pieces
            if piece.part
        }

    @property
    def missing(self) -> bool:
        """Whether there are more to come."""
        part = self.pieces[0].part
        return part is not None and len(self.texts) < part.total


_NOTHING = Held()
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Group, ...]).decode


class Joined(msgspec.Struct, frozen=True):
    """Events with whole messages in place of pieces; what still waits, and what stands in which event's place."""

    events: _Events
    absorbed: tuple[str, ...] = ()
    waiting: tuple[Group, ...] = ()
    placed: tuple[tuple[str, Group], ...] = ()

    def held(self, met: Sequence[tuple[str, Event]], before: str) -> Held:
        """What a commit keeps where these events were met: a message that was not met waits on."""
        if not (before or self.waiting or self.placed or self.absorbed):
            return _NOTHING
        ids = {event_id for event_id, _ in met}
        groups = (
            *self.waiting,
            *(group for event_id, group in self.placed if event_id not in ids and group.pieces),
        )
        kept = _encode(groups).decode() if groups else ""
        due = min(group.started for group in groups) + _PATIENCE if groups else 0
        return Held(self.absorbed, kept, due, changed=kept != before or bool(self.absorbed))


def joined(taken: Taken, now: int) -> Joined:
    """The events of a turn with their pieces put together; `now` in milliseconds, UTC."""
    if not [event for _, event in taken.events if _concerns(event)]:
        return Joined(taken.events, waiting=_decode(taken.pieces) if taken.pieces else ())
    joining = _Joining(_decode(taken.pieces) if taken.pieces else (), now)
    for event_id, event in taken.events:
        joining.take(event_id, event)
    return Joined(
        tuple(joining.events), tuple(joining.absorbed), tuple(joining.groups), tuple(joining.placed)
    )


def _concerns(event: Event) -> bool:
    if isinstance(event, MessageReceived):
        return event.part is not None
    return isinstance(event, TimerFired) and event.timer == PIECES


class _Joining:
    def __init__(self, groups: tuple[Group, ...], now: int) -> None:
        self.groups, self.now = list(groups), now
        self.events: list[tuple[str, Event]] = []
        self.absorbed: list[str] = []
        self.placed: list[tuple[str, Group]] = []

    def take(self, event_id: str, event: Event) -> None:
        if isinstance(event, MessageReceived) and event.part:
            self._piece(event_id, event)
        elif isinstance(event, TimerFired) and event.timer == PIECES:
            self._late(event_id)
        else:
            self.events.append((event_id, event))

    def _piece(self, event_id: str, piece: MessageReceived) -> None:
        """A reference comes round: other words in the same place begin a new message."""
        assert piece.part
        before = next(
            (group for group in self.groups if group.ref == piece.part.ref and _same(group, piece)), None
        )
        out = next(
            (group for group in self.groups if group.ref == piece.part.ref and not _same(group, piece)), None
        )
        if before:
            self.groups.remove(before)
        pieces = tuple(each for each in (before.pieces if before else ()) if each.key != piece.key)
        group = Group(before.started if before else self.now, (*pieces, piece))
        if not group.missing:
            self._place(event_id, group, Group(group.started, pieces))
            return
        self.groups.append(group)
        if out is None and len(self.groups) > _MOST:
            out = min(self.groups, key=lambda each: each.started)
        self._give_up(event_id, out)

    def _late(self, event_id: str) -> None:
        self._give_up(
            event_id, next((each for each in self.groups if each.started + _PATIENCE <= self.now), None)
        )

    def _give_up(self, event_id: str, group: Group | None) -> None:
        """What there is of a message stands for itself; without one the event leaves no trace."""
        if group is None:
            self.absorbed.append(event_id)
            return
        self.groups.remove(group)
        self._place(event_id, group, group)

    def _place(self, event_id: str, whole: Group, without: Group) -> None:
        self.placed.append((event_id, without))
        self.events.append((event_id, _whole(whole)))


def _same(group: Group, piece: MessageReceived) -> bool:
    """Whether a piece is of this message: of as many, and its place is free, or its own."""
    first, part = group.pieces[0].part, piece.part
    if first is None or part is None or first.total != part.total:
        return False
    return all(
        each.key == piece.key for each in group.pieces if each.part and each.part.number == part.number
    )


def _whole(group: Group) -> MessageReceived:
    """One message of its pieces."""
    first = min(group.pieces, key=lambda each: each.part.number if each.part else 0)
    texts, total = group.texts, first.part.total if first.part else 1
    words: list[str] = []
    for number in range(1, total + 1):
        words.append(texts.get(number, GAP if words[-1:] != [GAP] else ""))
    return replace(first, content=Text("".join(words)), at=max(each.at for each in group.pieces), part=None)
