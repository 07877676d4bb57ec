"""`parley new bot` makes a project that runs at once; `--reload` starts again when a bot is saved."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conversations.router import compiled
from gateway import reload
from tests.cli.conftest import Run
from tests.conversations.project import Project, project
from tests.load.process import ROOT


def test_a_new_bot_is_sound_and_its_tests_pass(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "tea-shop"
    made = run("new", "bot", str(folder))
    assert made.code == 0
    assert sorted(each.name for each in folder.iterdir()) == [
        ".gitignore", "README.md", "bot.py", "parley.toml", "pytest.ini", "test_bot.py",
    ]  # fmt: skip
    assert "class TeaShop(Flow)" in (folder / "bot.py").read_text()
    with project(folder):
        assert run("check", f"{folder}/bot.py", "--strict").code == 0
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--disable-plugin-autoload", "-p", "conversations.plugin"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=50,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert (tests.returncode, "3 passed" in tests.stdout) == (0, True), tests.stdout


def test_a_new_bot_s_tests_pass_with_all_plugins_that_are_installed(run: Run, tmp_path: Path) -> None:
    """As its author runs them: anyio comes with what Parley needs, and finds async tests of its own."""
    run("new", "bot", str(tmp_path / "tea shop"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-v"],
        cwd=tmp_path / "tea shop", capture_output=True, text=True, check=False, timeout=50, env=kept,
    )  # fmt: skip
    assert (done.returncode, "3 passed" in done.stdout, "anyio" in done.stdout) == (0, True, True), (
        done.stdout
    )


@pytest.mark.parametrize("found", [True, False], ids=["on the PATH", "not on the PATH"])
def test_what_is_printed_can_be_typed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    own = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{own}:/usr/bin" if found else "/usr/bin")
    printed = run("new", "bot", str(tmp_path / "tea shop")).out.splitlines()[1:]
    before = "" if found else f"{own}/"
    assert [line.strip() for line in printed] == [
        f"cd '{tmp_path}/tea shop'",
        f"{before}parley chat bot.py",
        f"{before}pytest",
        f"{before}parley demo --config parley.toml --reload",
    ]
    shell = f"{printed[0]} && echo hi | {printed[1]}"
    told = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=False, timeout=30)
    assert "What is your name?" in told.stdout, told


def test_nothing_is_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("mine")
    assert run("new", "bot", str(tmp_path)).code == 1
    assert [each.name for each in tmp_path.iterdir()] == ["bot.py"]
    assert run("new", "bot", str(tmp_path / "123")).code == 1


BOT = "from parley import *\nclass Tea(Flow):\n    table = (*WAYS_OUT, On('message', 'start', STAY, say='Hi'))\n"


def save(made: Project, text: str, at: int) -> None:
    """Save the bot at a time, in seconds."""
    made.write("tea.py", text)
    os.utime(made.folder / "tea.py", (at, at))


async def test_a_saved_bot_is_tried_before_the_process_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reload, "_POLL", 0.01)
    argv = ["parley", "demo", "--reload", "--port", "1", "--bots", "tea:Tea", f"--bot-path={tmp_path}"]
    monkeypatch.setattr(sys, "argv", argv)
    tried, trial = list[bool](), reload._loads

    async def loads() -> bool:
        tried.append(await trial())
        save(made, BOT, at=2)
        return tried[-1]

    with project(tmp_path) as made:
        save(made, BOT, at=0)
        bot = compiled(made.bot("tea:Tea"))
        monkeypatch.setattr(reload, "_loads", loads)
        watching = asyncio.create_task(reload.saved([bot], str(tmp_path)))
        await asyncio.sleep(0)  # it has seen the files as they are
        save(made, "1/0", at=1)
        await watching
    assert tried == [False, True]
    assert "ZeroDivisionError" in caplog.text
