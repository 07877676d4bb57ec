"""Two running nodes for a test, and the same before a provider that is slow, or whose door is shut."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers import create_database, drop_database
from tests.spine.nodes.street import Street, Town, founded, street


@pytest.fixture(scope="session")
def first_town(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Give the town that those of the tests are copies of."""
    url = create_database(postgres)
    yield founded(tmp_path_factory.mktemp("town"), url)
    drop_database(url)


@pytest.fixture
def town(first_town: Town, postgres: str) -> Iterator[Town]:
    """Give a town that no other test has seen."""
    url = create_database(postgres, urlsplit(first_town.url).path.strip("/"))
    yield first_town._replace(url=url)
    drop_database(url)


@pytest.fixture
async def nodes(tmp_path: Path, town: Town, redis_url: str) -> AsyncIterator[Street]:
    """Give two running nodes that lease for a second and send by permits of half a second."""
    async with street(tmp_path, town, redis_url) as made:
        await made.door.open()
        yield made


@pytest.fixture
async def shut(tmp_path: Path, town: Town, redis_url: str) -> AsyncIterator[Street]:
    """Give two running nodes whose provider lets nobody in yet; leases outlast that."""
    async with street(tmp_path, town, redis_url, lease_seconds=20.0) as made:
        yield made


@pytest.fixture
async def paced(tmp_path: Path, town: Town, redis_url: str) -> AsyncIterator[Street]:
    """Give two running nodes that send 250 messages a second together."""
    async with street(tmp_path, town, redis_url, pace="250") as made:
        await made.door.open()
        yield made
