"""A gateway for each test; one for all tests that leave it as it was; and one on each engine."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from state import migrate
from tests.gateway.api.house import House, on_sqlite, running
from tests.servers import create_database
from tests.state.conftest import Reused


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway of the test's own, on SQLite."""
    async with running(tmp_path, on_sqlite(tmp_path)) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway for all tests of a module, which leave it as it was."""
    folder = tmp_path_factory.mktemp("house")
    async with running(folder, on_sqlite(folder)) as made:
        yield made


@pytest.fixture(scope="session")
def reused(postgres: str) -> Iterator[Reused]:
    """A PostgreSQL database with the schema that tests use in turn: that is quicker than one for each."""
    url = create_database(postgres)
    migrate.upgrade(url)
    database = Reused(url)
    yield database
    database.close()


@pytest.fixture
def on_postgres(reused: Reused) -> Iterator[str]:
    """The URL of a PostgreSQL database with the schema and no rows, to be left to the next test."""
    yield reused.url
    reused.empty()


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Run the test on each engine, with a database of this version's schema."""
    return str(request.getfixturevalue("on_postgres")) if request.param == "postgres" else on_sqlite(tmp_path)


@pytest.fixture
async def anywhere(migrated_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway of the test's own, on SQLite and on PostgreSQL."""
    async with running(tmp_path, migrated_url) as made:
        yield made


@pytest.fixture
async def postgres_house(on_postgres: str, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway of the test's own, on PostgreSQL."""
    async with running(tmp_path, on_postgres) as made:
        yield made
