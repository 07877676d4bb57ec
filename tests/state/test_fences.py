"""A suspension is a fence: no node can go on with a permit that does not know of it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import asyncpg
import pytest

from state import fences, suspensions
from state.fences import Permit
from state.model.ids import now_ms
from state.model.suspension import Order, Scope, Suspension
from state.postgres import PostgresWriter
from state.store import Store
from state.suspensions import NotInForce
from state.writer import Op, Unavailable, Work, part
from tests.state.acts import rows

ALL = Scope()


@pytest.fixture(params=["sqlite", "plain"])
def url(request: pytest.FixtureRequest) -> str:
    """Run the test on both engines; the fence's tables have no lane."""
    return str(request.getfixturevalue(request.param))


async def renew(store: Store, node: str = "n1", length: int = 10_000) -> Permit:
    await store.aside(fences.extend, node, now_ms(), length)
    return await store.aside(fences.look, node, -1)


async def look(store: Store) -> Permit:
    return await store.write(fences.look, "n1", 0)


async def suspend(store: Store, scope: Scope = ALL) -> Suspension:
    return await store.write(suspensions.suspend, Order(scope=scope, reason="a test"), "ann")


async def lift(store: Store, suspension: Suspension) -> Suspension:
    return await store.write(suspensions.lift, suspension.id, "bob", "over")


async def behind(store: Store, epoch: int) -> list[str]:
    return [row[0] for row in await store.read(fences.BEHIND, epoch)]


async def test_suspending_and_lifting_each_raise_the_epoch(store: Store) -> None:
    assert (await renew(store)) == Permit(0, ())
    made = await suspend(store, Scope(channel="wa"))
    assert (await renew(store)) == Permit(1, (made,))
    lifted = await lift(store, made)
    assert (made.epoch, lifted.epoch) == (1, 2)
    assert (await renew(store)) == Permit(2, ())


async def test_a_suspension_is_lifted_once(store: Store) -> None:
    made = await suspend(store)
    await lift(store, made)
    for gone in (made, made.__class__(id="0" * 32, epoch=1, scope=ALL, ground="", reason="", actor="", at=1)):
        with pytest.raises(NotInForce):
            await lift(store, gone)
    assert await rows(store, "fence.epoch") == [(2,)]


async def test_a_node_is_behind_until_it_has_seen_the_epoch(store: Store) -> None:
    await renew(store, "n1")
    await renew(store, "n2")
    made = await suspend(store)
    assert sorted(await behind(store, made.epoch)) == ["n1", "n2"]
    await renew(store, "n1")
    assert await behind(store, made.epoch) == ["n2"]


async def test_a_frozen_node_is_waited_for_until_its_permit_lapses(store: Store) -> None:
    await renew(store, "n1", 60_000)
    made = await suspend(store)
    ((node, left),) = await store.read(fences.BEHIND, made.epoch)
    assert node == "n1"
    assert 0 < left <= 60_000
    await store.aside(fences.extend, "n1", now_ms(), 0)
    assert await behind(store, made.epoch) == []


async def test_a_node_that_has_left_is_not_waited_for(store: Store) -> None:
    await renew(store, "n1")
    await store.write(fences.leave, "n1")
    assert await behind(store, (await suspend(store)).epoch) == []


@pytest.mark.parametrize("first", ["suspend", "look"])
async def test_who_looks_in_the_commit_of_a_suspension_knows_it_or_is_behind(
    store: Store, first: str
) -> None:
    await renew(store)
    before = store._writer.batches
    if first == "suspend":
        made, permit = await asyncio.gather(suspend(store), look(store))
    else:
        permit, made = await asyncio.gather(look(store), suspend(store))
    assert made in permit.suspensions or await behind(store, made.epoch) == ["n1"]
    assert store._writer.batches == before + 1


async def steps(writer: PostgresWriter, work: Work[Any], answer: list[Any]) -> AsyncIterator[None]:
    """Run an operation, with a rest after each of its steps, the last of which is the commit."""
    op: Op[Any] = part(work)
    answers: Any = None  # what a generator is first sent
    await writer.begin()
    try:
        while True:
            asks = op.send(answers)
            answers = [(await writer.run(ask, [row]) or [None])[0] for ask, row in asks]
            yield
    except StopIteration as end:
        answer.append(end.value)
    await writer.commit()
    yield


async def renewing(writer: PostgresWriter, name: str, permits: list[Permit]) -> AsyncIterator[None]:
    """A node renews its permit."""
    for work in (fences.extend(name, now_ms(), 10_000), fences.look(name, -1, permits.append)):
        async for _ in steps(writer, work, []):
            yield


class Asked(NamedTuple):
    """What whoever suspended found: the suspension, whether the node is waited for, and what the node knew then."""

    made: Suspension
    waits: bool
    known: list[Permit]


