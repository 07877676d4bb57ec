"""Wake-ups through Redis: each node hears the others' words once and in order, and its own only by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from gateway import wake as wake_module
from gateway.wake import Wake


class Heard:
    """The words a node hears, in their order."""

    def __init__(self, wake: Wake) -> None:
        self.words: asyncio.Queue[str] = asyncio.Queue()
        wake.on("word", self.words.put_nowait)

    async def next(self, count: int) -> list[str]:
        """The next so many words."""
        async with asyncio.timeout(10):
            return [await self.words.get() for _ in range(count)]


Pair = tuple[Wake, Wake, Heard]


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Pair]:
    """Two nodes that have found each other, and what the second hears."""
    one, two = Wake(redis_url), Wake(redis_url)
    heard = Heard(two)
    for wake in (one, two):
        wake.start()
    for n in range(1000):  # what is told before Redis is reached goes nowhere
        one.tell("word", [str(n)])
        await asyncio.sleep(0.01)
        if not heard.words.empty():
            break
    one.tell("word", ["begin"])
    while await heard.next(1) != ["begin"]:
        pass
    yield one, two, heard
    await asyncio.gather(one.stop(), two.stop())


async def test_words_come_once_and_in_their_order(pair: Pair) -> None:
    one, _, heard = pair
    said = ["c longest of all", "b longer", "a", "d"]
    for word in said:
        one.tell("word", [word])
    assert await heard.next(4) == said


async def test_one_s_own_words_do_not_come_back(pair: Pair) -> None:
    one, two, heard = pair
    two.tell("word", ["mine"])
    one.tell("word", ["theirs"])
    assert await heard.next(2) == ["mine", "theirs"]
    assert heard.words.empty()


async def test_that_redis_is_away_is_said_once_and_that_it_is_back_too(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, told = asyncio.Queue[None](), asyncio.Queue[tuple[str, bool]]()

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tried.put_nowait(None)
        writer.close()

    nobody = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    wake = Wake(f"redis://127.0.0.1:{nobody.sockets[0].getsockname()[1]}/0")
    monkeypatch.setattr(wake_module, "_AGAIN", 0.001)
    say = told.put_nowait
    monkeypatch.setattr(wake_module.log, "warning", lambda text, *_: say((text[:13], wake.carries)))
    wake.start()
    try:
        async with asyncio.timeout(20):
            for _ in range(40):
                await tried.get()
            wake._redis_url = redis_url
            heard = [await told.get() for _ in range(2)]
    finally:
        await wake.stop()
        nobody.close()
    assert heard == [("Redis is away", False), ("Redis is back", True)]


async def test_it_stops_though_a_cancellation_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()

    async def deaf(_: Wake) -> None:
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise OSError("as a library does that takes it for a time that is over")

    monkeypatch.setattr(wake_module, "_LOST", 0.01)
    monkeypatch.setattr(Wake, "_publish", deaf)
    monkeypatch.setattr(Wake, "_subscribe", deaf)
    wake = Wake("redis://127.0.0.1:1/0")
    wake.start()
    await begun.wait()
    async with asyncio.timeout(10):
        await wake.stop()
