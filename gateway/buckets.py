"""Buckets: the limits on pace as plain sums over a clock that the caller tells.

A bucket is one number: the time until which what was admitted is paid for (generic cell rate algorithm). A sender's
lets a tenth of a second's worth go at once; a recipient's lets `burst` messages go at once, paid back at one an
interval (WhatsApp's pair rule). A provider that asks us to slow down stops the channel for a while and halves its pace,
which doubles again every minute.
"""

from typing import NamedTuple

import msgspec

BURST_SECONDS = 0.1
RECOVERY_SECONDS = 60.0
SLOWEST = 1 / 64
_LONGEST = 64.0
"""Minutes after which any pace is whole again; a power of a machine's days would overflow."""
_SWEEP = 1024
_NOTHING = 1e-6


class Ask(msgspec.Struct, frozen=True, gc=False):
    """May one message go? `pace` in messages a second, `interval` in seconds a message; 0: no limit."""

    channel: str
    pair: str
    pace: float
    interval: float
    burst: int


class Stop(NamedTuple):
    """Asked to slow down: nothing goes before `until`; at the time `at` the pace was `factor` of the whole."""

    until: float
    factor: float = 1.0
    at: float = 0.0

    def now(self, now: float) -> float:
        """The part of the pace that holds now."""
        doublings = min((now - self.at) / RECOVERY_SECONDS, _LONGEST)
        return float(min(1.0, self.factor * 2**doublings))


class Buckets:
    """The buckets of one process; the caller tells the time, in seconds that only rise."""

    def __init__(self) -> None:
        self._paid: dict[str, float] = {}
        self._stops: dict[str, Stop] = {}
        self._sweep_at = _SWEEP

    def __len__(self) -> int:
        return len(self._paid) + len(self._stops)

    def stopped(self, ask: Ask, now: float) -> float:
        """Seconds for which the provider wants nothing of this."""
        return max(
            0.0, *(self._stops[key].until - now for key in (ask.channel, ask.pair) if key in self._stops), 0.0
        )

    def admit(self, ask: Ask, now: float) -> float:
        """Seconds to wait; 0: go, and it is counted."""
        if self._stops and (wait := self.stopped(ask, now)) > 0:
            return wait
        wait = 0.0
        cost = self._cost(ask, now)
        sender = max(self._paid.get(ask.channel, 0.0), now)
        pair = max(self._paid.get(ask.pair, 0.0), now)
        if cost:
            wait = sender - now - max(0.0, BURST_SECONDS - cost)
        if ask.interval:
            wait = max(wait, pair - now - (ask.burst - 1) * ask.interval)
        if wait > _NOTHING:
            return wait
        if cost:
            self._paid[ask.channel] = sender + cost
        if ask.interval:
            self._paid[ask.pair] = pair + ask.interval
            self._sweep(now)
        return 0.0

    def throttle(self, channel: str, pair: str, seconds: float, now: float) -> None:
        """Stop a pair, or the channel and halve its pace; what comes while it is stopped is the same incident."""
        old = self._stops.get(pair or channel, Stop(0.0))
        until = max(old.until, now + seconds)
        if pair or now < old.until:
            self._stops[pair or channel] = old._replace(until=until)
        else:
            self._stops[channel] = Stop(until, max(SLOWEST, old.now(now) / 2), now)

    def _cost(self, ask: Ask, now: float) -> float:
        """Seconds one message costs the sender."""
        if not ask.pace:
            return 0.0
        stop = self._stops.get(ask.channel)
        return 1 / (ask.pace * stop.now(now)) if stop else 1 / ask.pace

    def _sweep(self, now: float) -> None:
        """Forget what is paid, whenever as much again has come in: a constant cost for each message."""
        if len(self._paid) + len(self._stops) < self._sweep_at:
            return
        self._paid = {key: until for key, until in self._paid.items() if until > now}
        self._stops = {
            key: stop for key, stop in self._stops.items() if stop.until > now or stop.now(now) < 1
        }
        self._sweep_at = max(_SWEEP, 2 * len(self))
