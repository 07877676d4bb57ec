"""An `Idempotency-Key` makes a request happen once, however often and by however many it is made."""

import asyncio
from pathlib import Path
from typing import Any

from tests.gateway.api.house import ANN, House, running

BODY: dict[str, Any] = {"to": ANN, "channel": "app", "content": {"type": "text", "text": "Once"}}


async def messages(house: House) -> list[str]:
    """The ids of all messages of all conversations."""
    talks = (await house.call("GET", "/conversations")).body["items"]
    pages = [await house.call("GET", f"/conversations/{talk['id']}/messages") for talk in talks]
    return [each["id"] for page in pages for each in page.body["items"]]


async def test_the_same_request_again_gets_the_same_answer_and_does_nothing(anywhere: House) -> None:
    first = await anywhere.call("POST", "/messages", BODY, once="k")
    again = await anywhere.call("POST", "/messages", BODY, once="k")
    assert (first.status, first.headers.get("Idempotency-Replayed")) == (202, None)
    assert (again.status, again.headers.get("Idempotency-Replayed")) == (202, "true")
    assert again.text == first.text
    assert await messages(anywhere) == [first.body["id"]]


async def test_the_same_key_for_something_else_is_refused(anywhere: House) -> None:
    first = await anywhere.call("POST", "/messages", BODY, once="k")
    for path, body in (
        ("/messages", BODY | {"client_ref": "another"}),
        ("/suspensions", {"scope": {"channel": "app"}, "reason": "x"}),
    ):
        other = await anywhere.call("POST", path, body, once="k")
        assert (other.status, other.body["code"]) == (422, "key_reused")
        assert other.body["field"] == "Idempotency-Key"
    assert await messages(anywhere) == [first.body["id"]]


async def test_a_refused_request_does_not_use_up_its_key(house: House) -> None:
    refused = await house.call("POST", "/messages", BODY | {"channel": "fax"}, once="k")
    mended = await house.call("POST", "/messages", BODY, once="k")
    assert (refused.status, mended.status) == (404, 202)
    assert "Idempotency-Replayed" not in mended.headers


async def test_of_many_at_once_one_is_done_and_the_others_are_told_so(anywhere: House) -> None:
    asked = (anywhere.call("POST", "/messages", BODY, once="k") for _ in range(20))
    told = await asyncio.gather(*asked)
    fresh = [each for each in told if each.status == 202 and "Idempotency-Replayed" not in each.headers]
    others = {(each.status, each.body.get("code")) for each in told if each not in fresh}
    assert len(fresh) == 1
    assert (409, "in_progress") in others
    assert others <= {(409, "in_progress"), (202, None)}
    assert {each.text for each in told if each.status == 202} == {fresh[0].text}
    assert await messages(anywhere) == [fresh[0].body["id"]]


async def test_keys_of_two_callers_do_not_meet(anywhere: House) -> None:
    mine = await anywhere.call("POST", "/messages", BODY, once="k")
    theirs = await anywhere.call("POST", "/messages", BODY | {"client_ref": "theirs"}, once="k", key="second")
    assert (mine.status, theirs.status) == (202, 202)
    assert sorted(await messages(anywhere)) == sorted([mine.body["id"], theirs.body["id"]])


async def test_without_a_key_a_request_is_done_each_time(house: House) -> None:
    for _ in range(2):
        await house.call("POST", "/messages", BODY)
    assert len(await messages(house)) == 2


async def test_an_answer_is_given_again_though_it_could_not_be_done_any_more(anywhere: House) -> None:
    made = await anywhere.call(
        "POST", "/suspensions", {"scope": {"channel": "app"}, "reason": "complaints"}, once="suspend"
    )
    path = f"/suspensions/{made.body['id']}/lift"
    first = await anywhere.call("POST", path, {"reason": "over"}, once="lift")
    again = await anywhere.call("POST", path, {"reason": "over"}, once="lift")
    other = await anywhere.call("POST", path, {"reason": "over"}, once="lift-again")
    assert (first.status, again.status, other.status) == (200, 200, 409)
    assert again.text == first.text


async def test_a_key_holds_only_as_long_as_its_api_key_s_scope(house: House) -> None:
    await house.call("POST", "/messages", BODY, once="k", key="messages:write")
    told = await house.call("POST", "/messages", BODY, once="k", key="messages:read")
    assert told.status == 403


async def test_two_nodes_asked_at_once_do_it_once(postgres_house: House, tmp_path: Path) -> None:
    async with running(tmp_path, postgres_house.gateway.settings.database, node="two", connects=()) as second:
        second.keys.update(postgres_house.keys)
        nodes = (postgres_house, second) * 5
        told = await asyncio.gather(*(node.call("POST", "/messages", BODY, once="k") for node in nodes))
        done = {each.text for each in told if each.status == 202}
        fresh = [each for each in told if each.status == 202 and "Idempotency-Replayed" not in each.headers]
        assert len(done) == len(fresh) == len(await messages(second)) == 1
