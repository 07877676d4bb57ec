"""Two gateway processes on one PostgreSQL, told of work through Redis, and the provider they both send to."""

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from os import kill
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import aiohttp
import asyncpg
import msgspec

from tests.load import whatsapp
from tests.load.gateway import Gateway
from tests.load.process import Server, run
from tests.load.provider import GraphCaller, Provider, Send

T = TypeVar("T")
PATIENCE = 30.0
"""Seconds until a condition must have come true."""


class Begun(NamedTuple):
    """A send as the provider saw it begin: when (monotonic seconds), to which customer, our id, and its words."""

    at: float
    number: int
    ours: str
    text: str


class Post:
    """The provider's end: notes each send before it answers; while `hanging` is set it answers none."""

    def __init__(self) -> None:
        self.begun: list[Begun] = []
        self.hanging = False
        self.waiting: list[tuple[Send, GraphCaller]] = []
        self._ids = itertools.count(1)

    def take(self, send: Send, caller: GraphCaller) -> None:
        """Take one send."""
        number = whatsapp.customer(send.to)
        self.begun.append(Begun(time.monotonic(), number, send.biz_opaque_callback_data, send.text.body))
        if self.hanging:
            self.waiting.append((send, caller))
        else:
            caller.accept(send, f"wamid.reply.{next(self._ids)}")

    def answer(self) -> None:
        """Answer what hangs, and hang no more."""
        self.hanging = False
        waiting, self.waiting = self.waiting, []
        for send, caller in waiting:
            caller.accept(send, f"wamid.reply.{next(self._ids)}")

    def of(self, number: int) -> list[str]:
        """The words sent to a customer, in the order in which their sends began."""
        return [each.text for each in self.begun if each.number == number]


class Node:
    """One gateway process."""

    def __init__(self, server: Server, session: aiohttp.ClientSession, key: str) -> None:
        self.server, self._session, self._key = server, session, key
        self.url = ""

    async def ready(self) -> "Node":
        """Wait until it listens."""
        port, _ = await asyncio.to_thread(self.server.wait_ready)
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def post(self, body: bytes) -> int:
        """Post a signed webhook; gives the status, 0 where no answer came."""
        head = whatsapp.signed(body).partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        headers = dict(line.split(": ", 1) for line in head)
        try:
            async with self._session.post(f"{self.url}/webhooks/wa", data=body, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0

    async def says(self, number: int, *texts: str) -> int:
        """A customer writes some texts in one webhook."""
        phone = whatsapp.phone(number)
        parts = [whatsapp.text_message(phone, f"wamid.{number}.{text}", text) for text in texts]
        return await self.post(whatsapp.webhook(parts))

    async def call(self, path: str, body: Any) -> Any:
        """POST to `/v1` with a key that may do all; gives the answer's JSON."""
        headers = {"Authorization": f"Bearer {self._key}"}
        async with self._session.post(f"{self.url}/v1{path}", json=body, headers=headers) as answer:
            told = msgspec.json.decode(await answer.read())
            assert answer.status < 300, told
            return told

    async def turns(self) -> int:
        """How many turns it has committed."""
        async with self._session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(int(float(line.split()[-1])) for line in lines if line.startswith("parley_turns_total{"))

    def freeze(self) -> None:
        """SIGSTOP."""
        kill(self.server.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        kill(self.server.pid, signal.SIGCONT)


class Street:
    """The two nodes `a` and `b`, the provider, and a look into the database."""

    def __init__(self, a: Node, b: Node, post: Post, database: asyncpg.Pool) -> None:
        self.a, self.b, self.post, self._database = a, b, post, database

    async def rows(self, query: str) -> Sequence[Any]:
        """The rows of a query."""
        return list(await self._database.fetch(query))

    async def one(self, query: str) -> int:
        """The number a query gives."""
        return int(await self._database.fetchval(query))

    async def until(self, look: Callable[[], Awaitable[T]], is_so: Callable[[T], Any] = bool) -> T:
        """Look again and again until what is seen is so; gives what was seen."""
        end = time.monotonic() + PATIENCE
        while not is_so(seen := await look()):
            assert time.monotonic() < end, f"it never became so: {seen}; {self.a.server.tail(800)}"
            await asyncio.sleep(0.02)
        return seen

    async def quiet(self) -> None:
        """Wait until nothing is left to be done."""
        await self.until(
            lambda: self.one("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM outbox)"),
            lambda left: left == 0,
        )


async def until_hanging(street: Street) -> None:
    """Wait until a send hangs at the provider."""

    async def hanging() -> int:
        return len(street.post.waiting)

    await street.until(hanging)


@asynccontextmanager
async def street(folder: Path, url: str, redis: str, pace: str = "100000") -> AsyncIterator[Street]:
    """Start both nodes on an empty database; whatever a test has done to them, they are gone afterwards."""
    post = Post()
    stub = await Provider(lambda: GraphCaller(post.take)).start()
    always: dict[str, Any] = {
        "redis": redis, "bots": ["tests.spine.nodes.bot:Slow"], "lease_seconds": 1.0, "permit_seconds": 0.5,
    }  # fmt: skip
    for name in "ab":
        (folder / name).mkdir()
    one, two = (Gateway(folder / name, url, node=name, **always) for name in "ab")
    await asyncio.to_thread(one.prepare, stub.port, pace=pace)
    config = str(folder / "a" / "parley.toml")
    key = (await asyncio.to_thread(run, "gateway", "keys", "create", "test", "--config", config)).strip()
    async with aiohttp.ClientSession() as session, asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
        nodes = [Node(each.start(), session, key.split()[-1]) for each in (one, two)]
        try:
            a, b = [await node.ready() for node in nodes]
            yield Street(a, b, post, pool)
        finally:
            for node in nodes:
                node.thaw() if node.server.alive else None
                node.server.kill()
            stub.stop()
