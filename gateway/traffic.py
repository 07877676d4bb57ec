"""What this node sees of our traffic, counted in memory and added to the database every few seconds.

One count is one addition to a dict. What a node has counted since its last write is lost with it: a few seconds of
numbers that are looked at by the hour. Webhooks that a provider repeats are counted again.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable

from gateway import outgoing
from gateway.often import Often
from state import traffic
from state.inbox import Arrived
from state.known import Known, Touch
from state.model.consent import Consent
from state.model.event import MessageReceived, Receipt
from state.model.ids import now_ms
from state.outbox import Leased
from state.store import Store
from state.traffic import Counted, hour_of
from state.writer import Unavailable

log = logging.getLogger("parley.traffic")
_EVERY = 5.0
"""Seconds between two writes; a count may be put into the hour after its own by so much."""
_RANGE = 7
"""Digits of a number's range: country and area, as +1 415 555 or +49 1511 2."""
_MOST = 256
"""Texts and number ranges that are told apart on one channel."""
_TEXTS, _RANGES = 10, 5
"""Fewer of a text, or of codes to a range, in an hour are not written: most are unique."""
_ENDS: dict[str, tuple[str, ...]] = {
    "accepted": ("accepted",),
    "fail_msg": ("failed",),
    "fail_rcpt": ("failed",),
    "window": ("failed",),
    "warn": ("failed", "complaints"),
    "suspend": ("failed", "complaints"),
    "consent": ("failed", "opt_outs"),
}
"""What is counted of a send that ended so; what is tried again is not."""


class Traffic:
    """The counts of this node since they were last written."""

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._texts: defaultdict[str, Often] = defaultdict(lambda: Often(_MOST, _TEXTS))
        self._codes: defaultdict[str, Often] = defaultdict(lambda: Often(_MOST, _RANGES))
        self._used: defaultdict[str, Often] = defaultdict(lambda: Often(_MOST, _RANGES))
        self._hour = 0

    def count(self, channel: str, kind: str, n: int = 1) -> None:
        """Count some more of a kind."""
        self._counts[channel, kind] += n

    def ended(self, channel: str, outcome: str) -> None:
        """A send ended with `accepted`, or with an action word in small letters; others are not counted here."""
        for kind in _ENDS.get(outcome, ()):
            self._counts[channel, kind] += 1

    def came(self, arrived: Iterable[Arrived]) -> None:
        """Events were stored."""
        for each in arrived:
            event, channel = each.event, each.channel
            if isinstance(event, MessageReceived):
                self._counts[channel, "inbound"] += 1
                if channel in self._codes and (place := range_of(event.addresses)) in self._codes[channel]:
                    self._counts[channel, f"answer:{place}"] += 1
            elif isinstance(event, Receipt):
                if event.status == "delivered":
                    self._counts[channel, "delivered"] += 1
                elif event.status == "failed" and event.fault:
                    self.ended(channel, event.fault.action.lower())

    def told(self, channel: str, facts: Iterable[Consent]) -> None:
        """Customers said what they allow and forbid; a text message that stops is one opt-out."""
        if any(each.change == "withdrawn" for each in facts):
            self._counts[channel, "opt_outs"] += 1

    def used(self, channel: str, addresses: Iterable[str], codes: int = 1) -> None:
        """One-time codes were used by somebody with these addresses."""
        self._counts[channel, "used"] += codes
        if place := range_of(addresses):
            for _ in range(codes):
                self._used[channel].add(place)

    def leaves(self, row: Leased, touch: Touch | None) -> None:
        """A message leaves; `touch` says that it answers nothing. Later tries and parts of it do not count."""
        if touch is None or row.attempt or row.part:
            return
        channel = row.channel
        self._counts[channel, "unasked"] += 1
        if touch.purpose == "one_time_codes":
            self._counts[channel, "codes"] += 1
            if place := range_of(outgoing.urns(row)):
                self._codes[channel].add(place)
        if stranger(row.known, row.talk.last_in):
            self._counts[channel, "new_recipients"] += 1
            self._texts[channel].add(touch.digest[:16])

    def take(self, now: int) -> list[Counted]:
        """What was counted since this was last asked, with texts and ranges that are frequent in this hour."""
        counts, self._counts = self._counts, defaultdict(int)
        for head, every in (("same", self._texts), ("code", self._codes), ("used", self._used)):
            for channel, often in every.items():
                for key, more in often.more().items():
                    counts[channel, f"{head}:{key}"] += more
        if hour_of(now) != self._hour:
            self._hour = hour_of(now)
            self._texts.clear()
            self._codes.clear()
            self._used.clear()
        return [Counted(*key, n) for key, n in counts.items()]

    def put_back(self, counted: Iterable[Counted]) -> None:
        """What could not be written waits for the next time."""
        for each in counted:
            self._counts[each.channel, each.kind] += each.n


def stranger(known: Known | None, last_in: int) -> bool:
    """Whether somebody has never written on the channel, and got nothing lately that they did not ask for."""
    return not last_in and (known is None or not known.touches)


def range_of(addresses: Iterable[str]) -> str:
    """The first digits of a telephone number among addresses (E.164); "" where there is none."""
    for each in addresses:
        number = each.partition(":")[2].removeprefix("+") if each.startswith(("tel:", "whatsapp:")) else ""
        if number.isdecimal():
            return number[:_RANGE]
    return ""


async def flush(counts: Traffic, store: Store, node: str, now: int) -> None:
    """Write what was counted; keeps it where the database is away."""
    counted = counts.take(now)
    if not counted:
        return
    try:
        await store.write(traffic.add, node, hour_of(now), counted)
    except Unavailable as error:
        counts.put_back(counted)
        log.warning("counts of traffic wait for the database: %s", error)


async def run(counts: Traffic, store: Store, node: str) -> None:
    """Write what is counted, for ever."""
    while True:
        await asyncio.sleep(_EVERY)
        await flush(counts, store, node, now_ms())
