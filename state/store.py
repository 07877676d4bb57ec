"""The store: one door to the database for everybody above. Operations are written in groups, queries read."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from state.statements import Query, Row
from state.writer import Backend, Work, Writer

T = TypeVar("T")


class Database(Backend, Protocol):
    """What a database backend offers beside writing."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""

    @property
    def shared(self) -> bool:
        """Whether other gateways may write too."""

    async def open(self) -> None:
        """Connect."""

    async def close(self) -> None:
        """Close all connections."""

    def aside(self) -> Backend | None:
        """A second connection that writes, made when it is first needed; None where there can be one writer only."""

    def hear(self, listener: Callable[[str], None]) -> None:
        """Call a listener with what commits tell, where the database carries that."""

    async def read(self, statement: Query, row: Row) -> list[Row]:
        """Answer a query from the last commit."""


class BadUrl(ValueError):
    """A database URL of a kind we do not serve."""


def sqlite_path(url: str) -> str:
    """The file of a `sqlite:///relative` or `sqlite:////absolute` URL; raises BadUrl."""
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite" or not path:
        raise BadUrl(f"{url!r}: sqlite:///file or postgresql://… is expected")
    return path


def _backend(url: str, owner: bool) -> Database:
    if url.startswith(("postgresql://", "postgres://")):
        from state.postgres import PostgresBackend

        return PostgresBackend(url)
    from state.sqlite import SqliteBackend

    return SqliteBackend(sqlite_path(url), owner=owner)


class Store:
    """An open database. `shared` says whether other gateways may work on it too; `owner` is false for commands."""

    def __init__(self, url: str, *, batch: int = 128, owner: bool = True) -> None:
        self._database = _backend(url, owner)
        self._writer = Writer(self._database, batch)
        second = self._database.aside()
        self._aside = Writer(second, batch) if second else self._writer
        self.shared = self._database.shared
        self.dialect = self._database.dialect

    async def open(self) -> "Store":
        """Connect and begin to commit; raises Unavailable."""
        await self._database.open()
        for each in {self._writer, self._aside}:
            each.start()
        return self

    async def close(self) -> None:
        """Commit what waits, then close."""
        for each in {self._writer, self._aside}:
            await each.stop()
        await self._database.close()

    def write(self, op: Callable[..., Work[T]], *args: Any) -> "asyncio.Future[T]":
        """Run an operation in the next group commit; what the future gives is on disk."""
        return self._writer.submit(op, args)

    def alone(self, op: Callable[..., Work[T]], *args: Any) -> "asyncio.Future[T]":
        """Run an operation in a commit of its own: nobody else's falls between what it reads and what it writes."""
        return self._writer.submit(op, args, alone=True)

    def aside(self, op: Callable[..., Work[T]], *args: Any) -> "asyncio.Future[T]":
        """Run an operation in a commit of its own that waits for no group commit, where the database can do that.

        The fence's: what others wait for must not stand behind their work.
        """
        return self._aside.submit(op, args, alone=True)

    def hear(self, listener: Callable[[str], None]) -> None:
        """Call a listener with what commits tell, by any process (`word:detail`), where the database carries that.

        From the first operation aside on; what is told while that connection is lost is lost too.
        """
        self._database.hear(listener)

    async def read(self, query: Query, *row: Any) -> list[Row]:
        """Run a plain read; raises Unavailable."""
        return await self._database.read(query, row)

    @property
    def batch_mean(self) -> float:
        """How many operations a commit has carried on average."""
        return self._writer.jobs / self._writer.batches if self._writer.batches else 0.0
