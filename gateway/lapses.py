"""Consents that end: announced before they do, and written into the ledger as expired when they have."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from state import lapses
from state.lapses import Ending
from state.model.ids import now_ms
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.lapses")
DAY_MS = 24 * 3600 * 1000
_REST = 10.0
"""Seconds between two looks. Nothing leaves on a consent that has ended meanwhile: the rules look at its end itself."""
_BATCH = 200
Announce = Callable[[Sequence[Ending]], None]
"""Who wants to hear of consents that end within the notice, each once, after that is on disk."""


def _log(found: Sequence[Ending]) -> None:
    log.info("%d consents end within the time of notice: parley consent expiring lists them", len(found))


class Lapses:
    """Looks for consents that end. Any number may run: each is announced, and expires, once."""

    def __init__(self, store: Store, notice_days: int, announce: Announce = _log) -> None:
        self._store, self._notice_ms, self._announce = store, notice_days * DAY_MS, announce

    async def run(self) -> None:
        """Look now and then, for ever."""
        while True:
            try:
                while await self.round(now_ms()):
                    pass
            except Unavailable as error:
                log.warning("consents that end wait for the database: %s", error)
            await asyncio.sleep(_REST)

    async def round(self, now: int) -> int:
        """Let what has ended expire and announce what will soon, at most a batch of each; gives how many it did."""
        rows = await self._store.read(lapses.ENDING, 0, now, _BATCH)
        writes = (self._store.write(lapses.expire, Ending(*row)) for row in rows)
        expired = sum(await asyncio.gather(*writes))
        soon = await self._store.read(lapses.UNTOLD, now, now + self._notice_ms, _BATCH)
        told = await self._store.write(lapses.announce, [Ending(*row) for row in soon]) if soon else []
        if told:
            self._announce(told)
        return expired + len(told)
