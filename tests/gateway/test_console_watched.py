"""The console shows what a team has to see at once: notices under way, signals, hooks that fail."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from state.model.event import Notice
from state.traffic import note
from tests.gateway.api.house import House, on_sqlite, running
from tests.gateway.test_console import cookie, sign_in

TOKEN = f"EA{'A' * 30}"
SIGN = Notice(key="n1", at=1, code="131048", action="WARN", reason="spam reports", evidence={"token": TOKEN})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway with a signal, and a hook that nobody answers at."""
    async with running(tmp_path, on_sqlite(tmp_path)) as house:
        await house.gateway.store.write(note, "phone", SIGN)
        hook = {"url": "http://127.0.0.1:1/in?token=hidden-word", "events": ["suspension.*"]}
        assert (await house.call("POST", "/hooks", hook)).status == 201
        yield house


async def page(house: House, key: str = "admin") -> str:
    """The page as somebody sees it."""
    return (await house.ask("GET", "/admin", headers=cookie(await sign_in(house, key)))).text


async def test_a_page_shows_notices_signals_and_hooks_that_fail(house: House) -> None:
    await house.call("POST", "/suspensions", {"scope": {"campaign": "sale"}, "reason": "a peak", "lead": 900})
    text = await house.becomes(lambda: page(house), lambda text: "parley hooks deliveries" in text)
    shown = ("<strong>WARN</strong> <code>131048</code>", "spam reports", "Announced for campaign sale</a>",
             "http://127.0.0.1:1/in")  # fmt: skip
    assert [each for each in shown if each not in text] == []
    assert [each for each in ("hidden-word", TOKEN) if each in text] == []


async def test_who_may_not_see_hooks_or_signals_is_not_shown_them(house: House) -> None:
    await house.call("POST", "/suspensions", {"scope": {"channel": "app"}, "reason": "x"})
    await house.becomes(lambda: page(house), lambda text: "127.0.0.1:1/in" in text)
    shown = {}
    for scope in ("suspend", "terms:accept"):
        text = await page(house, scope)
        shown[scope] = ("131048" in text, "127.0.0.1:1/in" in text)
    assert shown == {"suspend": (True, False), "terms:accept": (False, False)}
