"""The version of a flow changes with what counts, and with nothing else."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parley import Flow

BOT = '''
from parley import *

class Bot(Flow):
    table = (On("message", "start", STAY, when="known", do="answer", say=Text("Well.")),)
    count: int = 0

    def known(self, turn):
        """Known words."""
        return turn.text in {"alpha", "beta", "gamma"} and any(each for each in [1])

    def answer(self, turn, extra=1):
        turn.say("Good.")

    @effect
    async def lookup(call, order):
        return order
'''
CHANGES = {
    "a word of a callback": ('"Good."', '"Better."', True),
    "a word of a row": ('"Well."', '"Yes?"', True),
    "a target": ("STAY", '"next"', True),
    "a guard's set": ('"gamma"', '"delta"', True),
    "code inside a comprehension": ("each for each", "not each for each", True),
    "a parameter's default": ("extra=1", "extra=2", True),
    "a field's type": ("count: int", "count: float", True),
    "a field's default": ("= 0", "= 1", True),
    "the greeting": ("    count", "    answers_first_message = True\n    count", True),
    "the name of an effect": ("lookup", "find", True),
    "the work of an effect": ("return order", "return order * 2", False),
    "a comment": ("    count", "    # counts\n\n    count", False),
    "a docstring's words": ("Known words.", "Words we know.", False),
    "keywords": ("    count", "    keywords = ('hi',)\n    count", False),
}


def version(source: str) -> str:
    names: dict[str, Any] = {"__name__": "bot"}
    exec(source, names)
    flow: type[Flow] = names["Bot"]
    return flow.plan.version


@pytest.mark.parametrize(("old", "new", "another"), CHANGES.values(), ids=CHANGES)
def test_a_version_follows_the_content(old: str, new: str, another: bool) -> None:
    assert old in BOT
    assert (version(BOT.replace(old, new)) != version(BOT)) is another


def test_a_version_is_the_same_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    program = "import sys; sys.path.append(sys.argv[1]); import bot; print(bot.Bot.plan.version)"
    found = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {f"{version(BOT)}\n"}
