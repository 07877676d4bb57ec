"""The parts of long messages until they are whole.

A part is acknowledged as soon as its PDU is kept durably, and not held back until the others are there: many SMSCs wait
for the answer before they send the next, and would wait for ever. So the parts' names carry what a restart needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, NamedTuple

from connectors.smpp.udh import Place

_MOST_OPEN: Final = 5000
"""Messages that wait for parts at a time; beyond it the oldest is given up."""
_REMEMBERED: Final = 600_000
"""Milliseconds in which parts of a whole message that come again make the same message again."""


class Part(NamedTuple):
    """One part: who sent it to whom, its place, its octets and their data_coding."""

    source: str
    destination: str
    place: Place
    octets: bytes
    data_coding: int


@dataclass(slots=True)
class Whole:
    """A message of several parts, whole or not; `started` is when its first part came (milliseconds, UTC)."""

    source: str
    destination: str
    reference: str
    total: int
    started: int
    parts: dict[int, Part] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What the message is told by."""
        return f"{self.source}>{self.destination}#{self.reference}/{self.total}@{self.started}"

    def kept(self, number: int) -> str:
        """The name under which a part of it is kept."""
        return f"{self.key}:{number}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all its parts that are there."""
        return tuple(self.kept(number) for number in sorted(self.parts))

    @property
    def missing(self) -> tuple[int, ...]:
        """The parts that are not there."""
        return tuple(n for n in range(1, self.total + 1) if n not in self.parts)


_Identity = tuple[str, str, str, int]


class Parts:
    """All messages that wait for parts; `patience` in milliseconds."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._open: dict[_Identity, Whole] = {}
        self._done: dict[_Identity, tuple[Whole, int]] = {}

    def take(self, part: Part, at: int, started: int = 0) -> tuple[Whole, tuple[Whole, ...]]:
        """Put a part to its message, which may be whole now; and the messages that are given up for it.

        `started` is of a part that was kept. A part that comes again changes nothing; another text in its place begins
        a new message, since references come round.
        """
        identity = (part.source, part.destination, part.place.reference, part.place.total)
        if (done := self._again(identity, part, at)) is not None:
            return done, ()
        given_up: tuple[Whole, ...] = ()
        whole = self._open.get(identity)
        if whole is not None and not _same(whole, part):
            given_up, whole = (self._open.pop(identity),), None
        if whole is None:
            whole = self._open[identity] = Whole(*identity, started or at)
        whole.parts[part.place.number] = part
        if not whole.missing:
            del self._open[identity]
            self._done[identity] = (whole, at)
            if len(self._done) > _MOST_OPEN:
                del self._done[next(iter(self._done))]
        elif len(self._open) > _MOST_OPEN:
            given_up += (self._open.pop(next(iter(self._open))),)
        return whole, given_up

    def late(self, at: int) -> tuple[Whole, ...]:
        """The messages whose missing parts are waited for no more."""
        # Messages wait in the order in which they began.
        over = list(takewhile(lambda each: self._open[each].started + self._patience <= at, self._open))
        for identity in list(takewhile(lambda each: at - self._done[each][1] > _REMEMBERED, self._done)):
            del self._done[identity]
        return tuple(self._open.pop(identity) for identity in over)

    @property
    def due(self) -> int:
        """When the next message is given up (milliseconds, UTC); 0: none waits."""
        first = next(iter(self._open.values()), None)
        return first.started + self._patience if first else 0

    def _again(self, identity: _Identity, part: Part, at: int) -> Whole | None:
        """The whole message that a part of it, come again, belongs to: the SMSC did not hear us take it."""
        whole, done = self._done.get(identity, (None, 0))
        if whole is None or at - done > _REMEMBERED or not _same(whole, part):
            return None
        return whole


def _same(whole: Whole, part: Part) -> bool:
    """Whether a part is in its place free, or there already."""
    there = whole.parts.get(part.place.number)
    return there is None or there == part


def spans(whole: Whole) -> Iterator[tuple[bytes, int] | None]:
    """The octets of a message and their data_coding, joined where parts follow on each other; None for a gap.

    They are joined before they are read: other senders cut escapes and surrogate pairs in two.
    """
    run, coding = b"", -1
    for number in range(1, whole.total + 1):
        part = whole.parts.get(number)
        if run and (part is None or part.data_coding != coding):
            yield run, coding
            run = b""
        if part is None:
            yield None
        else:
            run, coding = run + part.octets, part.data_coding
    if run:
        yield run, coding
