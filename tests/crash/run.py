"""One run on one database: start, load, kill, look, again and again; then let it settle and compare the books."""

import asyncio
import math
import random
import time
from pathlib import Path

from tests.crash.audit import Verdict, audit, backwards, unknown
from tests.crash.books import Books, Finding, Kept
from tests.crash.database import Database, Postgres, Sqlite
from tests.crash.office import CARRIERS, Customers, Office
from tests.crash.provider import BadDay
from tests.load.gateway import Gateway
from tests.load.process import Server
from tests.load.provider import GraphCaller, Provider

PACE = "100000"
SLOTS = 16
SETTLE_SECONDS = 60
"""How long nothing may move before the books are closed."""
SOME = 15
"""Texts that are accepted before a kill under load."""


class Run:
    """A gateway with a bot that is killed `kills` times, and all who deal with it; `seed` decides when and what."""

    def __init__(self, folder: Path, url: str, bot: str, seed: int, kills: int) -> None:
        self._kills, self._rng = kills, random.Random(seed)
        self._gateway = Gateway(
            folder, url, bots=[bot], delivery_slots=SLOTS, lease_seconds=1.0, notices=True
        )
        self._database = _database(url)
        self._office = Office(self._rng)
        self._customers = Customers(self._office, self._rng, 20 + 2 * kills)
        self._provider = BadDay(self._office, self._rng)
        self._stub = Provider(lambda: GraphCaller(self._provider.take))
        self._seen: list[Kept] = []
        self._findings: list[Finding] = []

    async def play(self) -> Verdict:
        """Run to the end; raises NotReady where the gateway does not start."""
        await self._stub.start()
        await asyncio.to_thread(self._gateway.prepare, self._stub.port, pace=PACE)
        work = [
            self._customers.write(),
            self._provider.tell(),
            *(self._office.carry() for _ in range(CARRIERS)),
        ]
        tasks = [asyncio.create_task(each) for each in work]
        try:
            for _ in range(self._kills):
                await self._kill_once()
            return await self._settle()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._office.stop()
            self._stub.stop()

    async def _kill_once(self) -> None:
        """Mostly under load, now and then at rest or in the middle of starting."""
        server = self._gateway.start()
        try:
            kind = self._rng.random()
            if kind < 0.1:
                await asyncio.sleep(self._rng.uniform(0.1, 0.8))
            else:
                await self._open(server)
                if kind < 0.9:
                    self._customers.writing.set()
                    await self._loaded()
                await asyncio.sleep(self._rng.uniform(0.02, 0.4))
        finally:
            server.kill()
            self._customers.writing.clear()
            self._office.close()
        await self._look()

    async def _loaded(self) -> None:
        """Wait until some more is accepted, however slow the machine: so long the load has not begun."""
        for _ in range(SOME):
            self._office.taken.clear()
            await asyncio.wait_for(self._office.taken.wait(), SETTLE_SECONDS)

    async def _open(self, server: Server) -> None:
        port, _ = await asyncio.to_thread(server.wait_ready)
        self._office.open(port)

    async def _look(self) -> None:
        """Compare the database with the last look at it."""
        now = await self._database.kept()
        self._findings += backwards(self._seen, now)
        self._seen = now

    async def _settle(self) -> Verdict:
        """Start a last time, let everything be delivered, stop in order, and audit."""
        server = self._gateway.start()
        try:
            await self._open(server)
            await self._quiet()
            code = await asyncio.to_thread(server.stop)
        finally:
            if server.alive:
                server.kill()
        if code:
            self._findings.append(Finding("lost", f"the gateway ended with {code}: {server.tail()}"))
        await self._look()
        return await self._verdict()

    async def _quiet(self) -> None:
        """Wait until nothing is under way anywhere, twice in a row; or for good, as nothing has moved for so long.

        A customer's queue may be longer than the 45 that WhatsApp takes at once: the rest moves one in six seconds.
        """
        calm, least, moved = 0, math.inf, time.monotonic()
        while calm < 2 and time.monotonic() < moved + SETTLE_SECONDS:
            await asyncio.sleep(0.3)
            left = self._office.busy + self._provider.scheduled + sum((await self._database.left()).values())
            calm = 0 if left else calm + 1
            if left < least:
                least, moved = left, time.monotonic()

    async def _verdict(self) -> Verdict:
        books = Books(
            accepted=self._office.accepted,
            loose=self._customers.loose,
            taken=self._provider.taken,
            receipts=self._office.receipts,
            kept=self._seen,
            left=await self._database.left(),
            cut=self._kills * SLOTS + self._provider.cuts,
        )
        lost = self._customers.texts - sum(map(len, books.accepted.values()))
        if lost:
            self._findings.append(
                Finding("lost", f"{lost} texts were never acknowledged: {self._office.refused[-3:]}")
            )
        findings = (*self._findings, *audit(books))
        accepted = sum(map(len, books.accepted.values()))
        return Verdict(self._kills, accepted, unknown(books.kept), findings)


def _database(url: str) -> Database:
    return Sqlite(Path(url.removeprefix("sqlite:///"))) if url.startswith("sqlite") else Postgres(url)
