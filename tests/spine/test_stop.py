"""A gateway stops when it is told to, whatever wakes its loops in the same moment."""

import asyncio
from pathlib import Path

import pytest

from gateway.wake import Signal
from tests.gateway.api.house import on_sqlite
from tests.spine.house import House, running, text

MOMENTS = range(6)
"""Turns of the event loop between what wakes and what stops."""


@pytest.mark.parametrize("moments", MOMENTS)
async def test_a_loop_that_is_woken_and_stopped_at_once_stops(moments: int) -> None:
    signal = Signal()

    async def loop() -> None:
        while True:
            await signal.wait(60)

    task = asyncio.create_task(loop())
    await asyncio.sleep(0.01)
    signal.set()
    for _ in range(moments):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=1)
    task.cancel()
    assert done


@pytest.mark.parametrize("moments", MOMENTS)
async def test_a_gateway_that_is_woken_and_stopped_at_once_stops(tmp_path: Path, moments: int) -> None:
    async with running(tmp_path, on_sqlite(tmp_path)) as house:
        await house.hear(text(1, "hi"))
        await house.quiet()
        for topic in ("turns", "timers", "outbox", "fence"):
            house.gateway.wake.tell(topic, ("*",))
        for _ in range(moments):
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await house.restart()


async def test_what_came_in_before_the_stop_is_answered_once_after_it(house: House) -> None:
    await house.hear(text(1, "a"), text(1, "b"), text(2, "c"))
    await house.restart()
    await house.hear(text(1, "a"), text(1, "d"))
    async with asyncio.timeout(5):  # a lease that nobody handed back holds for thirty seconds
        await house.quiet()
    assert sorted(house.graph.texts) == ["1: a", "1: c", "2: b", "3: d"]
