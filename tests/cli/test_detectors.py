"""`parley detectors` tells each threshold with its source, and what was counted today."""

import asyncio
from pathlib import Path

from gateway.detectors import GROUP, OURS
from state import traffic
from state.model.ids import now_ms
from state.store import Store
from state.traffic import Counted
from tests.cli.conftest import Run, parley


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


def installed(folder: Path, module: str) -> str:
    """A package with a detector `silence` as pip leaves it; gives the path to import from."""
    about = folder / "shop-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\nsilence = {module}:watch\n")
    (folder / "shop.py").write_text("def watch(counts, thresholds, now):\n    return None\n")
    return str(folder)


def test_a_detector_of_another_package_is_listed(config: str, tmp_path: Path) -> None:
    done = parley("detectors", "--config", config, PYTHONPATH=installed(tmp_path / "site", "shop"))
    assert (done.code, done.err) == (0, "")
    assert "silence          of another package\n" in done.out


def test_one_that_cannot_be_loaded_stops_the_start_and_is_named(config: str, tmp_path: Path) -> None:
    done = parley("serve", "--config", config, PYTHONPATH=installed(tmp_path / "site", "gone"))
    assert done.code == 1
    assert "detector 'silence' (gone:watch) cannot be loaded" in done.err
