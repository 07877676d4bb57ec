"""The pytest plugin in a project of its own: snapshots are written, compared and missed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.load.process import ROOT

TEST = """
import pytest
from parley import Flow, On, STAY, chat

class Echo(Flow):
    table = (On("message", "start", STAY, say="SAID"),)

async def test_a_talk(talk_snapshot):
    async with chat(Echo) as c:
        await c.hears("hi")
        c.says("SAID")
        talk_snapshot(c)

@pytest.mark.talk
async def test_a_talk_without_a_snapshot():
    async with chat(Echo) as c:
        await c.hears("hi")
        c.says("SAID")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "test_echo.py").write_text(TEST.replace("SAID", "Hello"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(project: Path, *words: str) -> tuple[int, str]:
    """Run the project's tests with this plugin alone."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--disable-plugin-autoload",
        "-p",
        "conversations.plugin",
    ]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *words], cwd=project, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": ""}, timeout=50,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_snapshot_is_missed_written_and_compared(project: Path) -> None:
    code, told = run(project)
    assert (code, "there is no" in told, "1 failed, 1 passed" in told) == (1, True, True)
    assert run(project, "--update-talks")[0] == 0
    assert (project / "talks" / "test_a_talk.txt").read_text() == "> hi\n< Hello\n"
    assert run(project)[0] == 0
    (project / "test_echo.py").write_text(TEST.replace("SAID", "Bye"))
    code, told = run(project)
    assert (code, "the talk is another than in" in told) == (1, True)


@pytest.mark.parametrize("mode", ["", "-oasyncio_mode=strict", "-oasyncio_mode=auto", "-oanyio_mode=auto"])
def test_talks_run_once_beside_other_plugins_for_async_tests(project: Path, mode: str) -> None:
    others = ["-p", "anyio", *(["-p", "pytest_asyncio.plugin"] if "asyncio" in mode else [])]
    (project / "test_echo.py").write_text(TEST.replace("SAID", "Hello"))
    code, told = run(project, *others, *([mode] if mode else []), "-k", "without_a_snapshot")
    assert (code, "1 passed" in told) == (0, True), told


WRONG = """
import pytest
from parley import Flow, On, STAY, chat

class Echo(Flow):
    table = (On("message", "start", STAY, say="Hello"),)

@pytest.mark.talk
async def test_a_talk():
    async with chat(Echo) as c:
        await c.hears("hi")
        WHAT
"""


@pytest.mark.parametrize("what", ["c.says('Bye')", "c.answers('x', 1)", "await c.hears('more')", "pass"])
def test_an_assertion_of_the_kit_shows_the_test_alone(project: Path, what: str) -> None:
    (project / "test_echo.py").write_text(WRONG.replace("WHAT", what))
    code, told = run(project)
    assert (code, "1 failed" in told, "wanted: " in told) == (1, True, True)
    assert "conversations/chat.py" not in told
