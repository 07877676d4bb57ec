"""The loop over our own traffic: each minute one node asks the detectors, and keeps what they find as signals.

A signal is judged like those that providers give, by the guard's table: a warning suspends by repetition, a suspected
fraud (`FRAUD`) is announced before it is held. Here nothing is suspended.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from gateway.channels import Channels
from gateway.detectors import BadThresholds, Counts, Detector, Finding, Thresholds, standard, with_own
from gateway.detectors.counts import Row
from gateway.detectors.thresholds import BESIDE, DAYS, WEEKS
from gateway.teams import Teams
from gateway.wake import Wake
from state import traffic
from state.model.event import Notice
from state.model.ids import now_ms
from state.store import Store
from state.traffic import DAY, HOUR, WEEK, hour_of
from state.writer import Unavailable

log = logging.getLogger("parley.detecting")
_EVERY = 60.0
"""Seconds between two looks."""
_LATE = 30_000
"""Milliseconds into an hour in which the one before is looked at once more: its last counts come late."""
_KEPT = (WEEKS + 1) * WEEK
"""Milliseconds that counts are kept."""
_WORDS = {"warn": "WARN", "fraud": "FRAUD"}
_NOTED = "NOTE"
"""The action of a signal that nothing follows from."""


class _Past(NamedTuple):
    """What does not change any more of a channel's history, as it is needed in one hour."""

    hour: int
    first: int
    rows: dict[tuple[int, str], int]
    days: Sequence[tuple[int, int]]


class _Lifted(msgspec.Struct):
    """What of a suspension that is over tells whether all was well: what was held went on, or not."""

    held: str = "resume"


class Detecting:
    """Asks detectors about every channel with traffic."""

    def __init__(
        self, store: Store, channels: Channels, teams: Teams, wake: Wake, node: str,
        detectors: Mapping[str, Detector],
    ) -> None:  # fmt: skip
        self._store, self._channels, self._teams = store, channels, teams
        self._wake, self._node, self._detectors = wake, node, detectors
        self._past: dict[str, _Past] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self.round(now_ms())
            except Unavailable as error:
                log.warning("detectors wait for the database: %s", error)

    async def round(self, now: int) -> list[Finding]:
        """Look once, where this node is the one that does; gives what was found and not known before."""
        eldest = await self._store.read(traffic.ELDEST)
        if not eldest or eldest[0][0] != self._node:
            self._past.clear()
            return []
        await self._store.write(traffic.forget, now - _KEPT)
        fresh: list[Finding] = []
        for moment in (now - HOUR, now) if now % HOUR < _LATE + _EVERY * 1000 else (now,):
            for (channel,) in await self._store.read(traffic.CHANNELS, hour_of(moment)):
                fresh += await self._look(channel, moment)
        if fresh:
            self._wake.tell("signals")
        return fresh

    async def _look(self, channel: str, now: int) -> list[Finding]:
        thresholds = self._thresholds(channel)
        counts = await self.counts(channel, now)
        found = [each for name in self._detectors if (each := self._ask(name, counts, thresholds, now))]
        return [each for each in found if await self._keep(channel, each, thresholds, now)]

    def _ask(self, name: str, counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
        """One detector's answer; one that breaks is named, and the others are asked."""
        try:
            return self._detectors[name](counts, thresholds, now)
        except Exception:
            log.exception("detector %s failed on channel %s", name, counts.channel)
            return None

    async def _keep(self, channel: str, found: Finding, thresholds: Thresholds, now: int) -> bool:
        """Keep a finding as a signal, once for each code and hour."""
        action = _WORDS[found.severity]
        if found.severity == "fraud" and await self._rests(channel, thresholds, now):
            action = _NOTED
        sign = sign_of(found, now, action)
        fresh = await self._store.write(traffic.note, channel, sign)
        if fresh:
            log.warning("channel %s: detector %s: %s (%s)", channel, found.code, found.reason, action)
        return fresh

    async def _rests(self, channel: str, thresholds: Thresholds, now: int) -> bool:
        """Whether a person has said lately that all is well: they took a notice back, or let what was held go on."""
        rows = await self._store.read(traffic.LAST_LIFT, f"detectors:{channel}")
        well = rows and msgspec.json.decode(rows[0][1], type=_Lifted).held == "resume"
        return bool(well and now - rows[0][0] < thresholds.rest.hours * HOUR)

    def _thresholds(self, channel: str) -> Thresholds:
        """Those of the channel's team; what it has set wrong is told, and does not count."""
        live = self._channels.get(channel)
        own = self._teams.facts(live.channel.team).settings.detectors if live else {}
        try:
            return with_own(standard(), own, self._detectors)
        except BadThresholds as error:
            log.error("the team of channel %s: %s", channel, error)
            return standard()

    async def counts(self, channel: str, now: int) -> Counts:
        """A channel's counts as far as detectors look back; what is past is read once an hour."""
        past = self._past.get(channel)
        if past is None or past.hour != hour_of(now):
            past = self._past[channel] = await self._read_past(channel, hour_of(now))
        today = await self._span(channel, hour_of(now) - 23 * HOUR, hour_of(now) + HOUR)
        return Counts(channel, _rows(past.rows | today), past.first, past.days)

    async def _read_past(self, channel: str, hour: int) -> _Past:
        rows: dict[tuple[int, str], int] = {}
        for back in (*(n * WEEK for n in range(1, WEEKS + 1)), *(n * DAY for n in range(1, DAYS + 1))):
            rows |= await self._span(channel, hour - back - BESIDE * HOUR, hour - back + (BESIDE + 1) * HOUR)
        ((first,),) = await self._store.read(traffic.FIRST, channel)
        until = hour + HOUR
        days = await self._store.read(traffic.DAYS, channel, until - _KEPT, until - DAY, "unasked")
        return _Past(hour, first or 0, rows, [(ago + 1, n) for ago, n in days])

    async def _span(self, channel: str, since: int, until: int) -> dict[tuple[int, str], int]:
        found = await self._store.read(traffic.SPAN, channel, since, until)
        return {(hour, kind): n for hour, kind, n in found}


def _rows(counted: Mapping[tuple[int, str], int]) -> Iterator[Row]:
    return ((hour, kind, n) for (hour, kind), n in counted.items())


def sign_of(found: Finding, now: int, action: str) -> Notice:
    """A finding as it is kept: `scope` is the direction that it is about."""
    return Notice(
        key=f"detector:{found.code}:{hour_of(now)}",
        at=now,
        name="detector",
        code=f"detector/{found.code}",
        action=action,
        reason=found.reason[:500],
        scope=found.scope.direction,
        evidence=dict(found.numbers),
    )
