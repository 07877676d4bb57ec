"""Conversations through the interface: listed, read, walked, handed back, and resumed after a flow's error."""

from typing import Any

import pytest

from tests.gateway.api.house import ANN, CUSTOMER, Desk, House, when


async def walk(house: House, path: str, limit: int) -> tuple[list[Any], int]:
    """All items of a listing and the number of its pages, following the cursors."""
    items: list[Any] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        page = (await house.call("GET", f"{path}?limit={limit}&cursor={cursor}")).body
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor, pages = page["next"], pages + 1
    return items, pages


async def test_a_conversation_says_who_it_is_with_and_where_it_stands(anywhere: House) -> None:
    talk = await anywhere.conversation("Hi", lambda one: one["flow"])
    found = (await anywhere.call("GET", f"/conversations/{talk['id']}")).body
    assert (found["channel"], found["mode"], found["flow"], found["state"]) == (
        "phone",
        "bot",
        "Desk",
        "start",
    )
    assert found["name"]
    assert f"whatsapp:{CUSTOMER}" in found["addresses"]
    assert when(found["last_in"]) <= when(found["updated"])


async def test_the_timeline_holds_what_was_said_by_both(house: House) -> None:
    talk = await house.conversation("Hi", lambda one: one["flow"])
    page = await house.until(f"/conversations/{talk['id']}/messages", lambda page: len(page["items"]) == 2)
    said = [(each["direction"], each["content"]["text"]) for each in page["items"]]
    assert said == [("out", "you said Hi"), ("in", "Hi")]
    assert page["next"] is None


@pytest.mark.parametrize("limit", [1, 3, 6, 7, 200])
async def test_cursors_lead_through_everything_once_and_newest_first(house: House, limit: int) -> None:
    sent = [(await house.send(str(n)))["id"] for n in range(6)]
    talk = (await house.call("GET", f"/messages/{sent[0]}")).body["conversation"]
    items, pages = await walk(house, f"/conversations/{talk}/messages", limit)
    assert [each["id"] for each in items] == sent[::-1]
    assert pages == -(-6 // limit)


async def test_conversations_that_begin_while_pages_are_turned_move_nothing(anywhere: House) -> None:
    first = [(await anywhere.send(to=f"inapp:dl_{n}"))["conversation"] for n in range(5)]
    page = (await anywhere.call("GET", "/conversations?limit=2")).body
    await anywhere.send(to="inapp:dl_later")
    rest, _ = await walk(anywhere, "/conversations", 2)
    second = (await anywhere.call("GET", f"/conversations?limit=2&cursor={page['next']}")).body
    assert {each["id"] for each in rest} >= set(first)
    known = sorted(first, reverse=True)
    assert [each["id"] for each in page["items"] + second["items"]] == known[:4]


async def test_a_person_s_conversation_is_handed_back_and_the_bot_goes_on(anywhere: House) -> None:
    talk = await anywhere.conversation("person", lambda one: one["mode"] == "person")
    path = f"/conversations/{talk['id']}"
    told = await anywhere.call("POST", f"{path}/hand-back", {"note": "solved"}, once="back")
    assert (told.status, told.body["id"], told.body["flow"]) == (202, talk["id"], "Desk")
    page = await anywhere.until(f"{path}/messages", lambda page: len(page["items"]) == 3)
    assert page["items"][0]["content"]["text"] == "It is me again."
    assert (await anywhere.call("GET", path)).body["mode"] == "bot"


async def test_what_no_person_holds_cannot_be_handed_back(house: House) -> None:
    talk = (await house.send(to=ANN))["conversation"]
    told = await house.call("POST", f"/conversations/{talk}/hand-back", {})
    assert (told.status, told.body["code"]) == (409, "conflict")


@pytest.mark.parametrize("restart", [False, True])
async def test_a_parked_conversation_goes_on_where_it_stood_or_from_the_start(
    house: House, restart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await house.conversation("fail", lambda one: one["mode"] == "parked")
    path = f"/conversations/{talk['id']}"
    monkeypatch.setattr(Desk, "mended", True)
    told = await house.call("POST", f"{path}/resume", {"reason": "mended", "restart": restart})
    assert (told.status, told.body["mode"], told.body["flow"]) == (
        202,
        "bot",
        "" if restart else talk["flow"],
    )
    await house.hears("Hi again")
    answers = ["you said Hi again", *([] if restart else ["you said fail"])]
    await house.until(f"{path}/messages", lambda page: said(page)[:-1] == answers)
    entry = (await house.call("GET", "/audit?limit=1")).body["items"][0]
    assert (entry["actor"], entry["action"], entry["reason"]) == ("key admin", "resume", "mended")


def said(page: Any) -> list[str]:
    """What the bot said, the last first."""
    return [each["content"]["text"] for each in page["items"] if each["direction"] == "out"]


async def test_what_was_said_to_a_parked_conversation_is_answered_once_it_goes_on(
    anywhere: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await anywhere.conversation("fail", lambda one: one["mode"] == "parked")
    path = f"/conversations/{talk['id']}"
    await anywhere.hears("Are you there?")
    monkeypatch.setattr(Desk, "mended", True)
    await anywhere.call("POST", f"{path}/resume", {"reason": "mended"})
    answers = ["you said Are you there?", "you said fail"]
    await anywhere.until(f"{path}/messages", lambda page: said(page)[:-1] == answers)


async def test_what_is_not_parked_cannot_be_resumed(house: House) -> None:
    talk = (await house.send(to=ANN))["conversation"]
    told = await house.call("POST", f"/conversations/{talk}/resume", {"reason": "why not"})
    assert (told.status, told.body["code"]) == (409, "conflict")
