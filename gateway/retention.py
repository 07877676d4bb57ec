"""The retention loop: now and then, in small batches, so that nobody waits for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gateway.files import Files
from gateway.settings import Settings
from state import idempotency, receipts, retention
from state.model.ids import now_ms
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.retention")
_REST = 600.0
"""Seconds between two looks for what is too old."""
_BREATH = 0.2
"""Seconds between two batches."""


async def run(store: Store, files: Files, settings: Settings) -> None:
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
        if settings.keep_messages_days:
            await files.forget(now_ms() - settings.keep_messages_days * retention.DAY_MS)
        for forget in (idempotency.forget, _forget_receipts):
            await _forget(store, forget)
        await asyncio.sleep(_REST)


async def _forget_receipts(store: Store) -> int:
    return await store.write(receipts.forget)


async def _forget(store: Store, forget: Callable[[Store], Awaitable[int]]) -> None:
    """What needs no setting: idempotency keys after two days, receipts of strangers' messages after a week."""
    try:
        gone = 1
        while gone:
            gone = await forget(store)
            await asyncio.sleep(_BREATH)
    except Unavailable as error:
        log.warning("retention waits for the database: %s", error)
