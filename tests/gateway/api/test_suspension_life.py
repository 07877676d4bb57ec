"""A suspension through its life on a running gateway: announced, in force, lifted by choice, by its time, by two."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from admin import suspensions as operations
from admin.operations import OPERATOR
from admin.suspensions import Means, Observer, Vetoed
from gateway import suspensions as loop
from gateway.fence import Gate
from gateway.suspensions import Suspensions
from gateway.wake import Wake
from state import shelf, tables
from state.model.suspension import Order, Scope
from state.shelf import Shelf
from state.statements import Query
from state.store import Store
from tests.gateway.api.house import House, on_sqlite, running

APP = {"channel": "app"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_POLL", 0.02)
    monkeypatch.setattr(loop, "_LOOK", 0.02)


async def suspend(house: House, **more: Any) -> Any:
    told = await house.call("POST", "/suspensions", {"scope": APP, "reason": "complaints"} | more)
    assert told.status == 201, told
    return told.body


async def stage(house: House, made: Any, wanted: str) -> Any:
    return await house.until(f"/suspensions/{made['id']}", lambda body: body["stage"] == wanted)


async def held(house: House, made: Any) -> list[Any]:
    return list((await house.call("GET", f"/suspensions/{made['id']}/held")).body["items"])


async def lift(house: House, made: Any, what: str = "resume", key: str = "admin", how: str = "lift") -> Any:
    asked = {"reason": "over"} | ({"held": what} if how == "lift" else {})
    return await house.call("POST", f"/suspensions/{made['id']}/{how}", asked, key=key)


def soon(seconds: float = 0.3) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def test_a_suspected_fraud_is_told_before_it_is_held(tmp_path: Path) -> None:
    async with running(tmp_path, on_sqlite(tmp_path), notice_seconds=1) as house:
        made = await suspend(house, ground="suspected_fraud", notice="one-time codes to a range of numbers")
        assert (made["stage"], made["noticed"] < made["due"]) == ("noticed", True)
        sent = await house.send()
        await house.until(f"/messages/{sent['id']}", lambda body: body["facts"]["sent"])
        await stage(house, made, "suspended")
        kept = await house.send()
        found = await house.until(f"/messages/{kept['id']}", lambda body: body["decisions"])
        assert found["decisions"][0]["code"] == "suspended"


async def test_a_notice_that_is_too_short_is_refused_and_says_how_long_it_has_to_be(house: House) -> None:
    asked = {"scope": APP, "reason": "x", "ground": "suspected_fraud", "lead": 5}
    told = await house.call("POST", "/suspensions", asked)
    assert (told.status, told.body["field"]) == (422, "lead")
    assert told.body["detail"] == "lead: a suspected fraud is announced at least 900 s before it is held"


async def test_a_notice_that_is_withdrawn_holds_nothing(anywhere: House) -> None:
    made = await suspend(anywhere, lead=900)
    assert (await lift(anywhere, made, how="withdraw")).body["stage"] == "clear"
    sent = await anywhere.send()
    await anywhere.until(f"/messages/{sent['id']}", lambda body: body["facts"]["sent"])
    assert (await lift(anywhere, made)).status == 409


async def test_what_has_an_end_ends_and_what_it_held_goes_on(anywhere: House) -> None:
    made = await suspend(anywhere, until=soon())
    kept = await anywhere.send()
    ended = await stage(anywhere, made, "clear")
    assert (ended["lifted_by"], ended["held"]) == ("clock", "resume")
    await anywhere.until(f"/messages/{kept['id']}", lambda body: body["facts"]["sent"])


async def test_what_the_channel_asked_for_is_proposed_at_its_end_and_goes_on(anywhere: House) -> None:
    made = await suspend(anywhere, until=soon(), ground="channel_requires")
    found = await anywhere.until(f"/suspensions/{made['id']}", lambda body: body["proposal"])
    assert (found["stage"], found["proposal"]) == ("suspended", "the time that was set for it is over")


@pytest.mark.parametrize(("what", "outcome"), [("discard", "canceled"), ("expire", "expired")])
async def test_a_lift_ends_all_that_was_queued_by_then_and_nothing_else(
    anywhere: House, what: str, outcome: str
) -> None:
    made = await suspend(anywhere)
    queued = [await anywhere.send(str(n)) for n in range(5)]
    queued.append(await anywhere.send("much later", at=soon(9_000)))
    await anywhere.until(f"/messages/{queued[0]['id']}", lambda body: body["decisions"])
    assert [each["id"] for each in await held(anywhere, made)] == [each["id"] for each in queued]
    assert (await lift(anywhere, made, what)).body["stage"] == "lifting"
    cleared = await stage(anywhere, made, "clear")
    assert (cleared["held"], cleared["settled"]) == (what, 6)
    for each in queued:
        found = (await anywhere.call("GET", f"/messages/{each['id']}")).body
        assert (found["outcome"], found["facts"]["sent"], found["queue"]) == (outcome, None, None)
    after = await anywhere.send("after")
    await anywhere.until(f"/messages/{after['id']}", lambda body: body["facts"]["sent"])


async def test_what_was_being_lifted_when_the_gateway_died_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = on_sqlite(tmp_path)

    async def nothing(self: Suspensions) -> float:
        return 0.05

    with monkeypatch.context() as before:
        before.setattr(Suspensions, "round", nothing)
        async with running(tmp_path, url) as house:
            made = await suspend(house)
            queued = await house.send()
            assert (await lift(house, made, "discard")).body["stage"] == "lifting"
            await asyncio.sleep(0.1)
            assert (await held(house, made))[0]["id"] == queued["id"]
    async with running(tmp_path, url, connects=()) as house:
        await stage(house, made, "clear")
        assert (await house.call("GET", f"/messages/{queued['id']}")).body["outcome"] == "canceled"


async def test_held_messages_are_ended_one_by_one_and_all_at_once(anywhere: House) -> None:
    made = await suspend(anywhere)
    queued = [(await anywhere.send(str(n)))["id"] for n in range(4)]
    await anywhere.until(f"/messages/{queued[0]}", lambda body: body["queue"]["state"] == "held")
    path = f"/suspensions/{made['id']}/discard"
    assert (await anywhere.call("DELETE", f"/messages/{queued[1]}")).status == 200
    one = await anywhere.call("POST", path, {"reason": "wrong price", "messages": [queued[0], queued[1]]})
    assert one.body == {"ended": 1}
    ends = [(await anywhere.call("GET", f"/messages/{each}")).body["outcome"] for each in queued[:2]]
    assert ends == ["canceled", "canceled"]
    ended: list[int] = []

    async def rest() -> int:  # one that is just being decided ends with the next call
        told = await anywhere.call("POST", path, {"reason": "all", "held": "expire"})
        ended.append(told.body["ended"])
        return sum(ended)

    await anywhere.becomes(rest, lambda total: total == 2)
    assert await held(anywhere, made) == []


async def test_a_message_that_is_held_expires_by_its_own_validity(house: House) -> None:
    made = await suspend(house)
    queued = await house.send(valid=1)
    found = await house.until(f"/messages/{queued['id']}", lambda body: body["outcome"] == "expired")
    assert found["decisions"][-1]["reason"] == "its validity ended while it was held"
    assert (await house.call("GET", f"/suspensions/{made['id']}")).body["stage"] == "suspended"


async def test_a_lift_that_needs_two_keys(anywhere: House) -> None:
    made = await suspend(anywhere, second_actor=True)
    asked = (await lift(anywhere, made, "discard", key="suspend")).body
    assert (asked["stage"], asked["asked"]["actor"]) == ("suspended", "key suspend")
    again = await lift(anywhere, made, key="suspend", how="confirm")
    assert (again.status, again.body["code"]) == (409, "conflict")
    confirmed = (await lift(anywhere, made, key="second", how="confirm")).body
    assert (confirmed["stage"], confirmed["lifted_by"]) == ("lifting", "key second")
    await stage(anywhere, made, "clear")


async def test_evidence_is_looked_for(anywhere: House) -> None:
    sent = await anywhere.send()
    assert (await suspend(anywhere, evidence=[sent["id"]]))["evidence"] == [sent["id"]]
    told = await anywhere.call("POST", "/suspensions", {"scope": APP, "reason": "x", "evidence": ["0" * 32]})
    assert (told.status, told.body["field"]) == (422, "evidence")


async def test_a_preview_counts_and_suspends_nothing(house: House) -> None:
    sent = await house.send()
    await house.until(f"/messages/{sent['id']}", lambda body: body["facts"]["sent"])
    await house.send(at=soon(9_000), valid=60)
    await house.send(at=soon(90_000))
    asked = {"scope": {"team": "default"}, "until": soon(20_000)}
    found = {
        each["channel"]: each
        for each in (await house.call("POST", "/suspensions/preview", asked)).body["channels"]
    }
    nothing = {"in_flight": 0, "held": 0, "scheduled": 0, "expiring": 0, "sent": 0}
    assert found["phone"] == {"channel": "phone"} | nothing
    assert found["app"] == {"channel": "app"} | nothing | {"scheduled": 2, "expiring": 1, "sent": 1}
    assert (await house.call("GET", "/suspensions")).body["items"] == []


async def test_what_came_in_is_played_once_nothing_suspends_it(house: House) -> None:
    await house.conversation("hi", lambda one: one["last_in"])
    made = await suspend(house, scope={"channel": "phone", "direction": "both"})
    c = tables.conversation.c
    asked = Query(sa.select(c.id, c.lane, c.lease_epoch).where(c.channel == "phone"), "")
    (row,) = await house.gateway.store.read(asked)
    await house.gateway.store.write(shelf.shelve, Shelf(row[0], row[1], row[2], ()))
    await asyncio.sleep(0.1)
    assert len(await house.gateway.store.read(shelf.HELD, 9)) == 1
    await lift(house, made)
    for _ in range(400):
        if not await house.gateway.store.read(shelf.HELD, 9):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it stayed on the shelf")


async def test_a_command_beside_a_running_gateway_is_told_as_soon_as_it_is_so(house: House) -> None:
    store = await Store(house.gateway.settings.database, owner=False).open()
    means = Means(store, Gate(store, Wake()))
    order = Order(scope=Scope(channel="app"), reason="complaints")
    made = await asyncio.wait_for(operations.suspend(means, OPERATOR, order), 5)
    assert [each.id for each in house.gateway.fence.suspensions] == [made.id]
    await operations.lift(means, OPERATOR, made.id, "over")
    await store.close()
    sent = await house.send()
    await house.until(f"/messages/{sent['id']}", lambda body: body["facts"]["sent"])


class Careful(Observer):
    """Vetoes what an operator does to the whole of a channel."""

    async def before(self, order: Order) -> Order:
        if order.ground == "operator":
            raise Vetoed("ask the team first")
        return order


async def test_an_observer_may_veto_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.app.Telling", lambda *_: Careful())
    async with running(tmp_path, on_sqlite(tmp_path)) as house:
        told = await house.call("POST", "/suspensions", {"scope": APP, "reason": "x"})
        assert (told.status, told.body["detail"]) == (409, "ask the team first")
        assert (await suspend(house, ground="legal"))["stage"] == "suspended"
