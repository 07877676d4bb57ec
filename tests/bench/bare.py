"""The bare limits: the least a durable gateway has to do, with the same libraries and nothing of ours.

`accept`: aiohttp + uvloop, HMAC, typed decode, one row in a group commit (SQLite, synchronous=FULL), 200.
`turn`: the same, then one reply POSTed with aiohttp's client and the row marked sent in a group commit.
"""

import argparse
import asyncio
import hmac
import itertools
import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import msgspec
import uvloop
from aiohttp import ClientSession, TCPConnector, web

from tests.load.whatsapp import ACCESS_TOKEN, APP_SECRET, PHONE_NUMBER_ID

SENDERS = 256
GROUP = 128


class Words(msgspec.Struct):
    body: str


class Message(msgspec.Struct, rename={"sender": "from"}):
    sender: str
    id: str
    timestamp: str
    type: str
    text: Words | None = None


class Value(msgspec.Struct):
    messages: list[Message] = []


class Change(msgspec.Struct):
    field: str
    value: Value


class Entry(msgspec.Struct):
    id: str
    changes: list[Change]


class Webhook(msgspec.Struct):
    object: str
    entry: list[Entry]


Row = tuple[object, ...]


class Group:
    """All rows that wait share one transaction: statements in the loop's thread, the fsync in another."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=4000",
            "cache_size=-8000",
        ):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, key TEXT, body BLOB, sent TEXT)"
        )
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[tuple[str, Row, asyncio.Future[None]]] = deque()
        self._wake = asyncio.Event()

    def write(self, sql: str, row: Row) -> "asyncio.Future[None]":
        """The future ends when the row is on disk."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((sql, row, future))
        self._wake.set()
        return future

    async def run(self) -> None:
        """Commit group after group."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
                rows: dict[str, list[Row]] = {}
                for sql, row, _ in batch:
                    rows.setdefault(sql, []).append(row)
                self._db.execute("BEGIN")
                for sql, many in rows.items():
                    self._db.executemany(sql, many)
                await loop.run_in_executor(self._thread, self._db.execute, "COMMIT")
                for _, _, future in batch:
                    future.set_result(None)


INSERT = "INSERT INTO kept (id, key, body) VALUES (?, ?, ?)"
MARK = "UPDATE kept SET sent = ? WHERE id = ?"


class Bare:
    """The smallest gateway there can be; `stub` is the provider's port, 0 for accept alone."""

    def __init__(self, group: Group, stub: int) -> None:
        self._group, self._stub = group, stub
        self._decode = msgspec.json.Decoder(Webhook).decode
        self._ids = itertools.count(1)
        self._replies: asyncio.Queue[tuple[int, Message]] = asyncio.Queue()

    async def hook(self, request: web.Request) -> web.Response:
        """Verify, decode, store, answer."""
        body = await request.read()
        given = request.headers["X-Hub-Signature-256"][7:]
        if not hmac.compare_digest(hmac.digest(APP_SECRET.encode(), body, "sha256").hex(), given):
            return web.Response(status=401)
        for entry in self._decode(body).entry:
            for change in entry.changes:
                for message in change.value.messages:
                    number = next(self._ids)
                    await self._group.write(INSERT, (number, message.id, body))
                    if self._stub:
                        self._replies.put_nowait((number, message))
        return web.Response()

    async def reply(self, session: ClientSession) -> None:
        """Send replies one after the other; many of these run side by side."""
        url = f"http://127.0.0.1:{self._stub}/v26.0/{PHONE_NUMBER_ID}/messages"
        while True:
            number, message = await self._replies.get()
            body = {
                "messaging_product": "whatsapp",
                "to": message.sender,
                "type": "text",
                "text": {"body": message.text.body if message.text else ""},
                "biz_opaque_callback_data": str(number),
            }
            async with session.post(url, data=msgspec.json.encode(body), headers=HEADERS) as response:
                answer = msgspec.json.decode(await response.read())
            await self._group.write(MARK, (answer["messages"][0]["id"], number))


HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {ACCESS_TOKEN}"}


async def serve(path: str, stub: int) -> None:
    """Serve until ended."""
    group = Group(path)
    bare = Bare(group, stub)
    app = web.Application()
    app.router.add_post("/webhooks/wa", bare.hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession(connector=TCPConnector(limit=SENDERS)) as session:
        senders = [asyncio.create_task(bare.reply(session)) for _ in range(SENDERS if stub else 0)]
        print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.gather(group.run(), *senders)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--stub", type=int, default=0)
    given = parser.parse_args()
    uvloop.run(serve(given.database, given.stub))
