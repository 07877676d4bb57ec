"""The retention loop: now and then, in small batches, so that nobody waits for it."""

import asyncio
import logging

from gateway.settings import Settings
from state import idempotency, retention
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.retention")
_REST = 600.0
"""Seconds between two looks for what is too old."""
_BREATH = 0.2
"""Seconds between two batches."""


async def run(store: Store, settings: Settings) -> None:
    """Delete for ever what the settings no longer keep (0 days: for ever)."""
    kept = {
        "envelopes": settings.keep_envelopes_days,
        "journal": settings.keep_journal_days,
        "messages": settings.keep_messages_days,
    }
    while True:
        for kind, days in kept.items():
            try:
                while days and (gone := await store.write(retention.sweep, kind, days)):
                    log.info("retention: %d old rows of %s deleted", gone, kind)
                    await asyncio.sleep(_BREATH)
            except Unavailable as error:
                log.warning("retention waits for the database: %s", error)
        await _forget_keys(store)
        await asyncio.sleep(_REST)


async def _forget_keys(store: Store) -> None:
    """Idempotency keys need no setting: they are kept for two days."""
    try:
        gone = 1
        while gone:
            gone = await idempotency.forget(store)
            await asyncio.sleep(_BREATH)
    except Unavailable as error:
        log.warning("retention waits for the database: %s", error)
