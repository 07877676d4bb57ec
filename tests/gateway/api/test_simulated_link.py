"""A simulated SMSC on a real socket: what befalls it is outlasted, and no real one is ever reached in its place."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from admin.operations import NewChannel
from gateway.cli import simulate
from tests.gateway.api.house import House, Told, on_sqlite, running

SMS = NewChannel(
    "sms", "smpp",
    {
        "host": "smsc.example", "system_id": "parley", "sender": "447700900000", "pace": "1000",
        "vendor_codes": "0x40B=SUSPEND",
    },
    {"password": "planted1"}, simulated=True,
)  # fmt: skip
PHONE = "447700900300"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path, on_sqlite(tmp_path), connects=(SMS,)) as running_house:
        yield running_house


async def says(house: House, text: str) -> None:
    told = await house.ask("POST", f"/simulator/api/sms/{PHONE}/say", json={"type": "text", "text": text})
    assert told.status == 200, told


async def befalls(house: House, fault: str, times: int = 1) -> None:
    parser = argparse.ArgumentParser()
    simulate.declare("simulate", parser)
    words = ["--url", house.url, "--channel", "sms", "--fault", fault, "--times", str(times)]
    assert await asyncio.to_thread(simulate.run, parser.parse_args(words)) == 0


async def answered(house: House, count: int = 1) -> list[Any]:
    """The messages, once so many of ours were delivered."""
    page = await house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    found = await house.until(
        path, lambda body: [each["status"] for each in body["items"]].count("delivered") == count
    )
    return list(found["items"])


@pytest.mark.parametrize("fault", ["throttled", "unavailable"])
async def test_what_befalls_it_is_outlasted(house: House, fault: str) -> None:
    await befalls(house, fault)
    await says(house, "hi")
    assert [each["content"]["text"] for each in await answered(house)] == ["you said hi", "hi"]


async def test_what_comes_thrice_is_answered_once(house: House) -> None:
    await befalls(house, "duplicates", 3)
    for text in ("one", "two", "three"):
        await says(house, text)
    items = await answered(house, 3)
    assert len([each for each in items if each["direction"] == "in"]) == 3


async def test_who_is_locked_out_is_told_and_comes_back(house: House) -> None:
    await befalls(house, "expired_token")
    await says(house, "hi")

    async def look() -> Told:
        await house.gateway.channels.load()
        return await house.call("GET", "/channels")

    await house.again(look, lambda told: told.body["items"][0]["last_error"].startswith("AUTH"))
    await says(house, "again")
    page = await house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    await house.until(path, lambda body: "again" in [each["content"]["text"] for each in body["items"]])


async def test_a_ban_becomes_a_signal(house: House) -> None:
    await befalls(house, "ban")
    await says(house, "hi")
    signals = await house.until("/signals", lambda page: bool(page["items"]))
    assert signals["items"][0]["action"] == "SUSPEND"


async def test_long_words_arrive_whole_and_the_wire_shows_no_password(house: House) -> None:
    await says(house, "long words " * 40)
    items = await answered(house)
    assert items[1]["content"]["text"] == "long words " * 40
    events = house.session.get(f"{house.url}/simulator/api/sms/{PHONE}/events")
    async with events as stream:
        seen = b""
        while b'"wire"' not in seen:
            seen += await stream.content.readline()
    assert b"planted1".hex(" ").encode() not in seen


async def test_without_a_demonstration_nobody_is_reached(tmp_path: Path) -> None:
    from connectors.link import Endpoint
    from gateway.linked import _nobody

    with pytest.raises(OSError, match="played in a demonstration alone"):
        await _nobody(Endpoint("smsc.example", 2775))
