"""Pace: how fast one sender may send and one recipient be sent to; shared through Redis where there is one.

Redis is never the truth: while it is away each process keeps the pace by itself.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from gateway.buckets import Ask, Buckets

log = logging.getLogger("parley.pace")
AWAY_SECONDS = 1.0
"""How long Redis is left alone after it did not answer."""


class Pace:
    """Admits messages at the pace that their channel and recipient allow."""

    def __init__(self, redis_url: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._own = Buckets()
        self._shared = None
        if redis_url:
            from gateway.shared_buckets import SharedBuckets

            self._shared = SharedBuckets(redis_url)
        self._away = False
        self._away_until = 0.0
        self._telling: set[asyncio.Task[None]] = set()

    async def admit(
        self, channel: str, pair: str, pace: float, pair_interval: float, pair_burst: int
    ) -> float:
        """Seconds to wait before a message may go; 0: go, and it is counted.

        `pace` in messages a second for the channel, `pair_interval` in seconds a message for the pair; 0: no limit.
        """
        ask, now = Ask(channel, pair, pace, pair_interval, pair_burst), self._clock()
        stopped = self._own.stopped(ask, now)
        if self._shared is None or stopped or now < self._away_until or not (pace or pair_interval):
            return self._own.admit(ask, now)
        wait = await self._shared.admit(ask)
        self._note(wait is None)
        return self._own.admit(ask, now) if wait is None else wait

    def admit_now(
        self, channel: str, pair: str, pace: float, pair_interval: float, pair_burst: int
    ) -> float | None:
        """The same at once; None where the pace is shared, so that others must be asked."""
        if self._shared is not None:
            return None
        return self._own.admit(Ask(channel, pair, pace, pair_interval, pair_burst), self._clock())

    def throttle(self, channel: str, pair: str, seconds: float) -> None:
        """The provider asks us to slow down: stop a pair for a time, or the whole channel where the pair is empty."""
        now = self._clock()
        self._own.throttle(channel, pair, seconds, now)
        if self._shared and now >= self._away_until:
            task = asyncio.create_task(self._shared.throttle(channel, pair, seconds))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    def _note(self, away: bool) -> None:
        """Leave Redis alone for a while where it is away, and say so once."""
        if away:
            self._away_until = self._clock() + AWAY_SECONDS
        if away != self._away:
            self._away = away
            log.warning("Redis is away: each process keeps the pace by itself" if away else "Redis is back")

    async def close(self) -> None:
        """Close the connection to Redis."""
        if self._shared:
            await self._shared.close()
