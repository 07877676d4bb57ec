"""Suspensions through their life, on both engines."""

import asyncio
from typing import Any

import msgspec
import pytest

from state import fences, inbox, suspensions
from state.inbox import Arrived, Envelope
from state.model.event import Notice
from state.model.ids import new_id, now_ms
from state.model.suspension import Order, Scope, Suspension
from state.signals import NoEvidence
from state.store import Store
from state.suspensions import NotInForce, SameActor
from tests.state.acts import rows

WA = Scope(channel="wa")


@pytest.fixture(params=["sqlite", "plain"])
def url(request: pytest.FixtureRequest) -> str:
    """Run the test on both engines; suspensions have no lane."""
    return str(request.getfixturevalue(request.param))


def order(**more: Any) -> Order:
    asked: dict[str, Any] = {"scope": WA, "reason": "complaints"}
    return Order(**(asked | more))


async def suspend(store: Store, **more: Any) -> Suspension:
    return await store.alone(suspensions.suspend, order(**more), "ann")


async def stage(store: Store, made: Suspension) -> str:
    return suspensions.read((await store.read(suspensions.ONE, made.id))[0]).stage


async def in_force(store: Store) -> list[str]:
    return [msgspec.json.decode(row[0])["id"] for row in await store.read(fences.ACTIVE)]


async def test_what_is_announced_binds_nobody_until_it_is_put_in_force(store: Store) -> None:
    made = await suspend(store, lead=900)
    assert (made.stage, made.due_at - made.noticed_at, await in_force(store)) == ("noticed", 900_000, [])
    await store.alone(suspensions.enforce, made.id, "clock")
    assert (await stage(store, made), await in_force(store)) == ("suspended", [made.id])


