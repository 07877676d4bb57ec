"""PostgreSQL as it really behaves: connections break, transactions meet, servers are away."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import sqlalchemy as sa

from state.postgres import PostgresBackend
from state.statements import Query, insert, update
from state.store import Store
from state.tables import team
from state.writer import Op, Unavailable
from tests.state.acts import blocked

ADD = insert(team, "id name created_at")
RENAME = update(team, "name", "id")
NAMES = Query(sa.select(team.c.name).order_by(team.c.id), "")


def add(*keys: str) -> Op[None]:
    yield [(ADD, (key, key, 1)) for key in keys]


def rename(first: str, second: str) -> Op[None]:
    yield [(RENAME, ("new", first))]
    yield [(RENAME, ("new", second))]


@pytest.fixture
async def other(plain: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection of somebody else on the same database."""
    connection = await asyncpg.connect(plain)
    yield connection
    await connection.close()


@pytest.fixture
async def store(plain: str) -> AsyncIterator[Store]:
    """Give an open store whose database looks for deadlocks after 50 ms."""
    name = plain.rsplit("/", 1)[1]
    connection = await asyncpg.connect(plain)
    await connection.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '50ms'")
    await connection.close()
    opened = await Store(plain).open()
    yield opened
    await opened.close()


async def cut_off(other: asyncpg.Connection) -> None:
    """End every connection but the one that asks, as a restart or a failover does."""
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid != pg_backend_pid()"
        " AND application_name != 'between tests'"
    )


async def names(store: Store) -> list[str]:
    return [row[0] for row in await store.read(NAMES)]


async def test_a_connection_lost_between_writes_is_made_again(
    store: Store, other: asyncpg.Connection
) -> None:
    await store.write(add, "a")
    await cut_off(other)
    await asyncio.sleep(0.05)
    await store.write(add, "b")
    assert await names(store) == ["a", "b"]


async def test_a_connection_lost_in_a_write_is_told_and_the_next_write_works(
    store: Store, other: asyncpg.Connection
) -> None:
    await store.write(add, "a")
    async with other.transaction():
        await other.execute("SELECT 1 FROM team FOR UPDATE")
        writing = asyncio.gather(store.write(rename, "a", "b"), store.write(add, "c"), return_exceptions=True)
        await blocked(other)
        await cut_off(other)
        assert [type(each) for each in await writing] == [Unavailable, Unavailable]
    await store.write(add, "d")
    assert await names(store) == ["a", "d"]


async def test_a_read_on_a_lost_connection_is_told_and_the_next_one_works(
    store: Store, other: asyncpg.Connection
) -> None:
    asking = Query(sa.select(sa.func.pg_sleep(20)), "")
    reading = asyncio.ensure_future(store.read(asking))
    await asyncio.sleep(0.05)
    await cut_off(other)
    with pytest.raises(Unavailable):
        await reading
    assert await names(store) == []


async def test_a_deadlock_is_run_again(store: Store, other: asyncpg.Connection) -> None:
    await store.write(add, "a", "b")
    await other.execute("SET deadlock_timeout = '20s'")
    async with other.transaction():
        await other.execute("UPDATE team SET name = 'theirs' WHERE id = 'b'")
        writing = store.write(rename, "a", "b")
        await asyncio.sleep(0.02)
        await other.execute("UPDATE team SET name = 'theirs' WHERE id = 'a'")
        assert not writing.done()
    await writing
    assert await names(store) == ["new", "new"]


async def test_a_server_that_only_reads_is_unavailable_for_writes(
    store: Store, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = store._database
    assert isinstance(backend, PostgresBackend)
    begin = backend.begin

    async def begin_reading() -> None:
        await begin()
        await backend._execute("SET TRANSACTION READ ONLY")

    monkeypatch.setattr(backend, "begin", begin_reading)
    with pytest.raises(Unavailable, match="read-only"):
        await store.write(add, "a")


async def test_a_server_that_is_away_is_unavailable(store: Store) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await Store("postgresql://nobody@127.0.0.1:1/none").open()


async def test_a_role_that_defaults_to_another_isolation_is_served_the_same(
    store: Store, other: asyncpg.Connection
) -> None:
    name = await other.fetchval("SELECT current_database()")
    await other.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    await cut_off(other)
    await asyncio.sleep(0.05)
    asking = Query(sa.text("SHOW transaction_isolation"), "")

    def ask() -> Op[str]:
        ((row,),) = yield [(asking, ())]
        return str(row[0])

    assert await store.write(ask) == "read committed"
    await other.execute(f"ALTER DATABASE {name} RESET default_transaction_isolation")
