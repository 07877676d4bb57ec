"""A few kills on each database: what `make crash` does at length."""

from pathlib import Path

import pytest

from tests.crash.bot import BOTS
from tests.crash.run import Run

KILLS = 3


@pytest.mark.timeout(120)
@pytest.mark.parametrize("bot", BOTS)
async def test_kills_lose_and_double_nothing(bot: str, database_url: str, tmp_path: Path) -> None:
    verdict = await Run(tmp_path, database_url, bot, seed=1, kills=KILLS).play()
    assert verdict.findings == ()
    assert verdict.accepted > 10 * KILLS
