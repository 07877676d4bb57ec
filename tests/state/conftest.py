"""A database for each test: SQLite, PostgreSQL as migrated, and PostgreSQL with the hot tables partitioned."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from state import migrate
from state.store import Store
from tests.servers import create_database
from tests.state.partitions import EMPTY, partition


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("state") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


class Reused:
    """A PostgreSQL database that tests use in turn; one connection stays to empty it between them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        settings = {"application_name": "between tests"}
        self._connection = self._runner.run(asyncpg.connect(url, server_settings=settings))

    def empty(self) -> None:
        """Take all rows out."""
        self._runner.run(self._connection.execute(EMPTY))

    def close(self) -> None:
        """End the connection."""
        self._runner.run(self._connection.close())
        self._runner.close()


@pytest.fixture(scope="session")
def migrated(postgres: str) -> Iterator[Reused]:
    """Give a migrated PostgreSQL database."""
    url = create_database(postgres)
    migrate.upgrade(url)
    yield from _reused(url)


@pytest.fixture(scope="session")
def divided(postgres: str) -> Iterator[Reused]:
    """Give a PostgreSQL database whose hot tables are partitioned by lane."""
    url = create_database(postgres)
    asyncio.run(partition(url))
    yield from _reused(url)


def _reused(url: str) -> Iterator[Reused]:
    database = Reused(url)
    yield database
    database.close()


@pytest.fixture
def plain(migrated: Reused) -> Iterator[str]:
    """Give the URL of the migrated PostgreSQL database, and empty it afterwards."""
    yield migrated.url
    migrated.empty()


@pytest.fixture
def partitioned(divided: Reused) -> Iterator[str]:
    """Give the URL of the partitioned PostgreSQL database, and empty it afterwards."""
    yield divided.url
    divided.empty()


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> str:
    """Give the URL of a migrated SQLite database of the test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'parley.db')}"


@pytest.fixture(params=["sqlite", "partitioned"])
def url(request: pytest.FixtureRequest) -> str:
    """Run the test on SQLite and on PostgreSQL in its harder form; races and cold tables are tried on the plain one."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Give an open store on each engine."""
    opened = await Store(url).open()
    yield opened
    await opened.close()


@pytest.fixture(params=["plain", "partitioned"])
def shared_url(request: pytest.FixtureRequest) -> str:
    """Run the test on PostgreSQL in both forms."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
async def stores(shared_url: str) -> AsyncIterator[tuple[Store, Store]]:
    """Give two nodes' stores on one PostgreSQL."""
    opened = await Store(shared_url).open(), await Store(shared_url).open()
    yield opened
    for each in opened:
        await each.close()
