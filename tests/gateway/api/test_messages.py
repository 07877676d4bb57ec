"""A message's way through the interface: queued, decided, sent, read; scheduled and canceled."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.policy import RULES
from tests.gateway.api.house import ANN, CUSTOMER, NOBODY, House, when


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def test_a_message_is_queued_sent_and_read_with_all_that_was_decided(anywhere: House) -> None:
    queued = await anywhere.send("Hello 🌍\0", client_ref="order 7")
    assert (queued["channel"], queued["status"]) == ("app", "queued")
    found = await anywhere.until(f"/messages/{queued['id']}", lambda body: body["facts"]["sent"])
    assert (found["direction"], found["status"], found["client_ref"]) == ("out", "sent", "order 7")
    assert (found["content"]["text"], found["queue"]) == ("Hello 🌍\0", None)
    (decision,) = found["decisions"]
    assert (decision["verdict"], decision["terms"]) == ("send", "inapp-2026-11-22")
    assert [rule["name"] for rule in decision["rules"]] == [rule.__name__ for rule in RULES]


async def test_the_exchange_with_the_provider_is_told_without_the_token(house: House) -> None:
    talk = await house.conversation("Hi", lambda one: one["last_in"])
    queued = await house.send("Hello", to=talk["id"], channel="")
    found = await house.until(f"/messages/{queued['id']}", lambda body: body["facts"]["read"])
    (exchange,) = found["exchanges"]
    assert (exchange["method"], exchange["status"], exchange["attempt"]) == ("POST", 200, 1)
    assert "planted" not in str(exchange)
    assert exchange["url"].endswith("/simulator/wire/phone/v26.0/15550100/messages")
    assert (found["conversation"], found["status"], found["provider_id"][:6]) == (
        talk["id"],
        "read",
        "wamid.",
    )


async def test_what_the_policy_refuses_is_kept_with_its_reason(house: House) -> None:
    """WhatsApp's terms: whoever has not written gets templates alone."""
    queued = await house.send("Buy now", to=f"whatsapp:{CUSTOMER}", channel="phone")
    found = await house.until(f"/messages/{queued['id']}", lambda body: body["outcome"] and body["decisions"])
    assert (found["status"], found["outcome"], found["exchanges"]) == ("failed", "refused", [])
    assert (found["decisions"][0]["verdict"], found["decisions"][0]["code"]) == ("refuse", "window_closed")
    assert found["facts"]["fault"]["attribution"] == "ours"


async def test_a_message_for_later_waits_until_it_is_due(anywhere: House) -> None:
    at = datetime.now(UTC) + timedelta(hours=3)
    queued = await anywhere.send("Later", at=at.isoformat(), valid=60)
    found = (await anywhere.call("GET", f"/messages/{queued['id']}")).body
    due = when(found["queue"]["due"])
    assert abs(due - at) < timedelta(milliseconds=1)
    assert when(found["queue"]["expires"]) - due == timedelta(seconds=60)
    assert (found["queue"]["state"], found["queue"]["attempts"], found["status"]) == ("later", 0, "queued")
    assert when(queued["due"]) == due


async def test_a_message_for_later_holds_nobody_and_leaves_when_it_is_due(house: House) -> None:
    later = await house.send("Later", at=in_hours(0.3 / 3600))
    now = await house.send("Now")
    found = [
        await house.until(f"/messages/{each['id']}", lambda body: body["facts"]["sent"])
        for each in (now, later)
    ]
    sent = [when(each["facts"]["sent"]) for each in found]
    assert sent[0] < when(later["due"]) <= sent[1]


async def test_a_time_that_has_passed_means_now(house: House) -> None:
    queued = await house.send("Hello", at="2020-01-01T00:00:00Z")
    assert abs(when(queued["due"]) - datetime.now(UTC)) < timedelta(seconds=5)
    await house.until(f"/messages/{queued['id']}", lambda body: body["facts"]["sent"])


async def test_a_message_that_waits_can_be_canceled_once(anywhere: House) -> None:
    queued = await anywhere.send("Never", at=in_hours(1))
    path = f"/messages/{queued['id']}"
    canceled = await anywhere.call("DELETE", path)
    assert (canceled.status, canceled.body["status"]) == (200, "canceled")
    found = (await anywhere.call("GET", path)).body
    assert (found["outcome"], found["queue"], found["decisions"]) == ("canceled", None, [])
    again = await anywhere.call("DELETE", path)
    assert (again.status, again.body["code"]) == (409, "conflict")


async def test_a_message_that_has_left_cannot_be_canceled(house: House) -> None:
    queued = await house.send("Hello")
    await house.until(f"/messages/{queued['id']}", lambda body: body["facts"]["sent"])
    told = await house.call("DELETE", f"/messages/{queued['id']}")
    assert (told.status, told.body["code"]) == (409, "conflict")
    assert (await house.call("DELETE", f"/messages/{NOBODY}")).status == 404


async def test_whom_a_message_is_for_may_be_said_in_three_ways(anywhere: House) -> None:
    first = await anywhere.send(to=ANN)
    talk = (await anywhere.call("GET", f"/conversations/{first['conversation']}")).body
    assert (talk["addresses"], talk["channel"]) == ([ANN], "app")
    ways: list[dict[str, Any]] = [
        {"to": ANN, "channel": "app"},
        {"to": talk["contact"], "channel": "app"},
        {"to": talk["id"], "channel": "app"},
        {"to": talk["id"], "channel": ""},
    ]
    assert {(await anywhere.send(**way))["conversation"] for way in ways} == {talk["id"]}


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"channel": "phone"}, 422, "invalid_field", "channel"),
        ({"to": "contact", "channel": "phone"}, 422, "invalid_address", "to"),
        ({"to": "contact"}, 422, "invalid_field", "channel"),
        ({"reply_to": "waiting"}, 409, "conflict", "reply_to"),
        (
            {"content": {"type": "reaction", "target": "waiting", "emoji": "👍"}},
            409, "conflict", "content.target",
        ),
    ],
)  # fmt: skip
async def test_what_does_not_fit_to_whom_it_is_for_is_told(
    house: House, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    waiting = await house.send(at=in_hours(1))
    talk = (await house.call("GET", f"/conversations/{waiting['conversation']}")).body
    words = {"contact": talk["contact"], "waiting": waiting["id"]}
    asked = {"to": talk["id"], "content": {"type": "text", "text": "Hi"}} | {
        name: words.get(value, value) if isinstance(value, str) else value for name, value in change.items()
    }
    if isinstance(asked["content"], dict) and asked["content"].get("target"):
        asked["content"] = asked["content"] | {"target": waiting["id"]}
    told = await house.call("POST", "/messages", asked)
    assert (told.status, told.body["code"], told.body["field"]) == (status, code, field)


async def test_a_message_quoted_by_our_id_is_quoted_by_the_provider_s(house: House) -> None:
    talk = await house.conversation("Hi", lambda one: one["last_in"])
    first = await house.send("One", to=talk["id"], channel="")
    sent = await house.until(f"/messages/{first['id']}", lambda body: body["provider_id"])
    second = await house.send("Two", to=talk["id"], channel="", reply_to=first["id"])
    assert (await house.call("GET", f"/messages/{second['id']}")).body["reply_to"] == sent["provider_id"]
