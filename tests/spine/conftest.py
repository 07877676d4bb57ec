"""A house for each test on each engine; its database is migrated once a session and used in turn."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from state import migrate
from tests.gateway.api.house import on_sqlite
from tests.servers import create_database
from tests.spine.house import House, running
from tests.state.conftest import Reused


@pytest.fixture(scope="session")
def _reused(postgres: str) -> Iterator[Reused]:
    url = create_database(postgres)
    migrate.upgrade(url)
    database = Reused(url)
    yield database
    database.close()


@pytest.fixture
def _on_postgres(_reused: Reused) -> Iterator[str]:
    yield _reused.url
    _reused.empty()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Run the test on each engine, with an empty database of this version's schema."""
    return (
        str(request.getfixturevalue("_on_postgres")) if request.param == "postgres" else on_sqlite(tmp_path)
    )


@pytest.fixture
async def house(url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A running gateway of the test's own, on each engine."""
    async with running(tmp_path, url) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway on SQLite for all tests of a module that leave it as it was, or count from where they began."""
    folder = tmp_path_factory.mktemp("door")
    async with running(folder, on_sqlite(folder)) as made:
        yield made
