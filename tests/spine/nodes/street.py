"""Two gateway processes on one PostgreSQL, told of work through Redis, and the provider they both send to."""

import asyncio
import itertools
import signal
import socket
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
MOVABLE = """SELECT count(*) FROM outbox AS o WHERE state <> 'held' AND NOT EXISTS (
    SELECT 1 FROM outbox AS h WHERE h.conversation = o.conversation AND h.id < o.id AND h.state = 'held')"""
"""The rows that are neither held nor wait behind one that is."""
BEHIND = """SELECT count(*) FROM node WHERE epoch < (SELECT epoch FROM fence)
    AND permit_until > extract(epoch FROM clock_timestamp()) * 1000"""
"""The nodes that may still send and do not know what is suspended."""
NOWHERE = 9
MOVE = f"""UPDATE channel SET settings = replace(replace(settings, ':{NOWHERE}/', $1), '"pace":"{NOWHERE}"', $2)"""
"""The channel's provider is at a port from now on, and takes messages at a pace."""
OUT = "SELECT count(*) FROM message WHERE direction = 'out'"
TURNS = "SELECT count(*) FROM journal"
UNKNOWN = "SELECT count(*) FROM message WHERE outcome = 'unknown' AND accepted = 0"


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

    def after(self, moment: float) -> list[Begun]:
        """The sends that began after a moment (monotonic seconds)."""
        return [each for each in self.begun if each.at > moment]


class Door:
    """The provider's port. While it is shut its one place is taken: who comes waits, half connected, before it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._listening.setblocking(False)
        self.port = self._listening.getsockname()[1]
        self._first = socket.create_connection(("127.0.0.1", self.port))

    async def open(self) -> None:
        """Let in who waits, within a second: that is when TCP knocks again."""
        await self._provider.start(self._listening)
        self._first.close()

    def close(self) -> None:
        """Let nobody in any more."""
        self._first.close()
        self._listening.close()

    def connections(self, state: str) -> int:
        """How many connections to the port are in a state (proc(5), net/tcp: `02` half made, `01` made)."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        return [row[3] for row in rows if row[2].endswith(f":{self.port:04X}")].count(state)


