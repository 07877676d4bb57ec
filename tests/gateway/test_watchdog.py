"""What holds up the loop is told with the bot and the line; what is not a bot's is not laid at its door."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest

from conversations import engine
from conversations.router import Router
from gateway.watchdog import BEAT, Watchdog
from state.model.turn import Customer, Snapshot
from tests.conversations.kit import NOW, said
from tests.gateway import slow_bot

ROUTER = Router([slow_bot.Slow])


class Told(logging.Handler):
    """What a watchdog says."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.put_nowait(record.getMessage())


@pytest.fixture
async def told() -> AsyncIterator[Told]:
    """What is told while a watchdog watches this test."""
    told, log = Told(), logging.getLogger("parley.watchdog")
    log.addHandler(told)
    watching = asyncio.create_task(Watchdog(ROUTER).run())
    await asyncio.sleep(0)
    yield told
    watching.cancel()
    log.removeHandler(told)


def play() -> None:
    engine.play(Snapshot(), [said("hi")], Customer(), ROUTER, NOW, "t")


async def test_a_callback_that_waits_is_told_with_its_line(told: Told) -> None:
    play()
    line = await told.lines.get()
    assert line.startswith("Slow held up every conversation for 0.")
    assert f"in wait ({slow_bot.__file__}:{slow_bot.Slow.wait.__code__.co_firstlineno + 1})" in line
    assert "belongs into an @effect" in line


async def test_so_is_an_effect(told: Told) -> None:
    await engine.run_effect(ROUTER, "Slow", "ask", {}, "k", None)  # type: ignore[arg-type]
    assert f"in ask ({slow_bot.__file__}:" in await told.lines.get()


async def test_what_others_do_is_not_told(told: Told) -> None:
    time.sleep(slow_bot.LONG)  # noqa: ASYNC251 - nobody's bot
    await asyncio.sleep(2 * BEAT)  # the loop beats again
    play()
    assert "in wait (" in await told.lines.get()
    assert told.lines.empty()