async def test_two_nodes_put_it_in_force_once(stores: tuple[Store, Store]) -> None:
    made = await suspend(stores[0], lead=1)
    done = await asyncio.gather(
        *(each.alone(suspensions.enforce, made.id, "clock") for each in stores), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["NotInForce", "Suspension"]


async def test_a_notice_is_withdrawn_and_never_comes_into_force(store: Store) -> None:
    made = await suspend(store, lead=900)
    gone = await store.alone(suspensions.withdraw, made.id, "bob", "a false alarm")
    assert (gone.stage, gone.lifted_by, gone.lifted_for) == ("clear", "bob", "a false alarm")
    with pytest.raises(NotInForce):
        await store.alone(suspensions.enforce, made.id, "clock")
    assert await in_force(store) == []


@pytest.mark.parametrize(
    ("held", "after", "closed"), [("resume", "clear", 0), ("discard", "lifting", 1), ("expire", "lifting", 1)]
)
async def test_a_lift_opens_the_fence_only_where_what_is_held_may_go(
    store: Store, held: str, after: str, closed: int
) -> None:
    made = await suspend(store)
    lifted = await store.alone(suspensions.lift, made.id, "bob", "over", held)
    assert (lifted.stage, lifted.held, len(await in_force(store))) == (after, held, closed)
    assert lifted.epoch > made.epoch


async def test_what_is_lifting_is_cleared_once(store: Store) -> None:
    made = await suspend(store)
    await store.alone(suspensions.lift, made.id, "bob", "over", "discard")
    cleared = await store.alone(suspensions.clear, made.id, "clock", 7)
    assert (cleared.stage, cleared.settled, await in_force(store)) == ("clear", 7, [])
    with pytest.raises(NotInForce, match="not in force any more"):
        await store.alone(suspensions.clear, made.id, "clock", 7)


async def test_a_lift_that_needs_two_is_confirmed_by_another(store: Store) -> None:
    made = await suspend(store, two=True)
    with pytest.raises(NotInForce, match="nobody has asked"):
        await store.alone(suspensions.confirm, made.id, "bob", "yes")
    asked = await store.alone(suspensions.lift, made.id, "bob", "over", "discard")
    assert (asked.stage, asked.asked and asked.asked.actor) == ("suspended", "bob")
    with pytest.raises(SameActor):
        await store.alone(suspensions.confirm, made.id, "bob", "yes")
    assert await in_force(store) == [made.id]
    confirmed = await store.alone(suspensions.confirm, made.id, "cleo", "yes")
    assert (confirmed.stage, confirmed.held, confirmed.lifted_by) == ("lifting", "discard", "cleo")


async def sign(store: Store, key: str = "k1") -> str:
    notice = Notice(key=key, at=1, code="368", action="SUSPEND")
    await store.write(inbox.accept, Envelope("wa", "{}", b"{}"), [Arrived(notice, "wa", "default")], {})
    return str((await rows(store, "signal.id"))[-1][0])


async def test_evidence_must_exist(store: Store) -> None:
    known = (await sign(store)).replace("-", "")
    assert (await suspend(store, evidence=(known,))).evidence == (known,)
    for unknown in (new_id(3), "no id"):
        with pytest.raises(NoEvidence):
            await suspend(store, evidence=(unknown,))


async def test_a_key_makes_one_suspension_whose_evidence_grows(store: Store) -> None:
    ids = [(await sign(store, f"k{n}")).replace("-", "") for n in range(3)]
    first = await suspend(store, key="signals:wa", evidence=(ids[0],))
    narrow = Scope(channel="wa", template="t")
    again = await suspend(store, key="signals:wa", evidence=(ids[0], ids[1]), scope=narrow)
    assert (again.id, set(again.evidence), again.count) == (first.id, {ids[0], ids[1]}, 2)
    assert again.epoch == first.epoch
    wider = await suspend(store, key="signals:wa", evidence=(ids[2],), scope=Scope())
    assert wider.id != first.id


async def test_two_nodes_with_one_key_make_one_suspension(stores: tuple[Store, Store]) -> None:
    made = await asyncio.gather(*(suspend(each, key="signals:wa") for each in stores))
    assert made[0].id == made[1].id
    assert len(await rows(stores[0], "suspension.id")) == 1


async def test_after_a_lift_a_key_makes_another_suspension(store: Store) -> None:
    first = await suspend(store, key="signals:wa")
    await store.alone(suspensions.lift, first.id, "bob", "over")
    assert (await suspend(store, key="signals:wa")).id != first.id


async def test_a_proposal_is_noted_once_and_lifts_nothing(store: Store) -> None:
    made = await suspend(store)
    first = await store.alone(suspensions.propose, made.id, "its time is over")
    again = await store.alone(suspensions.propose, made.id, "its time is over")
    assert (again.proposed_at, again.proposal) == (first.proposed_at, "its time is over")
    assert await in_force(store) == [made.id]
    assert [row[0] for row in await rows(store, "audit.action")].count("propose_lift") == 1


@pytest.mark.parametrize(
    ("more", "by_human"),
    [
        ({}, False),
        ({"until": now_ms() + 9}, False),
        ({"ground": "channel_requires"}, True),
        ({"key": "signals:wa"}, True),
        ({"two": True}, True),
        ({"condition": "once the template is approved"}, True),
    ],
)
async def test_what_ends_only_by_a_human(store: Store, more: dict[str, Any], by_human: bool) -> None:
    assert (await suspend(store, **more)).by_human is by_human


async def test_the_audit_keeps_what_was_before_and_after_each_step(store: Store) -> None:
    made = await suspend(store, lead=9)
    await store.alone(suspensions.enforce, made.id, "clock")
    await store.alone(suspensions.lift, made.id, "bob", "over")
    bodies = [msgspec.json.decode(row[0]) for row in await rows(store, "audit.body")]
    usual = {"stage": "suspended"}  # a default is left out
    stages = [
        [(usual | each[name])["stage"] for name in ("before", "suspension") if name in each]
        for each in bodies
    ]
    assert sorted(stages) == [["noticed"], ["noticed", "suspended"], ["suspended", "clear"]]
