"""What a suspension held is what its lift is about, whatever has become of it since."""

from typing import Any

import pytest
import sqlalchemy as sa

from gateway import suspensions as loop
from state import tables
from state.statements import Query
from tests.gateway.api.house import CUSTOMER, House

PHONE = {"channel": "phone", "direction": "business_initiated"}
TO = f"whatsapp:{CUSTOMER}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_POLL", 0.02)


async def suspend(house: House, **scope: str) -> str:
    told = await house.call("POST", "/suspensions", {"scope": scope, "reason": "a fraud"})
    assert told.status == 201, told
    return str(told.body["id"])


async def held(house: House, *texts: str) -> list[str]:
    """Messages to somebody who has not written, of which the first was decided to be held."""
    made = [(await house.send(each, TO, channel="phone"))["id"] for each in texts]
    await house.until(f"/messages/{made[0]}", lambda body: body["decisions"])
    return made


async def lift(house: House, made: str, what: str) -> None:
    told = await house.call("POST", f"/suspensions/{made}/lift", {"reason": "over", "held": what})
    assert told.status == 200, told
    await house.until(f"/suspensions/{made}", lambda body: body["stage"] == "clear")


async def outcome(house: House, message: str) -> Any:
    body = (await house.call("GET", f"/messages/{message}")).body
    return body["outcome"] or ("sent" if body["facts"]["sent"] else "waits")


async def answered(house: House, message: str) -> str:
    """The customer writes in the conversation of a message; gives the id of the bot's answer once it is queued."""
    talk = (await house.call("GET", f"/messages/{message}")).body["conversation"]
    await house.hears("hi")
    found = await house.until(
        f"/conversations/{talk}/messages",
        lambda body: any(each["content"].get("text") == "you said hi" for each in body["items"]),
    )
    return str(next(each["id"] for each in found["items"] if each["content"].get("text") == "you said hi"))


@pytest.mark.parametrize(("what", "ends"), [("discard", "canceled"), ("expire", "expired")])
async def test_what_was_held_ends_with_the_lift_though_its_customer_has_written_since(
    anywhere: House, what: str, ends: str
) -> None:
    made = await suspend(anywhere, **PHONE)
    messages = await held(anywhere, "buy", "buy more")
    answer = await answered(anywhere, messages[0])
    listed = (await anywhere.call("GET", f"/suspensions/{made}/held")).body["items"]
    assert [each["id"] for each in listed] == messages
    await lift(anywhere, made, what)
    await anywhere.until(f"/messages/{answer}", lambda body: body["facts"]["sent"])
    assert [await outcome(anywhere, each) for each in messages] == [ends, ends]


async def test_what_was_held_goes_on_with_a_lift_that_resumes_it(anywhere: House) -> None:
    made = await suspend(anywhere, **PHONE)
    (message,) = await held(anywhere, "buy")
    await answered(anywhere, message)
    await lift(anywhere, made, "resume")
    await anywhere.until(f"/messages/{message}", lambda body: body["facts"]["sent"])


async def test_another_lift_does_not_let_go_what_a_suspension_holds(anywhere: House) -> None:
    made = await suspend(anywhere, **PHONE)
    other = await suspend(anywhere, channel="app")
    (message,) = await held(anywhere, "buy")
    await answered(anywhere, message)
    await lift(anywhere, other, "resume")
    assert await outcome(anywhere, message) == "waits"
    await lift(anywhere, made, "discard")
    assert await outcome(anywhere, message) == "canceled"


async def test_what_two_suspensions_hold_ends_with_the_first_that_discards_it(anywhere: House) -> None:
    first, second = await suspend(anywhere, channel="phone"), await suspend(anywhere, **PHONE)
    (message,) = await held(anywhere, "buy")
    await answered(anywhere, message)
    await lift(anywhere, second, "discard")
    assert await outcome(anywhere, message) == "canceled"
    await lift(anywhere, first, "resume")
    assert await outcome(anywhere, message) == "canceled"


async def test_what_was_held_already_when_a_suspension_came_is_held_by_it_too(anywhere: House) -> None:
    first = await suspend(anywhere, channel="phone")
    (message,) = await held(anywhere, "buy")
    second = await suspend(anywhere, **PHONE)
    await anywhere.becomes(lambda: marks(anywhere), lambda found: found == [{first, second}])
    await answered(anywhere, message)
    await lift(anywhere, second, "discard")
    assert await outcome(anywhere, message) == "canceled"


async def marks(house: House) -> list[set[str]]:
    """By which suspensions each held message is held."""
    c = tables.outbox.c
    rows = await house.gateway.store.read(Query(sa.select(c.held_by).where(c.state == "held"), ""))
    return [set(row[0].split()) for row in rows]
