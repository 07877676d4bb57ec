"""Bots are imported from their folder, and never hide a module of ours."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conversations.loading import Hidden, add_folder, load
from conversations.router import Router, compiled
from parley import FlowError

BOT = """
from parley import STAY, Flow, On

class {0}(Flow):
    table = (On("message", "start", STAY),)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A bot project with one flow in `one_bot`, two in `two_bots`, and an import that fails in `needy_bot`."""
    (tmp_path / "one_bot.py").write_text(BOT.format("Hotel"))
    (tmp_path / "two_bots.py").write_text(BOT.format("Bar") + BOT.format("Spa"))
    (tmp_path / "needy_bot.py").write_text("import needed_elsewhere")
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


NAMES = {
    "module and class": ("two_bots:Spa", "Spa"),
    "a module with one flow": ("one_bot", "Hotel"),
}


@pytest.mark.parametrize(("name", "flow"), NAMES.values(), ids=NAMES)
def test_a_flow_is_found_by_its_name(folder: Path, name: str, flow: str) -> None:
    router = Router.load([name], str(folder))
    assert [each.name for each in router.bots] == [flow]
    assert sys.path[-1] == str(folder)


def test_a_flow_is_found_by_its_file(folder: Path) -> None:
    assert compiled(load(f"{folder}/two_bots.py:Bar")).name == "Bar"
    assert compiled(load(f"{folder}/one_bot.py")).name == "Hotel"


WRONG = {
    "a class that is not there": ("two_bots:Pool", r"which flow\? two_bots \(.*two_bots.py\) has: Bar, Spa"),
    "one of several": ("two_bots", "which flow.* has: Bar, Spa"),
    "a module that is not there": (
        "three_bots:Bar",
        "three_bots.*; is bot_path set to the folder of the bot",
    ),
    "a file that is not there": ("three_bots.py:Bar", "there is no file 'three_bots.py'"),
}


@pytest.mark.parametrize(("name", "told"), WRONG.values(), ids=WRONG)
def test_a_flow_that_is_not_there_is_told(folder: Path, name: str, told: str) -> None:
    with pytest.raises(FlowError, match=told):
        Router.load([name], str(folder))


def test_what_a_bot_itself_misses_is_not_taken_for_the_bot(folder: Path) -> None:
    with pytest.raises(FlowError, match=r"No module named 'needed_elsewhere' \(.*needy_bot\.py:1\)"):
        Router.load(["needy_bot:Bot"], str(folder))


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(FlowError, match="bot_path: there is no folder '/no/such/folder'"):
        add_folder("/no/such/folder")


@pytest.mark.parametrize("name", ["state/__init__.py", "parley.py", "gateway/__init__.py"])
def test_a_module_that_hides_one_of_ours_stops_the_start(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    ours = name.partition("/")[0].removesuffix(".py")
    with pytest.raises(Hidden, match=f"{ours}.* hides Parley's own module '{ours}': rename it"):
        add_folder(str(folder))
    assert str(folder) not in sys.path
