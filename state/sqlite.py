"""SQLite: statements run inline in the event loop's thread, only the commit (the fsync) and reads go to a thread.

One gateway owns the file: leases of conversations need not be written (`shared` is False) and a lock file keeps a
second one out.
"""

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from state.statements import Guard, Row, Statement, Write
from state.writer import Duplicate, Unavailable

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8000",
    "PRAGMA mmap_size=1073741824",
    "PRAGMA wal_autocheckpoint=4000",
)


class InUse(Unavailable):
    """Another process has this database open."""


def _own(path: str) -> IO[str]:
    """The lock that says a gateway runs on this file; it goes with the process, however that ends."""
    lock = open(f"{path}.lock", "w")  # noqa: SIM115 - held for the life of the process
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise InUse(
            f"a gateway runs on {path} already: stop it first; or give this one a file of its own (--database; a"
            " demonstration: --data-dir, with another --port); or use PostgreSQL, which serves several"
        ) from error
    return lock


def owned(path: str) -> bool:
    """Whether a gateway runs on a file."""
    try:
        _own(path).close()
    except InUse:
        return True
    return False


class SqliteBackend:
    """The writing connection and one reading connection on a SQLite file.

    The `owner` is the gateway; a command that only adds a channel or a key opens the file beside it.
    """

    dialect = "sqlite"
    shared = False

    def __init__(self, path: str, *, owner: bool = True) -> None:
        self.path = path
        self._lock = _own(path) if owner else None
        self._write = self._connect()
        self._read = self._connect()
        self._run = self._write.execute
        self._committer = ThreadPoolExecutor(1, "sqlite-commit")
        self._reader = ThreadPoolExecutor(1, "sqlite-read")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        return connection

    async def open(self) -> None:
        """Nothing to wait for: the connections are open."""

    async def close(self) -> None:
        """Close the connections and give the file free."""
        self._committer.shutdown()
        self._reader.shutdown()
        self._write.close()
        self._read.close()
        if self._lock:
            self._lock.close()

    def aside(self) -> None:
        """None: SQLite has one writer."""

    def hear(self, listener: Callable[[str], None]) -> None:
        """Nothing is told here."""

    async def begin(self) -> None:
        """Start a writing transaction."""
        try:
            self._run("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Unavailable(str(error)) from error

    async def commit(self) -> None:
        """Put the transaction on disk."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._committer, self._run, "COMMIT")
        except sqlite3.OperationalError as error:
            raise Unavailable(str(error)) from error

    async def rollback(self) -> None:
        """Undo the transaction."""
        if self._write.in_transaction:
            self._run("ROLLBACK")

    async def savepoint(self) -> None:
        """Mark where to go back to."""
        self._run("SAVEPOINT one")

    async def release(self) -> None:
        """Forget the mark."""
        self._run("RELEASE one")

    async def undo(self) -> None:
        """Go back to the mark."""
        self._run("ROLLBACK TO one")

    async def run(self, statement: Statement, rows: Sequence[Row]) -> Sequence[Any]:
        """Run a statement for each row; a Write answers nothing, the others a list of rows each."""
        text = statement.text("sqlite")
        try:
            if isinstance(statement, Write):
                done = self._write.executemany(text.sql, text.rows(rows))
                if isinstance(statement, Guard):
                    statement.check(done.rowcount, rows)
                return ()
            return [self._run(text.sql, row).fetchall() for row in text.rows(rows)]
        except sqlite3.IntegrityError as error:
            raise Duplicate(str(error)) from error
        except sqlite3.OperationalError as error:
            raise Unavailable(str(error)) from error

    async def read(self, statement: Statement, row: Row) -> list[Row]:
        """Answer a query outside any transaction, from the last commit."""
        text = statement.text("sqlite")

        def work() -> list[Row]:
            try:
                return self._read.execute(text.sql, text.rows([row])[0]).fetchall()
            except sqlite3.OperationalError as error:
                raise Unavailable(str(error)) from error

        return await asyncio.get_running_loop().run_in_executor(self._reader, work)
