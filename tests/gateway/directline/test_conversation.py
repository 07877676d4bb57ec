"""A conversation over the stream, by polling, and across reconnects."""

import asyncio

import aiohttp
import pytest

from state.writer import Unavailable
from tests.gateway.directline.conftest import Client, texts


async def test_what_is_posted_comes_back_with_its_client_id_and_then_the_bot_answers(client: Client) -> None:
    conversation = await client.begin()
    stream = await client.stream(conversation)
    status, posted = await client.say(conversation, "hello", "k1")
    echo = (await stream.receive_json(timeout=10))["activities"][0]
    assert (status, echo["id"], echo["channelData"]) == (200, posted["id"], {"clientActivityID": "k1"})
    assert await texts(stream, 1) == (["1: hello"], "2")


async def test_a_message_posted_twice_is_one_message(client: Client) -> None:
    conversation = await client.begin()
    stream = await client.stream(conversation)
    first, second = [await client.say(conversation, "hello", "k1") for _ in range(2)]
    await client.say(conversation, "again", "k2")
    assert first == second
    assert sorted((await texts(stream, 4))[0]) == ["1: hello", "2: again", "again", "hello"]


async def test_a_reconnect_after_a_watermark_loses_nothing_and_doubles_nothing(client: Client) -> None:
    conversation = await client.begin()
    stream = await client.stream(conversation)
    await client.say(conversation, "one", "k1")
    _, mark = await texts(stream, 2)
    await stream.close()
    await client.say(conversation, "two", "k2")
    again = await client.stream(conversation, mark)
    assert (await texts(again, 2))[0] == ["two", "2: two"]


async def test_two_streams_show_the_same(client: Client) -> None:
    conversation = await client.begin()
    streams = [await client.stream(conversation) for _ in range(2)]
    await client.say(conversation, "one", "k1")
    assert [(await texts(each, 2))[0] for each in streams] == [["one", "1: one"]] * 2


async def test_polling_gives_what_is_after_the_watermark(client: Client) -> None:
    conversation = await client.begin()
    stream = await client.stream(conversation)
    await client.say(conversation, "one", "k1")
    await texts(stream, 2)
    path = f"/conversations/{conversation}/activities"
    _, everything = await client.call("GET", path)
    _, later = await client.call("GET", f"{path}?watermark=1")
    _, nothing = await client.call("GET", f"{path}?watermark={everything['watermark']}")
    assert [len(each["activities"]) for each in (everything, later, nothing)] == [2, 1, 0]
    assert nothing["watermark"] == "2"


async def test_the_sender_is_whom_the_token_says_not_whom_the_activity_says(client: Client) -> None:
    conversation = await client.begin("dl_ann")
    body = {"type": "message", "text": "x", "from": {"id": "dl_bob", "name": "Bob"}}
    await client.call("POST", f"/conversations/{conversation}/activities", body)
    _, shown = await client.call("GET", f"/conversations/{conversation}/activities")
    assert shown["activities"][0]["from"] == {"id": "dl_ann", "role": "user", "name": "Bob"}


async def test_a_user_comes_back_to_the_same_conversation(client: Client) -> None:
    first = await client.begin("dl_ann")
    await client.say(first, "one", "k1")
    assert await client.begin("dl_ann") == first
    assert (await client.call("POST", "/conversations"))[0] == 200
    assert await client.begin("dl_bob") != first


async def test_a_stream_that_cannot_be_fed_is_closed_so_that_its_client_comes_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await client.begin()
    stream = await client.stream(conversation)

    async def away(*_: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr("gateway.directline.line.activities.after", away)
    async with asyncio.timeout(10):
        while (message := await stream.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert (message.type, stream.close_code) == (aiohttp.WSMsgType.CLOSE, 1012)
