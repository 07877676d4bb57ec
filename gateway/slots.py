"""Slots: how many sends of one channel are under way at a time, so that a provider that hangs holds only its own."""

import asyncio
from collections import deque


class Slots:
    """A number of slots, given to those who wait in their order."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> None:
        """Take a slot, be there a free one or not: for those who counted them before."""
        self._free -= 1

    async def wait(self, seconds: float) -> bool:
        """Take a slot as soon as there is one; False: there was none in that time."""
        if self._free > 0:
            self._free -= 1
            return True
        given = asyncio.get_running_loop().create_future()
        self._waiting.append(given)
        try:
            async with asyncio.timeout(seconds):
                await given
        except TimeoutError:
            return given.done() and not given.cancelled()
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():
                self.leave()
            raise
        return True

    def leave(self) -> None:
        """Give a slot back: to the first who waits, if there is one for them."""
        self._free += 1
        while self._free > 0 and self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                self._free -= 1
                given.set_result(None)
