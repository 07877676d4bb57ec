"""Calls that a connector asks for are made in their order, each after the wait it asks for."""

import asyncio
from collections.abc import Generator

import pytest

from gateway.calls import LONGEST_WAIT, drive
from state.model.wire import Call, Reply


def polled() -> Generator[Call, Reply, int]:
    """Asks until it is ready."""
    yield Call("begin", "POST", "https://x.example")
    for wait in (1.5, 3600.0):
        yield Call("status", "GET", "https://x.example", after=wait)
    return (yield Call("end", "POST", "https://x.example")).status


async def test_a_call_waits_as_it_asks_for_and_no_longer_than_is_good() -> None:
    done: list[object] = []

    async def perform(call: Call) -> Reply:
        done.append(call.name)
        return Reply(201)

    async def sleep(seconds: float) -> None:
        done.append(seconds)

    assert await drive(polled(), perform, sleep) == 201
    assert done == ["begin", 1.5, "status", LONGEST_WAIT, "status", "end"]


async def test_who_is_stopped_while_waiting_makes_no_call() -> None:
    made: list[str] = []
    waiting = asyncio.Event()

    async def perform(call: Call) -> Reply:
        made.append(call.name)
        return Reply(200)

    async def sleep(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(drive(polled(), perform, sleep))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert made == ["begin"]
