"""A node says it has seen a suspension when it has. Whoever asks before that waits for it, and for nothing else."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import msgspec
import pytest

from admin import suspensions as operations
from admin.operations import OPERATOR
from admin.suspensions import Means
from gateway import fence as fence_module
from gateway.fence import Fence, Gate
from gateway.wake import Wake
from state import fences, suspensions, teams
from state.model.suspension import Order, Scope, Target
from state.model.team import Team
from state.statements import Query, Row
from state.store import Store
from state.writer import Unavailable, Work
from tests.spine.nodes.street import Town

SHOP = Team(id="shop", name="The shop", parent="default", country="AT", created_at=5)
TARGET, ORDER = Target(channel="wa"), Order(scope=Scope(channel="wa"), reason="complaints")


class Late(Store):
    """A store whose commits are on disk at once, and are told when `told` is set: a network that is slow to answer."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.told = asyncio.Event()
        self.told.set()

    def aside(self, op: Callable[..., Work[Any]], *args: Any) -> "asyncio.Future[Any]":
        return asyncio.ensure_future(self._late(super().aside(op, *args)))

    async def _late(self, future: "asyncio.Future[Any]") -> Any:
        done = await future
        await self.told.wait()
        return done


class Deaf(Wake):
    """A wake-up that others carry, and that none of them reaches."""

    @property
    def carries(self) -> bool:
        return True


class Counting(Store):
    """A store that counts what is read."""

    reads = 0

    async def read(self, query: Query, *row: Any) -> list[Row]:
        self.reads += 1
        return await super().read(query, *row)


@pytest.fixture
async def late(town: Town) -> AsyncIterator[Late]:
    """Give a store that may be slow to tell."""
    store = Late(town.url)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def other(town: Town) -> AsyncIterator[Counting]:
    """Give the store of another node."""
    store = Counting(town.url)
    await store.open()
    yield store
    await store.close()


@contextlib.asynccontextmanager
async def running(*fences: Fence) -> AsyncIterator[None]:
    """Let fences run that have a permit."""
    for each in fences:
        await each.renew()
    tasks = [asyncio.create_task(loop()) for each in fences for loop in (each.run, each.free)]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def cut_off(town: Town) -> int:
    """End the connections that have written something, as a failing network does; gives how many."""
    connection = await asyncpg.connect(town.url)
    ended = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query = 'COMMIT'"
    )
    await connection.close()
    return len(ended)


async def test_an_epoch_is_acknowledged_by_a_node_that_knows_what_it_suspends(
    late: Late, other: Store
) -> None:
    a, b = Fence(late, Wake(), "a", 30), Fence(other, Wake(), "b", 30)
    await a.renew()
    made = await other.aside(suspensions.suspend, ORDER, "ann")
    late.told.clear()
    looking = asyncio.create_task(a.look())
    await asyncio.wait_for(b.settled(made.epoch), 10)
    assert (a.lapsed(), a.closed(TARGET)) == (False, made)
    late.told.set()
    await looking


async def test_a_node_whose_permit_is_extended_may_not_send_before_it_has_looked(
    late: Late, other: Store
) -> None:
    a, b = Fence(late, Wake(), "a", 0.5), Fence(other, Wake(), "b", 30)
    late.told.clear()
    renewing = asyncio.create_task(a.renew())
    while not await other.read(fences.BEHIND, 1):
        pass
    made = await other.aside(suspensions.suspend, ORDER, "ann")
    await asyncio.wait_for(b.settled(made.epoch), 10)
    assert (a.lapsed(), a.suspensions) == (True, ())
    late.told.set()
    await renewing
    assert (a.lapsed(), a.closed(TARGET)) == (True, made)  # the deadline counts from before the question
    await a.renew()
    assert a.lapsed() is False


async def test_a_permit_runs_out_while_the_machine_sleeps(
    other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence, read = Fence(other, Wake(), "a", 30), time.clock_gettime
    await fence.renew()
    assert not fence.lapsed()
    monkeypatch.setattr(
        time, "clock_gettime", lambda clock: read(clock) + 30 * (clock == time.CLOCK_BOOTTIME)
    )
    assert fence.lapsed()


@pytest.mark.parametrize(
    ("wake", "permit"), [(Deaf(), 1.5), (Wake(), 30)], ids=["what is told is lost", "nobody can tell"]
)
async def test_a_node_that_is_told_of_nothing_looks_before_its_permit_ends(
    late: Late, other: Store, wake: Wake, permit: float
) -> None:
    a = Fence(late, wake, "a", permit)
    async with running(a):
        means = Means(other, Gate(other, Wake()))
        made = await asyncio.wait_for(operations.suspend(means, OPERATOR, ORDER), 10)
        assert (a.lapsed(), a.closed(TARGET)) == (False, made)


async def test_the_commit_of_a_suspension_tells_nodes_without_redis(
    late: Late, other: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    wake = Wake()
    late.hear(wake.heard)
    monkeypatch.setattr(fence_module, "WATCH", 60.0)
    a, means = Fence(late, wake, "a", 60), Means(other, Gate(other, Wake()))
    async with asyncio.timeout(10), running(a):
        made = await operations.suspend(means, OPERATOR, ORDER)
        assert a.closed(TARGET) == made
        assert await cut_off(town) >= 1
        for each in (late, other, late):  # it may be noticed only by what is written next
            with contextlib.suppress(Unavailable):
                await each.aside(fences.leave, "nobody")
        again = await operations.suspend(means, OPERATOR, msgspec.structs.replace(ORDER, scope=Scope()))
        assert again in a.suspensions


async def test_a_suspension_waits_for_no_group_commit(late: Late, other: Store, town: Town) -> None:
    a, b = Fence(late, Wake(), "a", 30), Fence(other, Wake(), "b", 30)
    blocking = await asyncpg.connect(town.url)
    async with running(a, b), blocking.transaction():
        await blocking.execute("LOCK TABLE team IN SHARE MODE")
        slow = [each.write(teams.ensure, SHOP) for each in (late, other)]
        made = await asyncio.wait_for(operations.suspend(Means(other, b), OPERATOR, ORDER), 10)
        assert [each.closed(TARGET) for each in (a, b)] == [made, made]
        assert [each.done() for each in slow] == [False, False]
    await asyncio.gather(*slow)
    await blocking.close()


async def test_what_a_lift_frees_holds_up_no_suspension(
    late: Late, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeing, a = asyncio.Event(), Fence(late, Wake(), "a", 30)

    async def hang(_: Store) -> None:
        freeing.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(fence_module, "decide_again", hang)
    means = Means(other, Gate(other, Wake()))
    async with asyncio.timeout(10), running(a):
        made = await operations.suspend(means, OPERATOR, ORDER)
        await operations.lift(means, OPERATOR, made.id, "over")
        await freeing.wait()
        again = await operations.suspend(means, OPERATOR, ORDER)
        assert a.closed(TARGET) == again


async def test_what_all_nodes_have_seen_is_not_asked_for_again(late: Late, other: Counting) -> None:
    a, gate = Fence(late, Wake(), "a", 30), Gate(other, Wake())
    made = await other.aside(suspensions.suspend, ORDER, "ann")
    await a.renew()
    await gate.settled(made.epoch)
    asked = other.reads
    await gate.settled(made.epoch)
    assert (asked, other.reads) == (1, 1)
