"""P5: suspending under a third of the load that two nodes on one PostgreSQL can carry, and with one of them frozen.

A send counts as leaked when the provider saw it begin between the suspension's answer and its lift, and it was not told
as in flight. What the provider sees late because its own loop was busy is among those that were told.
"""

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import uvloop

from tests.bench.rows import Row
from tests.servers import create_database, postgres_server, redis_server
from tests.spine.nodes.street import Node, Street, founded, street

TIMES, FROZEN_TIMES = 60, 8
WRITERS, CUSTOMERS = 16, 400
CAPACITY_SECONDS, SHARE = 3.0, 0.3
GAP = 0.15
PERMIT = 0.5
"""Seconds; what the street's nodes have."""


class Load:
    """Customers who write: as fast as they are answered, or so many a second."""

    def __init__(self, nodes: Street) -> None:
        self._nodes, self._numbers = nodes, itertools.count()

    async def _one(self) -> None:
        number = next(self._numbers)
        node = (self._nodes.a, self._nodes.b)[number % 2]
        await node.says(number % CUSTOMERS, f"m{number}")

    async def capacity(self) -> float:
        """Sends a second when everybody writes as fast as they can."""
        ends = time.monotonic() + CAPACITY_SECONDS

        async def write() -> None:
            while time.monotonic() < ends:
                await self._one()

        began = time.monotonic()
        await asyncio.gather(*(write() for _ in range(WRITERS)))
        await self._nodes.quiet()
        return len(self._nodes.post.begun) / (time.monotonic() - began)

    async def steady(self, rate: float) -> None:
        """Write so many a second, for ever."""
        async with asyncio.TaskGroup() as group:
            begin = time.monotonic()
            for number in itertools.count(1):
                group.create_task(self._one())
                await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))


class Seen(NamedTuple):
    """One suspension: milliseconds the call took, and sends that began after it."""

    took_ms: float
    leaks: int


async def suspend_once(nodes: Street, node: Node) -> Seen:
    """Suspend the channel by one node, look, and lift."""
    began = time.perf_counter()
    made = await node.call("/suspensions", {"scope": {"channel": "wa"}, "reason": "a bench"})
    took, told = (time.perf_counter() - began) * 1000, time.monotonic()
    await asyncio.sleep(GAP)
    known = set(made["in_flight"])
    leaks = [each for each in nodes.post.after(told) if each.ours not in known]
    await node.lift(made["id"])
    return Seen(took, len(leaks))


async def _measure(folder: Path, database: str, redis: str) -> tuple[list[Seen], list[Seen], float]:
    async with street(folder / "nodes", founded(folder, database), redis) as nodes:
        await nodes.door.open()
        load = Load(nodes)
        rate = SHARE * await load.capacity()
        writing = asyncio.create_task(load.steady(rate))
        awake = [await suspend_once(nodes, (nodes.a, nodes.b)[n % 2]) for n in range(TIMES)]
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await nodes.quiet()
        frozen = [await _frozen(nodes, load) for _ in range(FROZEN_TIMES)]
        return awake, frozen, rate


async def _frozen(nodes: Street, load: Load) -> Seen:
    """Suspend while the other node is frozen in the middle of its work, and thaw it before it is lifted."""
    posts = [asyncio.create_task(nodes.a.says(n, f"f{next(load._numbers)}")) for n in range(CUSTOMERS // 4)]
    await asyncio.gather(*posts)
    nodes.b.freeze()
    began = time.perf_counter()
    made = await nodes.a.call("/suspensions", {"scope": {"channel": "wa"}, "reason": "a bench"})
    took, told = (time.perf_counter() - began) * 1000, time.monotonic()
    nodes.b.thaw()
    await asyncio.sleep(GAP)
    known = set(made["in_flight"])
    leaks = [each for each in nodes.post.after(told) if each.ours not in known]
    await nodes.a.lift(made["id"])
    await nodes.quiet()
    return Seen(took, len(leaks))


def rows() -> list[Row]:
    """Both rows; the limits are the goals themselves. Nodes, database and load share all cores, as they would."""
    pinned = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        return _rows()
    finally:
        os.sched_setaffinity(0, pinned)


def _rows() -> list[Row]:
    with (
        tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
        postgres_server(durable=True) as server,
        redis_server() as redis,
    ):
        (Path(folder) / "nodes").mkdir()
        awake, frozen, rate = uvloop.run(_measure(Path(folder), create_database(server), redis))
    times = sorted(each.took_ms for each in awake)
    p99 = statistics.quantiles(times, n=100, method="inclusive")[98]
    print(
        f"  suspended {len(awake)} times at {rate:.0f} messages/s: p50 {statistics.median(times):.1f} ms, p99"
        f" {p99:.1f} ms; {len(frozen)} times with a frozen node: at most {max(frozen).took_ms:.0f} ms",
        file=sys.stderr,
        flush=True,
    )
    return [
        _row("suspend at 30 % load, p99", p99, 100.0, awake),
        _row("suspend, one node frozen, worst", max(frozen).took_ms, PERMIT * 1000, frozen),
    ]


def _row(what: str, value: float, limit: float, seen: list[Seen]) -> Row:
    leaks = sum(each.leaks for each in seen)
    return Row(
        id="P5",
        what=what,
        value=round(value, 1),
        unit="ms",
        limit=limit,
        ratio=round(limit / value, 3),
        goal=1.0,
        valid=True,
        faults=(f"{leaks} sends began after the call had returned",) if leaks else (),
    )


if __name__ == "__main__":
    from tests.bench.rows import table

    print(table(rows()))
