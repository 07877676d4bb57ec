"""A reply that leaves as soon as its turn is on disk: decided and stored before the first byte, and in order."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from state.outbox import Handed, Queued
from tests.gateway.api.house import House, on_sqlite, running


async def said(house: House, text: str) -> dict[str, Any]:
    """The customer writes; gives the reply, once the phone's provider has taken it."""
    talk = await house.conversation(text, lambda one: one["mode"] != "")
    path = f"/conversations/{talk['id']}/messages"
    page = await house.until(
        path, lambda page: _reply(page, text) and _reply(page, text)["facts"]["accepted"]
    )
    found: dict[str, Any] = _reply(page, text)
    return (await house.call("GET", f"/messages/{found['id']}")).body  # type: ignore[no-any-return]


def _reply(page: Any, text: str) -> Any:
    return next((each for each in page["items"] if each["content"].get("text") == f"you said {text}"), None)


def watch(house: House) -> list[Queued]:
    """What turns are asked to hand on from now on, with the answer as `handed`."""
    seen: list[Queued] = []
    hand = house.gateway.delivery.hand

    def watched(taken: Any, item: Queued) -> Any:
        found = hand(taken, item)
        seen.append(replace(item, handed=found.handed if found else None))
        return found

    house.gateway.turns.hand_to(watched)
    return seen


async def warm(house: House) -> list[Queued]:
    """A first reply has left, so that the channel is known to have nothing waiting."""
    await said(house, "one")
    return watch(house)


async def test_a_handed_reply_has_its_decision_and_its_exchange_like_any_other(anywhere: House) -> None:
    seen = await warm(anywhere)
    reply = await said(anywhere, "two")
    assert [type(each.handed) for each in seen] == [Handed]
    assert [each["verdict"] for each in reply["decisions"]] == ["send"]
    assert [(each["attempt"], each["status"]) for each in reply["exchanges"]] == [(1, 200)]


async def test_while_suspended_nothing_is_handed_on(anywhere: House) -> None:
    seen = await warm(anywhere)
    asked = {"scope": {"channel": "phone"}, "reason": "complaints"}
    made = (await anywhere.call("POST", "/suspensions", asked)).body["id"]
    talk = await anywhere.conversation("two", lambda one: one["mode"] != "")
    path = f"/conversations/{talk['id']}/messages"
    page = await anywhere.until(path, lambda page: _reply(page, "two"))
    held = f"/messages/{_reply(page, 'two')['id']}"
    await anywhere.until(held, lambda one: one["queue"] and one["queue"]["state"] == "held")
    assert [each.handed for each in seen] == [None]
    await anywhere.call("POST", f"/suspensions/{made}/lift", {"reason": "over"})
    await anywhere.until(held, lambda one: one["facts"]["accepted"])


async def test_a_reply_that_would_overtake_another_is_queued(house: House) -> None:
    await said(house, "one")
    sender, asked = house.gateway.delivery.sender("phone"), []
    house.gateway.turns.hand_to(lambda taken, item: asked.append((taken, item)))
    await said(house, "two")
    ((taken, item),) = asked
    assert sender.hand(replace(taken, waiting=True), item) is None
    handoff = sender.hand(taken, item)
    assert handoff is not None
    assert sender.places == 1
    handoff.give_up()
    assert sender.places == 0


async def test_what_was_handed_on_has_left_when_the_gateway_has_stopped(tmp_path: Path) -> None:
    async with running(tmp_path, on_sqlite(tmp_path)) as house:
        await warm(house)
        await asyncio.gather(*(house.hears("again", f"1555012{n}") for n in range(10)))
        await house.until("/conversations", lambda page: len(page["items"]) == 10)
    with sqlite3.connect(tmp_path / "parley.db") as database:
        assert database.execute("SELECT count(*) FROM outbox WHERE state = 'sending'").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM message WHERE outcome = 'unknown'").fetchone() == (0,)


async def test_without_a_permit_nothing_is_handed_on_or_taken(house: House) -> None:
    seen, fence = await warm(house), house.gateway.fence
    fence._deadline = 0.0
    talk = await house.conversation("two", lambda one: one["mode"] != "")
    page = await house.until(f"/conversations/{talk['id']}/messages", lambda page: _reply(page, "two"))
    assert [each.handed for each in seen] == [None]
    assert await house.gateway.delivery.sender("phone")._round() == 0
    await fence.renew()
    await house.until(f"/messages/{_reply(page, 'two')['id']}", lambda one: one["facts"]["accepted"])
