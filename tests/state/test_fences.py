"""A suspension is a fence: no node can go on with a permit that does not know of it."""

import asyncio
from typing import Any

import asyncpg
import pytest

from state import fences, suspensions
from state.fences import Permit
from state.model.ids import now_ms
from state.model.suspension import Order, Scope, Suspension
from state.postgres import PostgresBackend
from state.store import Store
from state.suspensions import NotInForce
from state.writer import Ask, Op
from tests.state.acts import rows

ALL = Scope()


@pytest.fixture(params=["sqlite", "plain"])
def url(request: pytest.FixtureRequest) -> str:
    """Run the test on both engines; the fence's tables have no lane."""
    return str(request.getfixturevalue(request.param))


async def renew(store: Store, node: str = "n1", length: int = 10_000) -> Permit:
    return await store.write(fences.renew, node, now_ms(), length)


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
    await renew(store, "n1", 40)
    made = await suspend(store)
    ((node, left),) = await store.read(fences.BEHIND, made.epoch)
    assert node == "n1"
    assert 0 < left <= 40
    await asyncio.sleep(0.045)
    assert await behind(store, made.epoch) == []


async def test_a_node_that_has_left_is_not_waited_for(store: Store) -> None:
    await renew(store, "n1")
    await store.write(fences.leave, "n1")
    assert await behind(store, (await suspend(store)).epoch) == []


@pytest.mark.parametrize("first", ["suspend", "renew"])
async def test_a_permit_renewed_in_the_commit_of_a_suspension_knows_it_or_is_behind(
    store: Store, first: str
) -> None:
    await renew(store)
    if first == "suspend":
        made, permit = await asyncio.gather(suspend(store), renew(store))
    else:
        permit, made = await asyncio.gather(renew(store), suspend(store))
    assert made in permit.suspensions or await behind(store, made.epoch) == ["n1"]
    assert store.batch_mean == 1.5


async def play(node: PostgresBackend, op: Op[Any]) -> None:
    """Run an operation whose commit is yet to come."""
    answers: Any = None
    while (asks := next_of(op, answers)) is not None:
        answers = [(await node.run(ask, [row]) or [None])[0] for ask, row in asks]


def next_of(op: Op[Any], answers: Any) -> Ask | None:
    try:
        return op.send(answers)
    except StopIteration:
        return None


@pytest.mark.parametrize("change", ["suspend", "lift"])
async def test_a_change_waits_for_a_permit_that_is_being_renewed(plain: str, change: str) -> None:
    store, node = await Store(plain).open(), PostgresBackend(plain)
    made = await suspend(store)
    await node.open()
    await node.begin()
    await play(node, fences.renew("n2", now_ms(), 10_000))
    changing = asyncio.ensure_future(suspend(store) if change == "suspend" else lift(store, made))
    await asyncio.sleep(0.05)
    assert not changing.done()
    await node.commit()
    assert await behind(store, (await changing).epoch) == ["n2"]
    await node.close()
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
    await store.write(fences.renew, "n1", 5, 10_000)
    connection = await asyncpg.connect(plain)
    left = await connection.fetchval(
        "SELECT permit_until - EXTRACT(EPOCH FROM clock_timestamp()) * 1000 FROM node"
    )
    assert 9_000 < left <= 10_000
    await connection.close()
    await store.close()
