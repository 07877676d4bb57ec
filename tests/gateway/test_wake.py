"""Wake-ups through Redis: each node hears the others' words once and in order, and its own only by itself."""

import asyncio
from collections.abc import AsyncIterator

import pytest

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
