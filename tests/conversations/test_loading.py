"""Bots are imported from their folder, and never hide a module of ours."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conversations import archive
from conversations.loading import Hidden, Source, add_folder, forget, load
from conversations.router import Router, compiled
from conversations.stored import plain_of, value_of
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


SAYS = """
from parley import STAY, Flow, On
{1}
class Booking(Flow):
    table = (On("message", "start", STAY, say="{0}"),)
"""


@pytest.fixture
def twins(folder: Path) -> tuple[Path, Path]:
    """Two files of one name, with a class of one name; the folder of the first is on the path already."""
    for each in ("near", "far"):
        (folder / each).mkdir()
        (folder / each / "twin.py").write_text(SAYS.format(each, ""))
    sys.path.append(str(folder / "near"))
    return folder / "near" / "twin.py", folder / "far" / "twin.py"


def said(flow: Source) -> str:
    """What a bot of these says."""
    return str(compiled(flow).cls.table[0].say)  # type: ignore[attr-defined]


def test_of_two_files_of_one_name_the_one_that_is_named_is_played(twins: tuple[Path, Path]) -> None:
    near, far = twins
    names = [f"{far}:Booking", f"{near}:Booking", str(far), "twin:Booking"]
    assert [said(load(each)) for each in names] == ["far", "near", "far", "near"]
    assert said(Router.load(["twin:Booking"], str(far.parent)).bots[0].cls) == "far"  # type: ignore[attr-defined]
    assert [each.cls.plan.files for each in map(compiled, map(load, names[:2]))] == [{str(far)}, {str(near)}]  # type: ignore[attr-defined]


def test_a_file_is_played_though_python_has_a_module_of_its_name(folder: Path) -> None:
    (folder / "email.py").write_text(SAYS.format("mine", ""))
    assert said(load(f"{folder}/email.py")) == "mine"
    assert not hasattr(importlib.import_module("email"), "Booking")


def test_a_file_of_a_name_that_is_taken_has_the_same_version_and_archive_as_alone(
    twins: tuple[Path, Path],
) -> None:
    far = twins[1]
    taken = compiled(load(str(far)))
    kept = archive.archive(taken)
    assert said(archive.load(kept, "other").cls) == "far"  # type: ignore[attr-defined]
    sys.path.remove(str(twins[0].parent))
    for each in [each for each in sys.modules if each.startswith("twin")]:
        del sys.modules[each]
    alone = compiled(load(str(far)))
    assert (taken.module == "twin", alone.module) == (False, "twin")
    assert (taken.version, kept) == (alone.version, archive.archive(alone))


def test_a_file_of_a_name_that_is_taken_is_loaded_anew(twins: tuple[Path, Path]) -> None:
    far = twins[1]
    before = load(str(far))
    far.write_text(SAYS.format("farther", ""))
    assert said(forget(str(far), before)) == "farther"
    far.write_text("1 / 0")
    for _ in range(2):
        with pytest.raises(FlowError, match=rf"ZeroDivisionError.*\({far}:1\)"):
            forget(str(far), before)


def test_a_neighbour_that_is_hidden_stops_the_bot_with_both_files(twins: tuple[Path, Path]) -> None:
    for file in twins:
        (file.parent / "words.py").write_text("")
        file.write_text(SAYS.format("", "import words"))
    near, far = twins
    load(str(near))
    told = f"{near.parent}/words.py hides {far.parent}/words.py, which {far} imports: rename one of them"
    with pytest.raises(Hidden, match=re.escape(told)):
        load(str(far))


def test_a_neighbour_that_imports_the_bot_itself_never_gets_another(twins: tuple[Path, Path]) -> None:
    near, far = twins
    (far.parent / "back.py").write_text("import twin")
    far.write_text(SAYS.format("", "import back"))
    with pytest.raises(Hidden, match=f"{near} hides {far}, which {far.parent}/back.py imports"):
        load(str(far))


def test_two_files_of_one_name_are_served_beside_each_other(twins: tuple[Path, Path]) -> None:
    near, far = twins
    far.write_text(SAYS.format("far", "").replace("Booking", "Cake"))
    bots = Router.load([f"{near}:Booking", f"{far}:Cake"]).bots
    assert [(each.name, said(each.cls)) for each in bots] == [("Booking", "near"), ("Cake", "far")]  # type: ignore[attr-defined]


def test_what_a_bot_keeps_is_of_the_file_that_is_named(twins: tuple[Path, Path]) -> None:
    for file in twins:
        file.write_text(SAYS.format("", "class Profile: ..."))
    flows = [load(str(each)) for each in twins]
    for module in (sys.modules[compiled(each).module] for each in flows):
        kept = plain_of(module.Profile())
        assert kept == {"$type": "twin:Profile"}
        assert type(value_of(kept, module.__name__)) is module.Profile


def test_a_module_that_is_hidden_is_told_with_what_hides_it(twins: tuple[Path, Path]) -> None:
    near, far = twins
    near.write_text("")
    add_folder(str(far.parent))
    with pytest.raises(Hidden, match=f"{near} hides {far}: rename one of them, or name the bot by its file"):
        load("twin:Booking")


def test_a_package_of_the_folder_that_is_hidden_is_told_with_what_hides_it(twins: tuple[Path, Path]) -> None:
    for each in twins:
        (each.parent / "inn").mkdir()
        (each.parent / "inn" / "__init__.py").write_text("")
        each.rename(each.parent / "inn" / "twin.py")
    with pytest.raises(Hidden, match=r"near/inn/__init__\.py hides .*far/inn/__init__\.py"):
        Router.load(["inn.twin:Booking"], str(twins[1].parent))
