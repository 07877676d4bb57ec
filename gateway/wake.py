"""Wake-ups: "there is work", told within this process at once and to other nodes through Redis where there is one.
That the suspensions have changed PostgreSQL tells too, with the commit.

Never the truth: a wake-up that is lost costs a poll's length, not a message.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from secrets import token_hex

log = logging.getLogger("parley.wake")
CHANNEL = "parley:wake"
_AGAIN = 1.0
"""Seconds until Redis is tried again."""
_LOST = 0.5
"""Seconds after which a cancellation is taken for lost."""


class Signal:
    """An event that many may set and one waits for, at most for a time."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """There is work."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Until there is work, or the time is over; the signal is taken down. Says whether there was work."""
        if not self._event.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):  # Python 3.11's wait_for may lose a cancellation
                    await self._event.wait()
        was_set = self._event.is_set()
        self._event.clear()
        return was_set


class Wake:
    """Topics with listeners. A topic is a word, with a detail after a colon (`outbox:wa`)."""

    def __init__(self, redis_url: str = "") -> None:
        self._listeners: dict[str, list[Callable[[str], None]]] = {}
        self._redis_url = redis_url
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(10_000)
        self._name = token_hex(8)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_away = False

    @property
    def carries(self) -> bool:
        """Whether other processes can wake this one, as far as is known."""
        return bool(self._redis_url) and not self._is_away

    def on(self, topic: str, listener: Callable[[str], None]) -> None:
        """Call a listener with the detail of every wake-up of a topic."""
        self._listeners.setdefault(topic, []).append(listener)

    def tell(self, topic: str, details: Iterable[str] = ("",)) -> None:
        """Wake the listeners here and on the other nodes."""
        for detail in details:
            self._local(topic, detail)
            if self._redis_url:
                with contextlib.suppress(asyncio.QueueFull):
                    self._outgoing.put_nowait(f"{topic}:{detail}")

    def heard(self, word: str) -> None:
        """Wake the listeners here by what another process has told (`topic:detail`)."""
        topic, _, detail = word.partition(":")
        self._local(topic, detail)

    def _local(self, topic: str, detail: str) -> None:
        for listener in self._listeners.get(topic, ()):
            listener(detail)

    def start(self) -> None:
        """Connect to Redis in the background, where there is one."""
        if self._redis_url:
            loop = asyncio.get_running_loop()
            self._tasks = [loop.create_task(self._forever(work)) for work in (self._publish, self._subscribe)]

    async def stop(self) -> None:
        """Leave Redis; whoever has lost its cancellation in the middle of connecting is told again."""
        left = set(self._tasks)
        while left:
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=_LOST)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _forever(self, work: Callable[[], "asyncio.Future[None] | object"]) -> None:
        """Do it again after a while whenever Redis goes away."""
        from redis.exceptions import RedisError

        while True:
            try:
                await work()  # type: ignore[misc]
            except (RedisError, OSError) as error:
                self._away(error)
                await asyncio.sleep(_AGAIN)

    def _away(self, error: Exception | None) -> None:
        """Say once that Redis is away, and once that it is back."""
        if bool(error) == self._is_away:
            return
        self._is_away = bool(error)
        if error:
            log.warning("Redis is away (%s): other nodes are found by polling until it is back", error)
        else:
            log.warning("Redis is back")

    async def _publish(self) -> None:
        import redis.asyncio

        async with redis.asyncio.Redis.from_url(self._redis_url, protocol=3) as client:
            await client.ping()
            self._away(None)
            self._drain()  # what waited while Redis was away is found by polling, and chunks are too old to be shown
            while True:
                words = [await self._outgoing.get(), *self._drain()]
                pipe = client.pipeline(transaction=False)
                for word in dict.fromkeys(words):
                    pipe.publish(CHANNEL, f"{self._name} {word}")
                await pipe.execute()

    def _drain(self) -> list[str]:
        found = []
        while not self._outgoing.empty():
            found.append(self._outgoing.get_nowait())
        return found

    async def _subscribe(self) -> None:
        import redis.asyncio

        async with (
            redis.asyncio.Redis.from_url(self._redis_url, protocol=3) as client,
            client.pubsub() as pubsub,
        ):
            await pubsub.subscribe(CHANNEL)
            async for message in pubsub.listen():
                if message["type"] == "message":
                    sender, _, word = message["data"].decode().partition(" ")
                    if sender != self._name:
                        self.heard(word)
