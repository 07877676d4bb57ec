"""Counts of traffic add up over nodes and writes, on both databases, and leave when they are old."""

import pytest

from state import fences, traffic
from state.model.event import Notice
from state.model.ids import now_ms
from state.store import Store
from state.traffic import DAY, HOUR, WEEK, Counted
from tests.state.acts import rows

HERE = traffic.hour_of(now_ms())


@pytest.fixture(params=["sqlite", "plain"])
def url(request: pytest.FixtureRequest) -> str:
    """Run the test on both engines; the table of counts has no lane."""
    return str(request.getfixturevalue(request.param))


async def add(store: Store, node: str, hour: int, **counts: int) -> None:
    await store.write(traffic.add, node, hour, [Counted("wa", kind, n) for kind, n in counts.items()])


async def test_counts_add_up_over_nodes_and_writes(store: Store) -> None:
    await add(store, "n1", HERE, unasked=3, inbound=1)
    await add(store, "n1", HERE, unasked=4)
    await add(store, "n2", HERE, unasked=5)
    await add(store, "n2", HERE - HOUR, unasked=6)
    found = await store.read(traffic.SPAN, "wa", HERE - HOUR, HERE + HOUR)
    assert sorted(found) == [(HERE - HOUR, "unasked", 6), (HERE, "inbound", 1), (HERE, "unasked", 12)]
    assert await store.read(traffic.SPAN, "wa", HERE - HOUR, HERE) == [(HERE - HOUR, "unasked", 6)]
    assert await store.read(traffic.LATEST, HERE) == [("wa", HERE, "inbound", 1), ("wa", HERE, "unasked", 12)]


async def test_two_nodes_that_write_at_once_lose_nothing(store: Store) -> None:
    writes = [
        store.write(traffic.add, f"n{n % 3}", HERE, [Counted("wa", kind, 1) for kind in kinds])
        for n in range(60)
        for kinds in (["a", "b"], ["b", "a"])
    ]
    for each in writes:
        await each
    found = await store.read(traffic.SPAN, "wa", HERE, HERE + HOUR)
    assert sorted(found) == [(HERE, "a", 120), (HERE, "b", 120)]


async def test_days_are_told_back_from_the_present_hour(store: Store) -> None:
    for back, n in ((0, 1), (23 * HOUR, 2), (DAY, 4), (2 * DAY - HOUR, 8), (WEEK, 16)):
        await add(store, "n1", HERE - back, unasked=n, inbound=100)
    found = await store.read(traffic.DAYS, "wa", HERE - 9 * DAY, HERE + HOUR, "unasked")
    assert sorted(found) == [(0, 3), (1, 12), (7, 16)]
    assert await store.read(traffic.FIRST, "wa") == [(HERE - WEEK,)]
    assert await store.read(traffic.FIRST, "wb") == [(None,)]
    assert await store.read(traffic.CHANNELS, HERE) == [("wa",)]
    assert await store.read(traffic.CHANNELS, HERE + HOUR) == []


async def test_old_counts_leave(store: Store) -> None:
    await add(store, "n1", HERE - WEEK, unasked=1)
    await add(store, "n1", HERE, unasked=2)
    await store.write(traffic.forget, HERE)
    assert await rows(store, "traffic.hour traffic.count") == [(HERE, 2)]


async def test_what_is_found_again_in_the_same_hour_is_one_signal(store: Store) -> None:
    sign = Notice(key=f"detector:x:{HERE}", at=1, name="detector", code="detector/x", action="FRAUD")
    assert await store.write(traffic.note, "wa", sign)
    assert not await store.write(traffic.note, "wa", sign)
    assert await store.write(traffic.note, "wb", sign)
    assert await rows(store, "signal.channel signal.action") == [("wa", "FRAUD"), ("wb", "FRAUD")]


async def test_the_live_node_that_has_run_longest_is_the_eldest(store: Store) -> None:
    assert await store.read(traffic.ELDEST) == []
    for node, started, length in (("gone", 1, -1), ("old", 5, 10_000), ("young", 9, 10_000)):
        await store.write(fences.extend, node, started, length)
    assert await store.read(traffic.ELDEST) == [("old",)]
