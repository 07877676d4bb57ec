"""On every channel a preview is, part by part, what the customer's phone then shows."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from admin.operations import NewChannel
from connectors import registry
from tests.gateway.api.house import House, on_sqlite, running
from tests.gateway.api.test_every_simulator import CHANNELS

MESSAGES: list[dict[str, Any]] = [
    {"type": "text", "text": "word " * 500 + "end"},
    {
        "type": "choice",
        "text": "Which?",
        "options": [{"id": f"o{n}", "title": f"Option {n}"} for n in range(4)],
    },
    {"type": "location", "latitude": 52.5, "longitude": 13.4, "name": "Gate"},
]


async def shows(house: House, number: str, count: int) -> list[Any]:
    """What the phone shows of so many messages of ours."""
    url = f"{house.url}/simulator/api/ch/{number}/events"
    shown: list[Any] = []
    async with asyncio.timeout(20), house.session.get(url) as stream:
        event = ""
        while len(shown) < count:
            line = (await stream.content.readline()).decode().strip()
            event = line.removeprefix("event: ") if line.startswith("event: ") else event
            if line.startswith("data: ") and event == "shown":
                entry = json.loads(line.removeprefix("data: "))
                shown += [entry["content"]] if entry["direction"] == "out" else []
    return shown


@pytest.mark.parametrize("kind", CHANNELS)
async def test_a_preview_is_what_every_phone_shows(tmp_path: Path, kind: str) -> None:
    settings, secrets = CHANNELS[kind]
    new = NewChannel("ch", kind, settings, secrets, simulated=True)
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,)) as house:
        number = registry.simulator(kind).phones[0].id
        await house.ask("POST", f"/simulator/api/ch/{number}/say", json={"type": "text", "text": "hi"})
        count = len(await shows(house, number, 1))
        page = await house.until("/conversations", lambda body: bool(body["items"]))
        for content in MESSAGES:
            told = await house.call("POST", "/messages/preview", {"content": content, "channels": ["ch"]})
            (item,) = told.body["items"]
            asked = {"to": page["items"][0]["id"], "content": content}
            assert (await house.call("POST", "/messages", asked)).status == 202
            got = await shows(house, number, count + len(item["parts"]))
            assert got[count:] == item["parts"]
            count = len(got)
