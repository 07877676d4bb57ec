"""Terms that wait for somebody to accept them, told to hooks once for each channel and version."""

import asyncio
import logging

from gateway.terms import Standing, standings
from state import channels, hooks
from state.channels import Record
from state.model.occurrence import Occurrence, TermsData, occurrence, perhaps, same
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.hooks")
_REST = 60.0
"""Seconds between two looks."""


class WaitingTerms:
    """Looks for terms that wait. Any number may run, again and again: what is told is told once by its id."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: set[str] = set()

    async def run(self) -> None:
        """Look now and then, for ever."""
        while True:
            try:
                await self.round()
            except Unavailable as error:
                log.warning("terms that wait are not told: the database: %s", error)
            await asyncio.sleep(_REST)

    async def round(self) -> int:
        """Tell of what this process has not told yet; gives how much that was."""
        records = {row[0]: Record(*row) for row in await self._store.read(channels.LIST)}
        found = [_waits(each, records[each.channel]) for each in await standings(self._store)]
        new = [each for each in found if each and each.id not in self._told]
        if new:
            await self._store.write(hooks.told, *new)
            self._told |= {each.id for each in new}
        return len(new)


def _waits(each: Standing, record: Record) -> Occurrence | None:
    """What hooks are told of a channel's terms, where they wait; a channel that is connected anew is another one."""
    task = each.task
    if task is None:
        return None
    data = TermsData(channel=record.id, type=record.type, version=task.version, due=perhaps(task.held_from))
    key = same(each.known, record.id, str(record.created_at), task.version)
    return occurrence("terms.waiting", f"channels/{record.id}", data, record.team, id=key)
