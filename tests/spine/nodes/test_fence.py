"""A node says that it has seen a suspension when it has: whoever asks before that waits for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway.fence import Fence
from gateway.wake import Wake
from state import suspensions
from state.model.suspension import Order, Scope, Target
from state.store import Store
from state.writer import Work
from tests.spine.nodes.street import Town


class Late(Store):
    """A store whose commits are on disk at once, and are told when `told` is set: a network that is slow to answer."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.told = asyncio.Event()
        self.told.set()

    def write(self, op: Callable[..., Work[Any]], *args: Any) -> "asyncio.Future[Any]":
        return asyncio.ensure_future(self._late(super().write(op, *args)))

    async def _late(self, future: "asyncio.Future[Any]") -> Any:
        done = await future
        await self.told.wait()
        return done


@pytest.fixture
async def late(town: Town) -> AsyncIterator[Late]:
    """Give a store that may be slow to tell."""
    store = Late(town.url)
    await store.open()
    yield store
    await store.close()


async def test_an_epoch_is_acknowledged_by_a_node_that_knows_what_it_suspends(late: Late, town: Town) -> None:
    other = await Store(town.url).open()
    a, b = Fence(late, Wake(), "a", 30), Fence(other, Wake(), "b", 30)
    await a.renew()
    made = await other.alone(
        suspensions.suspend, Order(scope=Scope(channel="wa"), reason="complaints"), "ann"
    )
    late.told.clear()
    renewing = asyncio.create_task(a.renew())
    await asyncio.wait_for(b.settled(made.epoch), 10)
    assert (a.lapsed(), a.closed(Target(channel="wa"))) == (False, made)
    late.told.set()
    await renewing
    await other.close()
