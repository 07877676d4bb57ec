"""The `parley` command as others run it: as a process, or where that costs too much through its own entry."""

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.cli import main
from tests.gateway.api.house import on_sqlite
from tests.load.process import ROOT

SEAL_KEY = base64.b64encode(b"a key that seals only in tests !").decode()


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def parley(*words: str, typed: str = "", **env: str) -> Done:
    """Run a command as a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *words],
        check=False, cwd=ROOT, capture_output=True, text=True, input=typed, env=kept | env, timeout=30,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command within this process: what it does is the same, and it starts at once."""

    def command(*words: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(words)
        return Done(int(str(ended.value.code)), *capsys.readouterr())

    return command


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A settings file for a SQLite database that has its schema."""
    for name in [name for name in os.environ if name.startswith("PARLEY_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "parley.toml"
    path.write_text(
        f'port = 0\ndatabase = "{on_sqlite(tmp_path)}"\ndata_dir = "{tmp_path}"\nseal_key = "{SEAL_KEY}"\n'
        f'log_level = "warning"\ncountry = "DE"\n'
    )
    return str(path)
