"""A migrated database for each test: on SQLite, on PostgreSQL, and on PostgreSQL with the hot tables partitioned."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from state import migrate
from state.store import Store
from tests.servers import create_database
from tests.state.partitions import empty, partition


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("state") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_migrated(postgres: str) -> str:
    """Give the URL of a migrated PostgreSQL database that the tests use in turn."""
    url = create_database(postgres)
    migrate.upgrade(url)
    return url


@pytest.fixture(scope="session")
def postgres_partitioned(postgres: str) -> str:
    """Give the URL of a PostgreSQL database whose hot tables are partitioned by lane, used in turn."""
    url = create_database(postgres)
    asyncio.run(partition(url))
    return url


@pytest.fixture
def plain(postgres_migrated: str) -> Iterator[str]:
    """Give the URL of the migrated PostgreSQL database, and empty it afterwards."""
    yield postgres_migrated
    empty(postgres_migrated)


@pytest.fixture
def partitioned(postgres_partitioned: str) -> Iterator[str]:
    """Give the URL of the partitioned PostgreSQL database, and empty it afterwards."""
    yield postgres_partitioned
    empty(postgres_partitioned)


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> str:
    """Give the URL of a migrated SQLite database of the test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'parley.db')}"


@pytest.fixture(params=["sqlite", "plain", "partitioned"])
def url(request: pytest.FixtureRequest) -> str:
    """Run the test on each kind of database."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Give an open store on each kind of database."""
    opened = await Store(url).open()
    yield opened
    await opened.close()


@pytest.fixture(params=["plain", "partitioned"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Store, Store]]:
    """Give two nodes' stores on one PostgreSQL."""
    url = str(request.getfixturevalue(request.param))
    opened = await Store(url).open(), await Store(url).open()
    yield opened
    for each in opened:
        await each.close()