async def suspending(
    writer: PostgresWriter, store: Store, name: str, permits: list[Permit], asked: list[Asked]
) -> AsyncIterator[None]:
    """Somebody suspends all and asks who is behind."""
    made: list[Suspension] = []
    async for _ in steps(writer, suspensions.suspend(Order(scope=ALL, reason="a test"), "ann"), made):
        yield
    asked.append(Asked(made[0], name in await behind(store, made[0].epoch), permits[:]))
    yield


async def in_order(one: AsyncIterator[None], other: AsyncIterator[None], firsts: Sequence[bool]) -> None:
    """Go on with one of two where it is said so, and with the other elsewhere."""
    for first in firsts:
        await anext(one if first else other)


NODES, OTHERS = 6, 5
ORDERS = [
    [place in places for place in range(NODES + OTHERS)]
    for places in itertools.combinations(range(NODES + OTHERS), NODES)
]
"""All orders in which the steps of a renewal and those of a suspension can follow one another."""


@pytest.fixture
async def writers(plain: str) -> AsyncIterator[tuple[PostgresWriter, PostgresWriter]]:
    """Give two connections that write."""
    made = PostgresWriter(plain), PostgresWriter(plain)
    yield made
    for each in made:
        await each.close()


@pytest.mark.parametrize("is_live", [False, True], ids=["lapsed", "live"])
async def test_in_no_order_of_steps_a_node_goes_on_that_nobody_waits_for(
    plain: str, writers: tuple[PostgresWriter, PostgresWriter], is_live: bool
) -> None:
    store, seen = await Store(plain).open(), set()
    for number, order in enumerate(ORDERS):
        name, permits, asked = f"n{number}", list[Permit](), list[Asked]()
        if is_live:
            await store.aside(fences.extend, name, 1, 10_000)
        node = renewing(writers[0], name, permits)
        await in_order(node, suspending(writers[1], store, name, permits, asked), order)
        made, waits, known = asked[0]
        view = known if is_live else permits  # with a permit of before it goes on with what it knows
        assert waits or (view and made in view[-1].suspensions), order
        seen.add(waits)
    assert seen == {True, False}
    await store.close()


async def test_a_node_that_froze_in_its_renewal_holds_up_no_change(
    plain: str, writers: tuple[PostgresWriter, PostgresWriter]
) -> None:
    store, permits = await Store(plain).open(), list[Permit]()
    await renew(store, "n2", 1)
    renewing_node = renewing(writers[0], "n2", permits)
    for _ in range(NODES - 1):
        await anext(renewing_node)
        made = await asyncio.wait_for(suspend(store), 1)
        await asyncio.wait_for(lift(store, made), 1)
    assert len(permits) == 1
    await store.close()


async def test_who_froze_in_making_a_suspension_holds_nobody_up_for_long(
    plain: str, writers: tuple[PostgresWriter, PostgresWriter]
) -> None:
    store, asked = await Store(plain).open(), list[Asked]()
    froze = suspending(writers[0], store, "n1", [], asked)
    await anext(froze)  # the fence's row is locked
    waiting = asyncio.ensure_future(suspend(store))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.1)
    made = await asyncio.wait_for(waiting, 10)
    with pytest.raises(Unavailable):
        await anext(froze)
    assert (await look(store)).suspensions == (made,)
    await store.close()


async def test_two_nodes_that_suspend_at_once_get_epochs_of_their_own(stores: tuple[Store, Store]) -> None:
    made = await asyncio.gather(suspend(stores[0]), suspend(stores[1]))
    assert sorted(each.epoch for each in made) == [1, 2]
    permit = await renew(stores[0])
    assert (permit.epoch, len(permit.suspensions)) == (2, 2)


async def test_changes_of_one_commit_are_each_seen(store: Store) -> None:
    made = await asyncio.gather(suspend(store), suspend(store))
    permit = await renew(store)
    assert set(permit.suspensions) == set(made)
    assert permit.epoch >= max(each.epoch for each in made)


async def test_every_change_is_in_the_audit(store: Store) -> None:
    made = await suspend(store)
    await lift(store, made)
    told = await rows(store, "audit.actor audit.action audit.subject audit.reason")
    assert told == [("ann", "suspend", made.id, "a test"), ("bob", "lift", made.id, "over")]


async def test_a_permit_s_time_is_the_database_s(plain: str) -> None:
    store = await Store(plain).open()
    await store.write(fences.extend, "n1", 5, 10_000)
    connection = await asyncpg.connect(plain)
    left = await connection.fetchval(
        "SELECT permit_until - EXTRACT(EPOCH FROM clock_timestamp()) * 1000 FROM node"
    )
    assert 9_000 < left <= 10_000
    await connection.close()
    await store.close()
