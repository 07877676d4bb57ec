"""Versions of flows in this process: new runs begin under the one that is served, older runs stay under their own."""

import asyncio
import logging
from collections.abc import Iterable, Iterator

from conversations import archive
from conversations.bot import Bot
from conversations.errors import FlowError
from conversations.router import Router
from state import flows
from state.flows import NoVersion, Version
from state.model.turn import Snapshot
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.versions")
_POLL = 2.0
"""Seconds until a version that was withdrawn elsewhere begins no more runs here."""


class Versions:
    """Keeps the router in step with the versions that are stored."""

    def __init__(self, store: Store, router: Router) -> None:
        self._store, self._router = store, router
        self._gone: set[tuple[str, str]] = set()

    async def open(self) -> None:
        """Note what is served here, keep its source, and begin runs with what was not withdrawn."""
        for bot in self._router.bots:
            try:
                packed = archive.archive(bot).pack()
            except (FlowError, OSError, SyntaxError) as error:
                log.warning(
                    "%s: its runs cannot stay under this version when it changes: %s", bot.name, error
                )
                continue
            await self._store.write(flows.serve, bot.name, bot.version, packed)
        await self.refresh()

    async def run(self) -> None:
        """Look for versions that were withdrawn or restored, for ever."""
        while True:
            await asyncio.sleep(_POLL)
            try:
                await self.refresh()
            except Unavailable as error:
                log.warning("versions wait for the database: %s", error)

    async def refresh(self) -> None:
        """Serve of each flow the version that was served last and is not withdrawn."""
        chosen = await served(self._store)
        for bot in self._router.bots:
            wanted = chosen.get(bot.name, bot.version)
            if wanted != bot.version and (found := await self._bot(bot.name, wanted)):
                log.info("%s: runs begin under version %s", bot.name, wanted)
                self._router.serve(found)

    async def know(self, stands: Iterable[Snapshot]) -> None:
        """Have the versions that these runs began under; without its source a run goes on under the one served."""
        for flow, version in {pair for each in stands for pair in _pairs(each)}:
            if not self._router.knows(flow, version) and (flow, version) not in self._gone:
                bot = await self._bot(flow, version)
                if bot:
                    self._router.keep(bot)

    async def _bot(self, flow: str, version: str) -> Bot | None:
        served = self._router.get(flow, version)
        if served and served.version == version:
            return served
        try:
            packed = await self._store.write(flows.source, flow, version)
            return archive.load(archive.unpack(packed), version)
        except NoVersion as error:
            why = str(error)
        except FlowError as error:
            why = f"{flow}: {error}"
        log.warning("%s; its runs go on under the version that is served", why)
        self._gone.add((flow, version))
        return None


async def served(store: Store) -> dict[str, str]:
    """By flow the version under which runs begin: the one that was served last and is not withdrawn."""
    chosen: dict[str, str] = {}
    for row in await store.read(flows.LIST):
        each = Version(*row)
        if not each.withdrawn_at:
            chosen.setdefault(each.flow, each.version)
    return chosen


def _pairs(stands: Snapshot) -> Iterator[tuple[str, str]]:
    if stands.flow:
        yield stands.flow, stands.version
    yield from ((each.flow, each.version) for each in stands.stack)