class Node:
    """One gateway process."""

    def __init__(self, server: Server, session: aiohttp.ClientSession, key: str) -> None:
        self.server, self._session, self._key = server, session, key
        self.url = ""

    async def ready(self) -> None:
        """Wait until it listens."""
        port, _ = await asyncio.to_thread(self.server.wait_ready)
        self.url = f"http://127.0.0.1:{port}"

    async def says(self, number: int, *texts: str) -> int:
        """A customer writes some texts in one webhook; gives the status, 0 where no answer came."""
        phone = whatsapp.phone(number)
        parts = [whatsapp.text_message(phone, f"wamid.{number}.{text}", text) for text in texts]
        head, _, body = whatsapp.signed(whatsapp.webhook(parts)).partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        try:
            async with self._session.post(f"{self.url}/webhooks/wa", data=body, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0

    async def call(self, path: str, body: Any) -> Any:
        """POST to `/v1` with a key that may do all; gives the answer's JSON."""
        headers = {"Authorization": f"Bearer {self._key}"}
        async with self._session.post(f"{self.url}/v1{path}", json=body, headers=headers) as answer:
            told = msgspec.json.decode(await answer.read())
            assert answer.status < 300, told
            return told

    async def suspend(self, **scope: str) -> tuple[str, float]:
        """Suspend a scope; gives the suspension's id and the moment it was told (monotonic seconds)."""
        made = await self.call("/suspensions", {"scope": scope, "reason": "complaints"})
        return made["id"], time.monotonic()

    async def lift(self, suspension: str) -> None:
        """Lift a suspension."""
        await self.call(f"/suspensions/{suspension}/lift", {"reason": "over"})

    async def counted(self, name: str) -> int:
        """The sum of one of its counters, `turns` or `sends`."""
        async with self._session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(
            int(float(line.split()[-1])) for line in lines if line.startswith(f"parley_{name}_total{{")
        )

    def freeze(self) -> None:
        """SIGSTOP."""
        kill(self.server.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        kill(self.server.pid, signal.SIGCONT)


class Street:
    """The two nodes `a` and `b`, the provider and its door, and a look into the database."""

    def __init__(self, a: Node, b: Node, post: Post, door: Door, database: asyncpg.Pool) -> None:
        self.a, self.b, self.post, self.door, self._database = a, b, post, door, database

    async def rows(self, query: str) -> Sequence[Any]:
        """The rows of a query."""
        return [tuple(row) for row in await self._database.fetch(query)]

    async def one(self, query: str) -> int:
        """The number a query gives."""
        return int(await self._database.fetchval(query))

    async def until(self, look: Callable[[], Awaitable[T]], is_so: Callable[[T], Any] = bool) -> T:
        """Look again and again until what is seen is so; gives what was seen."""
        end = time.monotonic() + PATIENCE
        while not is_so(seen := await look()):
            assert time.monotonic() < end, f"it never became so: {seen}; {self.a.server.tail(800)}"
            await asyncio.sleep(0.01)
        return seen

    async def until_one(self, query: str, wanted: int = 1) -> None:
        """Wait until a query gives a number."""
        await self.until(lambda: self.one(query), lambda found: found == wanted)

    async def until_begun(self, count: int) -> None:
        """Wait until so many sends have begun."""

        async def begun() -> int:
            return len(self.post.begun)

        await self.until(begun, lambda found: found >= count)

    async def until_connection(self, state: str) -> None:
        """Wait until there is a connection to the provider in a state, as `Door.connections` names it."""

        async def connections() -> int:
            return self.door.connections(state)

        await self.until(connections)

    async def both(self, name: str) -> int:
        """What the node that has done less has done of `turns` or `sends`."""
        return min(await self.a.counted(name), await self.b.counted(name))

    async def quiet(self) -> None:
        """Wait until nothing is left to be done."""
        await self.until_one("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM outbox)", 0)


class Town(NamedTuple):
    """A database with a channel and a key that may do all."""

    url: str
    key: str


def founded(folder: Path, url: str) -> Town:
    """Make a town in an empty database, as an admin does; its channel's provider is nowhere yet."""
    Gateway(folder, url).prepare(NOWHERE, pace=str(NOWHERE))
    told = run("gateway", "keys", "create", "test", "--config", str(folder / "parley.toml"))
    return Town(url, told.split()[-1])


@asynccontextmanager
async def street(
    folder: Path, town: Town, redis: str, pace: str = "100000", **more: Any
) -> AsyncIterator[Street]:
    """Start both nodes in a town of their own; whatever a test has done to them, they are gone afterwards."""
    post = Post()
    stub = Provider(lambda: GraphCaller(post.take))
    door = Door(stub)
    settings: dict[str, Any] = {
        "redis": redis, "bots": ["tests.spine.nodes.bot:Held"], "lease_seconds": 1.0, "permit_seconds": 0.5,
    }  # fmt: skip
    for name in "ab":
        (folder / name).mkdir()
    gateways = [Gateway(folder / name, town.url, node=name, **(settings | more)) for name in "ab"]
    nodes: list[Node] = []
    try:
        async with (
            aiohttp.ClientSession() as session,
            asyncpg.create_pool(town.url, min_size=1, max_size=2) as pool,
        ):
            await pool.execute(MOVE, f":{door.port}/", f'"pace":"{pace}"')
            nodes += [Node(each.start(), session, town.key) for each in gateways]
            await asyncio.gather(*(node.ready() for node in nodes))
            yield Street(nodes[0], nodes[1], post, door, pool)
    finally:
        for node in nodes:
            node.server.kill()
        stub.stop()
        door.close()
