"""The house is as its plan says: the rooms, what may stand beside them, and who may know whom."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOMS, ROOT, entries, files, imports

BESIDE_THE_ROOMS = {
    ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "docs", "examples", "parley.py",
    "pyproject.toml", "requirements", "sdks", "tests",
}  # fmt: skip
LOADED_WHEN_NEEDED = {"alembic", "asyncpg", "botbuilder", "redis", "telegram"}
CHANNELS = [path.parent for path in (ROOT / "connectors").glob("*/fixtures")]


def test_nothing_else_stands_at_the_top() -> None:
    assert {path.name for path in entries()} - {*ROOMS, *BESIDE_THE_ROOMS} == set()


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is_for(room: str) -> None:
    assert (ROOT / room / "README.md").is_file()


def test_the_rooms_keep_their_contracts() -> None:
    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda folder: folder.name)
def test_a_channel_knows_no_other_channel(channel: Path) -> None:
    others = tuple(f"connectors.{other.name}." for other in CHANNELS if other != channel)
    known = [name for path in files(channel) if path.suffix == ".py" for name in imports(path)]
    assert [name for name in known if f"{name}.".startswith(others)] == []


def test_slow_libraries_are_loaded_only_when_needed() -> None:
    program = "import sys, gateway.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(loaded.stdout.split()) & LOADED_WHEN_NEEDED == set()
