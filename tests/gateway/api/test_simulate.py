"""`parley simulate` on a running demonstration: the provider's end misbehaves as it is told, and recovers."""

import argparse
import asyncio
from typing import Any

import pytest

from gateway.cli import Failure, simulate
from tests.gateway.api.house import House


async def told(house: House, capsys: Any, *words: str) -> str:
    parser = argparse.ArgumentParser()
    simulate.declare("simulate", parser)
    args = parser.parse_args(["--url", house.url, "--channel", "phone", *words])
    assert await asyncio.to_thread(simulate.run, args) == 0
    return str(capsys.readouterr().out)


async def test_a_ban_is_refused_by_the_provider_and_becomes_a_signal(house: House, capsys: Any) -> None:
    assert await told(house, capsys, "--fault", "ban") == "ban: 1 more\n"
    await house.hears("hi")
    signals = await house.until("/signals", lambda page: len(page["items"]) == 2)
    assert {each["action"] for each in signals["items"]} == {"SUSPEND"}
    assert await told(house, capsys) == "no fault is set\n"


async def test_a_message_that_comes_thrice_is_answered_once(house: House, capsys: Any) -> None:
    await told(house, capsys, "--fault", "duplicates", "--times", "3")
    for words in ("one", "two", "three"):
        await house.hears(words)
    page = await house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    found = await house.until(
        path, lambda body: [each["status"] for each in body["items"]].count("read") == 3
    )
    assert len([each for each in found["items"] if each["direction"] == "in"]) == 3


async def test_an_outage_is_outlasted(house: House, capsys: Any) -> None:
    await told(house, capsys, "--fault", "unavailable", "--times", "2")
    await house.hears("hi")
    page = await house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    await house.until(path, lambda body: "read" in [each["status"] for each in body["items"]])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--channel", "app", "--fault", "ban"],
            "there is no simulated channel 'app': is .* a demonstration with",
        ),
        (
            ["--channel", "phone", "--fault", "flood"],
            "'flood' is no fault; there are duplicates.* ban, undeliverable$",
        ),
        (
            ["--channel", "phone", "--fault", "ban", "--times", "-3"],
            "-3 times: a fault happens once or more; 0 cle",
        ),
        (
            ["--channel", "phone", "--fault", "undeliverable", "--times", "0"],
            "0 times: the next 1 to 100 messages are not delivered",
        ),
        (["--channel", "phone", "--url", "nowhere"], "no demonstration answers"),
        (["--channel", "phone", "--url", "http://127.0.0.1:1"], "no demonstration answers"),
    ],
)
async def test_what_cannot_be_simulated_is_said(
    house: House, capsys: Any, words: list[str], said: str
) -> None:
    with pytest.raises(Failure, match=said):
        await told(house, capsys, *words)
