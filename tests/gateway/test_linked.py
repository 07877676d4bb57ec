"""A conversation by SMPP through the whole gateway, on real sockets: stored before it is answered, fenced like any."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from admin import operations
from admin.operations import NewChannel
from connectors.link import Arrival
from conversations.router import Router
from gateway import faces
from gateway.app import Gateway
from gateway.connect import connect
from state import link_parts
from state.model.content import Text
from state.model.wire import Received
from tests.allowed import allow
from tests.gateway.api.house import House, made, on_sqlite
from tests.gateway.smsc_server import Server, serving
from tests.spine.bot import Desk

CUSTOMER = "447700900999"


@pytest.fixture
async def smsc() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture
async def house(tmp_path: Path, smsc: Server) -> AsyncIterator[House]:
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path), shutdown_seconds=0.5), Router([Desk]))
    await gateway.open()
    settings = {
        "host": "127.0.0.1",
        "port": str(smsc.port),
        "system_id": "gw1",
        "sender": "447700900123",
        "pace": "1000",
    }
    new = NewChannel("sms", "smpp", settings, {"password": "secret08"})
    await connect(gateway.store, gateway.seal, operations.OPERATOR, new)
    await allow(gateway.store)
    key = await operations.create_key(gateway.store, operations.OPERATOR, "all", ["admin"])
    await gateway.start(faces.application(gateway))
    async with asyncio.timeout(10):
        await smsc.until(lambda: smsc.smsc.bound)
    async with aiohttp.ClientSession() as session:
        yield House(gateway, session, {"admin": key})
    await gateway.stop()


async def shown(smsc: Server, count: int) -> list[Any]:
    async with asyncio.timeout(10):
        await smsc.until(lambda: len(smsc.shown) >= count)
    return [each.content for each in smsc.shown]


async def newest(house: House) -> Any:
    page = (await house.call("GET", "/conversations")).body["items"]
    found = await house.until(
        f"/conversations/{page[0]['id']}/messages", lambda body: body["items"][0]["direction"] == "out"
    )
    return found["items"][0]


async def test_a_message_is_stored_answered_and_replied_to(house: House, smsc: Server) -> None:
    smsc.write(smsc.smsc.says(CUSTOMER, "hi"))
    assert await shown(smsc, 1) == [Text("1: hi")]
    assert (smsc.shown[0].to, smsc.answered) == (CUSTOMER, [0])
    reply = await newest(house)
    found = await house.until(f"/messages/{reply['id']}", lambda body: body["facts"]["accepted"])
    assert [each["name"] for each in found["exchanges"]] == ["link"]


async def test_a_receipt_finds_its_message(house: House, smsc: Server) -> None:
    smsc.write(smsc.smsc.says(CUSTOMER, "hi"))
    await shown(smsc, 1)
    smsc.write(smsc.smsc.receipt(smsc.shown[0].provider_id))
    reply = await newest(house)
    await house.until(f"/messages/{reply['id']}", lambda body: body["status"] == "delivered")


async def test_a_long_text_in_parts_is_one_message_both_ways(house: House, smsc: Server) -> None:
    words = "word " * 60
    smsc.write(smsc.smsc.says(CUSTOMER, words))
    await shown(smsc, 1)
    talk = (await house.call("GET", "/conversations")).body["items"][0]
    page = (await house.call("GET", f"/conversations/{talk['id']}/messages")).body["items"]
    assert [each["content"]["text"].strip() for each in page if each["direction"] == "in"] == [words.strip()]
    assert "".join(each.text for each in await shown(smsc, 1)).replace(" ", "").startswith("1:wordword")


async def test_numbers_choose_and_words_stop(house: House, smsc: Server) -> None:
    smsc.write(smsc.smsc.says(CUSTOMER, "choose 3"))
    assert await shown(smsc, 1) == [Text("Which?\n1. Option 0\n2. Option 1\n3. Option 2")]
    smsc.write(smsc.smsc.says(CUSTOMER, "2"))
    assert (await shown(smsc, 2))[1] == Text("chose o1")


async def test_nothing_leaves_while_it_is_suspended(house: House, smsc: Server) -> None:
    asked = {"scope": {"channel": "sms"}, "reason": "complaints"}
    made_id = (await house.call("POST", "/suspensions", asked)).body["id"]
    smsc.write(smsc.smsc.says(CUSTOMER, "hi"))
    page = await house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    found = await house.until(path, lambda body: "out" in [each["direction"] for each in body["items"]])
    reply = next(each for each in found["items"] if each["direction"] == "out")
    await house.until(f"/messages/{reply['id']}", lambda body: body["queue"]["state"] == "held")
    assert smsc.shown == []
    await house.call("POST", f"/suspensions/{made_id}/lift", {"reason": "over"})
    assert await shown(smsc, 1) == [Text("1: hi")]


async def test_a_lost_connection_is_made_again(house: House, smsc: Server) -> None:
    smsc.cut()
    async with asyncio.timeout(20):
        await smsc.until(lambda: smsc.connections >= 2 and smsc.smsc.bound)
    smsc.write(smsc.smsc.says(CUSTOMER, "hi"))
    assert await shown(smsc, 1) == [Text("1: hi")]


async def test_parts_that_were_acknowledged_outlive_a_restart(house: House, smsc: Server) -> None:
    linked = house.gateway.linked
    part = Arrival(Received(), b"\0part", keep="p1")
    await linked._keep("sms", (part,))
    assert await house.gateway.store.read(link_parts.KEPT, "sms") == [("p1", b"\0part")]
    done = Arrival(Received(), release=("p1",))
    await linked._keep("sms", (done,))
    assert await house.gateway.store.read(link_parts.KEPT, "sms") == []
