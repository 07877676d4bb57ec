"""Deferred answers: a webhook that waits, for a bounded time, to carry one decided reply back in its answer.

After the durable write the request is registered under its customers' conversations. The sender that is about to send
to one of them may take it: the reply is marked `sending` like any other, and leaves as the webhook's answer.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from state.model.wire import Answer, Request

PATIENCE = 4.0
"""Seconds a webhook waits; the strictest provider waits five."""


class Waiting:
    """A webhook that waits for a reply, and the sender that waits to hear whether it left."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._closed: Callable[[], bool] = lambda: False
        self._answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._left: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @property
    def open(self) -> bool:
        """Whether a reply is still awaited."""
        return not self._answer.done()

    async def answer(self) -> Answer | None:
        """The answer that carries a reply, or none within the time, or where it may not leave any more."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._answer
        except TimeoutError:
            if self._answer.cancelled():
                return None
            answer = self._answer.result()  # given at the last moment: its sender waits to hear of it
        if self._closed():
            self.left(whole=False)
            return None
        return answer

    async def give(self, answer: Answer, closed: Callable[[], bool]) -> bool | None:
        """Let the webhook carry this; says whether it left (None: nobody knows).

        It is the webhook's task that writes it: `closed` tells it whether the fence is closed by then.
        """
        self._closed = closed
        self._answer.set_result(answer)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._left
        except TimeoutError:
            return None

    def left(self, *, whole: bool) -> None:
        """The answer was written, or its connection was gone before."""
        if not self._left.done():
            self._left.set_result(whole)


class Deferred:
    """The webhooks of this process that wait, by conversation."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    @contextmanager
    def registered(self, waiting: Waiting, conversations: Iterable[str]) -> Iterator[None]:
        """Let a sender find the webhook as long as the block runs."""
        names = list(conversations)
        self._waiting.update(dict.fromkeys(names, waiting))
        try:
            yield
        finally:
            for name in names:
                if self._waiting.get(name) is waiting:
                    del self._waiting[name]

    def find(self, conversation: str) -> Waiting | None:
        """A webhook that could carry a message to this conversation."""
        found = self._waiting.get(conversation)
        return found if found and found.open else None
