"""PostgreSQL through asyncpg: a writing connection for the group commits, one for the fence, a small pool for reads.

Ids travel as 32 hex digits (a codec of ours on the uuid type). Lost connections are made again; what was under way
then is reported as unavailable, never as stored.
"""

from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from state.statements import CHANNEL, Fetch, Guard, Row, Statement, Write
from state.writer import Conflict, Duplicate, Unavailable

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says where a connection ends between two of its steps
    OSError,
)
_END_IDLE = "SET idle_in_transaction_session_timeout = '2s'"
"""What a node that freezes in a transaction has locked is free for the others after this time, a suspension may wait
for it. A setting of the session, not of its start: poolers refuse those they do not know."""
_CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


async def prepare(connection: asyncpg.Connection) -> None:
    """Ids as 32 hex digits on every connection of ours."""
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=bytes.fromhex, decoder=bytes.hex, format="binary"
    )


class PostgresWriter:
    """One connection that writes, made when it is first needed and again where it was lost."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._write: asyncpg.Connection | None = None
        self._listener: Callable[[str], None] | None = None

    async def _connect(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self.url, server_settings={"application_name": "parley"})
        await prepare(connection)
        await connection.execute(_END_IDLE)
        if hear := self._listener:
            await connection.add_listener(CHANNEL, lambda *told: hear(told[3]))
        return connection

    def hear(self, listener: Callable[[str], None]) -> None:
        """Call a listener with what a commit tells (`Telling`), from the next connection on."""
        self._listener = listener

    async def close(self) -> None:
        """Close the connection."""
        if self._write:
            await self._write.close()

    async def begin(self) -> None:
        """Start a writing transaction, on a new connection where the old one is lost."""
        try:
            if self._write is None or self._write.is_closed():
                self._write = await self._connect()
            await self._write.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        except _LOST as error:
            raise Unavailable(f"PostgreSQL cannot be reached: {error}") from error

    async def commit(self) -> None:
        """Put the transaction on disk."""
        await self._execute("COMMIT")

    async def rollback(self) -> None:
        """Undo the transaction."""
        if self._write and not self._write.is_closed():
            try:
                await self._write.execute("ROLLBACK")
            except _LOST:
                self._write.terminate()

    async def savepoint(self) -> None:
        """Mark where to go back to."""
        await self._execute("SAVEPOINT one")

    async def release(self) -> None:
        """Forget the mark."""
        await self._execute("RELEASE SAVEPOINT one")

    async def undo(self) -> None:
        """Go back to the mark."""
        await self._execute("ROLLBACK TO SAVEPOINT one")

    async def _execute(self, sql: str) -> None:
        assert self._write is not None
        try:
            await self._write.execute(sql)
        except _CONFLICTS as error:
            raise Conflict(str(error)) from error
        except _LOST as error:
            raise Unavailable(str(error)) from error

    async def run(self, statement: Statement, rows: Sequence[Row]) -> Sequence[Any]:
        """Run a statement for all rows: writes as one executemany, fetches as one statement with arrays."""
        assert self._write is not None
        text = statement.text("postgresql")
        try:
            if isinstance(statement, Write):
                ordered = sorted(rows, key=statement.order) if statement.order else rows
                if isinstance(statement, Guard):
                    statement.check(len(await self._write.fetchmany(text.sql, text.rows(ordered))), rows)
                else:
                    await self._write.executemany(text.sql, text.rows(ordered))
                return ()
            if isinstance(statement, Fetch):
                return await self._fetch(statement, text.sql, rows)
            return [await self._write.fetch(text.sql, *row) for row in text.rows(rows)]
        except asyncpg.UniqueViolationError as error:
            raise Duplicate(str(error)) from error
        except _CONFLICTS as error:
            raise Conflict(str(error)) from error
        except _LOST as error:
            raise Unavailable(str(error)) from error

    async def _fetch(self, statement: Fetch, sql: str, rows: Sequence[Row]) -> list[list[Row]]:
        assert self._write is not None
        if len(statement.keys) == 1:
            arrays = [sorted({row[0] for row in rows})]
        else:
            arrays = [sorted(set(column)) for column in zip(*rows, strict=True)]
        found: dict[Any, list[Row]] = {}
        for record in await self._write.fetch(sql, *arrays):
            found.setdefault(statement.key_of(record), []).append(record)
        if len(statement.keys) == 1:
            return [found.get(row[0], []) for row in rows]
        return [found.get(row, []) for row in rows]


class PostgresBackend(PostgresWriter):
    """The connection of the group commits, one aside for what waits for none of them, and a pool of reading ones."""

    dialect = "postgresql"
    shared = True

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._aside = PostgresWriter(url)
        self._pool: asyncpg.Pool | None = None

    def aside(self) -> PostgresWriter:
        """The connection for what waits for no group commit."""
        return self._aside

    def hear(self, listener: Callable[[str], None]) -> None:
        """Call a listener with what a commit tells, once something was written aside: there it is listened."""
        self._aside.hear(listener)

    async def open(self) -> None:
        """Connect."""
        try:
            self._write = await self._connect()
            self._pool = await asyncpg.create_pool(self.url, min_size=1, max_size=4, init=prepare)
        except _LOST as error:
            raise Unavailable(f"PostgreSQL cannot be reached: {error}") from error

    async def close(self) -> None:
        """Close all connections."""
        await super().close()
        await self._aside.close()
        if self._pool:
            await self._pool.close()

    async def read(self, statement: Statement, row: Row) -> list[Row]:
        """Answer a query outside any transaction, from the last commit."""
        assert self._pool is not None
        text = statement.text("postgresql")
        try:
            return list(await self._pool.fetch(text.sql, *text.rows([row])[0]))
        except _LOST as error:
            raise Unavailable(str(error)) from error
