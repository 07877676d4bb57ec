"""A preview is what the customer gets: part by part, with a warning where it is other than it was written."""

import asyncio
import json
from typing import Any

import pytest

from tests.gateway.api.house import CUSTOMER, House

PLACE = {"type": "location", "latitude": 52.5, "longitude": 13.4, "name": "Berlin"}
PICTURE = {"type": "media", "kind": "image", "url": "https://example.org/p.jpg"}
OPTIONS = [{"id": f"o{n}", "title": f"Option {n}"} for n in range(11)]
MESSAGES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "a text": ({"type": "text", "text": "Hello"}, [], []),
    "a long text": ({"type": "text", "text": "word " * 1000 + "end"}, ["split"], []),
    "buttons": ({"type": "choice", "text": "Which?", "options": OPTIONS[:3]}, [], []),
    "too many options": (
        {"type": "choice", "text": "Which?", "options": OPTIONS},
        ["options_as_numbers"],
        [],
    ),
    "a long caption": (PICTURE | {"caption": "x" * 2000}, ["caption_apart"], []),
    "a place": (PLACE, [], ["location_as_text"]),
}


async def phone_shows(house: House, count: int) -> list[Any]:
    """What the simulated phone shows of so many messages of ours."""
    url = f"{house.url}/simulator/api/phone/{CUSTOMER}/events"
    shown: list[Any] = []
    async with asyncio.timeout(10), house.session.get(url) as stream:
        event = ""
        while len(shown) < count:
            line = (await stream.content.readline()).decode().strip()
            event = line.removeprefix("event: ") if line.startswith("event: ") else event
            if line.startswith("data: ") and event == "shown":
                entry = json.loads(line.removeprefix("data: "))
                shown += [entry["content"]] if entry["direction"] == "out" else []
    return shown


async def preview(house: House, content: Any, *channels: str) -> list[Any]:
    told = await house.call("POST", "/messages/preview", {"content": content, "channels": channels})
    assert told.status == 200, told
    items: list[Any] = told.body["items"]
    return items


@pytest.mark.parametrize(("content", "phone", "app"), MESSAGES.values(), ids=MESSAGES)
async def test_a_preview_is_what_the_phone_shows(
    house: House, content: dict[str, Any], phone: list[str], app: list[str]
) -> None:
    shown, other = await preview(house, content, "phone", "app")
    assert [[each["code"] for each in item["warnings"]] for item in (shown, other)] == [phone, app]
    await house.hears("hi")
    await phone_shows(house, 1)  # the reply window is open now
    asked = {"to": f"whatsapp:{CUSTOMER}", "channel": "phone", "content": content}
    assert (await house.call("POST", "/messages", asked)).status == 202
    got = await phone_shows(house, 1 + len(shown["parts"]))
    assert [each for each in got if each.get("text") != "you said hi"] == shown["parts"]


async def test_every_channel_is_shown_where_none_is_named(house: House) -> None:
    items = await preview(house, {"type": "text", "text": "Hello"})
    assert {each["channel"] for each in items} == {"app", "phone"}


async def test_what_a_channel_would_refuse_is_said_and_nothing_is_sent(house: House) -> None:
    template = {"type": "template", "name": "hello", "language": "en"}
    taken, refused = await preview(house, template, "phone", "app")
    assert (taken["problem"], taken["parts"]) == (None, [template])
    assert (refused["parts"], refused["problem"]["code"]) == ([], "invalid_content")
    assert (await house.call("GET", "/conversations")).body["items"] == []


async def test_an_unknown_channel_is_named(house: House) -> None:
    told = await house.call(
        "POST", "/messages/preview", {"content": {"type": "text", "text": "x"}, "channels": ["app", "no"]}
    )
    assert (told.status, told.body["code"], told.body["field"]) == (404, "unknown_channel", "channels[1]")
