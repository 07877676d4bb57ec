"""The database as a stranger reads it, without going through the gateway."""

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import msgspec

from tests.crash.books import Kept

FACTS = ("accepted", "sent", "failed", "delivered", "read", "played")
QUERY = f"SELECT id, direction, content, provider_id, outcome, conversation, {', '.join(FACTS)} FROM message"
QUEUES = {
    "inbox": "SELECT count(*) FROM inbox",
    "outbox": "SELECT count(*) FROM outbox",
    "receipt": "SELECT count(*) FROM receipt JOIN message ON message.provider_id = receipt.provider_id",
}
"""What is left to do; a receipt of a message whose id nobody knows waits for ever."""


class _Text(msgspec.Struct):
    text: str = ""


_decode = msgspec.json.Decoder(_Text).decode


class Database(Protocol):
    """What the audit asks a database."""

    async def kept(self) -> list[Kept]:
        """All messages; to be asked while no gateway runs."""

    async def left(self) -> dict[str, int]:
        """How many rows are in each queue."""


def _kept(row: Any) -> Kept:
    facts = frozenset(name for name, at in zip(FACTS, tuple(row)[6:], strict=True) if at)
    return Kept(
        str(row[0]).replace("-", ""), row[1], _decode(row[2]).text, row[3], row[4], facts, str(row[5])
    )


class Sqlite:
    """A SQLite file; a dead gateway's is read from a copy, so that it finds its write-ahead log as it left it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def kept(self) -> list[Kept]:
        """All messages."""
        with tempfile.TemporaryDirectory(prefix="parley-crash-") as folder:
            for name in (self._path.name, f"{self._path.name}-wal"):
                if (self._path.parent / name).exists():
                    shutil.copy(self._path.parent / name, folder)
            return [_kept(row) for row in _query(Path(folder) / self._path.name, QUERY)]

    async def left(self) -> dict[str, int]:
        """How many rows are in each queue."""
        return {queue: _query(self._path, count)[0][0] for queue, count in QUEUES.items()}


def _query(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path, timeout=10)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


class Postgres:
    """A PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def kept(self) -> list[Kept]:
        """All messages."""
        return [_kept(row) for row in await self._query(QUERY)]

    async def left(self) -> dict[str, int]:
        """How many rows are in each queue."""
        return {queue: (await self._query(count))[0][0] for queue, count in QUEUES.items()}

    async def _query(self, sql: str) -> list[Any]:
        connection = await asyncpg.connect(self._url)
        try:
            return list(await connection.fetch(sql))
        finally:
            await connection.close()
