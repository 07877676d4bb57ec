"""A stand on each engine."""

from collections.abc import AsyncIterator

import pytest

from state.store import Store
from tests.gateway.hooks.stand import Stand
from tests.spine.conftest import _on_postgres, _reused, url  # noqa: F401 - fixtures


@pytest.fixture
def on_postgres(_on_postgres: str) -> str:  # noqa: F811 - the fixture
    """The URL of a PostgreSQL database with the schema."""
    return _on_postgres


@pytest.fixture
async def stand(url: str) -> AsyncIterator[Stand]:  # noqa: F811 - the fixture
    """A node's hooks, on each engine."""
    made = Stand(await Store(url).open())
    yield made
    await made.close()
