"""Hooks of authors: declared by decorators, found in modules, refused with the line where they are wrong."""

import sys
from pathlib import Path

import pytest

from conversations import hooks
from conversations.errors import FlowError
from parley import Scope, Suspending, Veto, Widen, before_suspend, on_lifted, on_signal, on_suspended

MODULE = """
from parley import SignalData, Suspending, SuspensionData, Veto, before_suspend, on_lifted, on_signal, on_suspended
from parley import Flow, On

class Echo(Flow):
    table = (On("message", "start", "start", say="yes"),)

@on_signal
def seen(signal: SignalData) -> None:
    pass

@before_suspend
async def asked(suspending: Suspending) -> Veto | None:
    return Veto("not in the sale")

@on_suspended
def stopped(suspension: SuspensionData) -> None:
    pass

@on_lifted
async def back(suspension: SuspensionData) -> None:
    pass
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("desk_of_hooks", "more_hooks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "desk_of_hooks.py").write_text(MODULE)
    return tmp_path


def test_the_hooks_of_a_module_are_found_in_order_each_for_its_moment(folder: Path) -> None:
    found = hooks.load(["desk_of_hooks"], bot_path=str(folder))
    assert [(each.name, each.moment) for each in found] == [
        ("desk_of_hooks.seen", "signal"),
        ("desk_of_hooks.asked", "before_suspend"),
        ("desk_of_hooks.stopped", "suspended"),
        ("desk_of_hooks.back", "lifted"),
    ]


def test_a_bot_s_own_module_is_looked_through_and_nothing_counts_twice(folder: Path) -> None:
    (folder / "more_hooks.py").write_text("from desk_of_hooks import seen\n")
    found = hooks.load(["more_hooks"], ["desk_of_hooks:Echo"], str(folder))
    assert [each.name.rpartition(".")[2] for each in found] == ["seen", "asked", "stopped", "back"]
    file = hooks.load([str(folder / "desk_of_hooks.py")], [f"{folder}/desk_of_hooks.py:Echo"])
    assert len(file) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_that_name", "hooks: 'more_hooks': No module named 'nothing_of_that_name'"),
        ("1 / 0", "hooks: 'more_hooks': ZeroDivisionError: division by zero"),
        ("from parley import on_signal\n@on_signal\ndef seen(): ...", "the hook seen must take one value"),
        ("from parley import on_signal\n@on_signal\ndef seen(a, b): ...", "more_hooks.py:2"),
    ],
)
def test_what_is_wrong_is_told(folder: Path, text: str, said: str) -> None:
    (folder / "more_hooks.py").write_text(text)
    with pytest.raises(FlowError) as told:
        hooks.load(["more_hooks"], bot_path=str(folder))
    assert said in str(told.value)


def test_a_hook_can_be_called_as_it_was_written() -> None:
    asked = Suspending(scope=Scope(channel="wa"), ground="operator", reason="complaints")
    assert before_suspend(lambda each: Veto(each.reason))(asked) == Veto("complaints")
    assert [each(len)("four") for each in (on_signal, on_suspended, on_lifted)] == [4, 4, 4]


def test_an_answer_without_a_reason_is_none() -> None:
    with pytest.raises(ValueError, match="a reason is needed"):
        Veto(" ")
    with pytest.raises(ValueError, match="a reason is needed"):
        Widen(Scope(), "")
