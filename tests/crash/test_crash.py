"""A few kills on each database: what `make crash` does at length."""

from pathlib import Path

import pytest

from tests.crash.run import Run
from tests.servers import create_database, drop_database, postgres_server

KILLS = 4


@pytest.mark.timeout(120)
async def test_kills_lose_and_double_nothing_on_sqlite(tmp_path: Path) -> None:
    verdict = await Run(tmp_path, f"sqlite:///{tmp_path}/parley.db", 1, KILLS).play()
    assert verdict.findings == ()
    assert verdict.accepted > KILLS
