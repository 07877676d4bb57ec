"""Loops that may not end: what breaks in one is told, and it begins again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from state.writer import Unavailable

log = logging.getLogger("parley.loops")
PAUSE = 1.0
"""Seconds until a loop that broke begins again."""


async def forever(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run a loop for ever. What it was doing when it broke is taken up by its lease, like after a crash."""
    while True:
        try:
            await loop()
        except Unavailable as error:
            log.warning("%s: waits for the database: %s", name, error)
        except Exception:
            log.critical("%s: failed in an unforeseen way, and begins again", name, exc_info=True)
        await asyncio.sleep(PAUSE)
