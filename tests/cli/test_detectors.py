"""`parley detectors` tells each threshold with its source, and what was counted today."""

import asyncio
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gateway import detectors
from gateway.detectors import OURS
from state import traffic
from state.model.ids import now_ms
from state.store import Store
from state.traffic import Counted
from tests.cli.conftest import Run


def counted(tmp_path: Path, *counts: Counted) -> None:
    async def work() -> None:
        store = await Store(f"sqlite:///{tmp_path}/parley.db", owner=False).open()
        await store.write(traffic.add, "n1", traffic.hour_of(now_ms()), counts)
        await store.close()

    asyncio.run(work())


def test_thresholds_are_listed_with_their_sources(run: Run, config: str) -> None:
    done = run("detectors", "--config", config)
    lines = {line.split()[0]: line for line in done.out.splitlines() if line}
    assert done.code == 0
    assert lines.keys() >= OURS.keys()
    assert [name for name in OURS if "(ours" not in lines[name]] == []
    assert "no traffic in the last 24 hours" in done.out


def test_todays_numbers_are_told_by_channel(run: Run, config: str, tmp_path: Path) -> None:
    counted(
        tmp_path,
        Counted("wa", "accepted", 12),
        Counted("wa", "code:4915112", 30),
        Counted("wb", "inbound", 1),
    )
    out = run("detectors", "--config", config).out
    assert "wa               accepted=12\n" in out
    assert "most of one code: 4915112 30\n" in out
    assert "wb               inbound=1\n" in out


@pytest.mark.parametrize("command", ["serve", "detectors"])
def test_a_detector_that_cannot_be_loaded_stops_the_command_and_is_named(
    run: Run, config: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    gone = EntryPoint("silence", "shop_that_is_not:watch", detectors.GROUP)
    monkeypatch.setattr(detectors, "entry_points", lambda group: [gone])
    done = run(command, "--config", config)
    assert done.code == 1
    assert "detector 'silence' (shop_that_is_not:watch) cannot be loaded" in done.err
