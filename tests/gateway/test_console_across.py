"""What the console says of suspensions of more than one channel: shown once, by what they stop, with a word at each."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.api.house import House, on_sqlite, running
from tests.gateway.test_console import cookie, sign_in


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path, on_sqlite(tmp_path)) as made:
        yield made


async def shown(house: House) -> str:
    """The page's words, without its tags."""
    text = (await house.ask("GET", "/admin", headers=cookie(await sign_in(house)))).text
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


WIDE = [
    ({"team": "default"}, "team default"),
    ({}, "everything"),
    ({"sender": "15550100"}, "sender 15550100"),
]


@pytest.mark.parametrize(("scope", "what"), WIDE)
async def test_a_suspension_of_several_channels_is_shown_once_by_what_it_stops(
    house: House, scope: dict[str, str], what: str
) -> None:
    asked = {"scope": scope, "reason": "a test", "second_actor": True}
    await house.call("POST", "/suspensions", asked)
    page = await shown(house)
    assert (page.count(f"Stops {what}"), page.count("Ask to lift …"), page.count("Held")) == (1, 1, 1)
    assert ("Stops the channel" in page, "Across channels" in page) == (False, True)
    stopped = 1 if "sender" in scope else 2
    assert page.count(f"Suspended with {what} : a test") == stopped


async def test_what_is_announced_for_several_channels_names_what_it_will_stop(house: House) -> None:
    await house.call("POST", "/suspensions", {"scope": {}, "reason": "a test", "lead": 60})
    page = await shown(house)
    assert page.count("Announced for everything , in force") == 1
    assert page.count("Announced with everything : a test") == 2
    assert (page.count("Withdraw …"), page.count("Suspend …"), page.count("Needs attention")) == (1, 2, 2)


async def test_a_suspension_of_a_channel_is_shown_at_it_alone(house: House) -> None:
    await house.call("POST", "/suspensions", {"scope": {"channel": "app"}, "reason": "a test"})
    page = await shown(house)
    assert (page.count("Stops the channel"), page.count("Lift …"), "Across channels" in page) == (1, 1, False)
    assert "Suspended with" not in page
