"""The version of a flow changes with what counts, and with nothing else."""

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conversations.router import compiled
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


PROJECT = {
    "bot": """
from enum import Enum
from parley import *
import prices
from words import Words

class Size(Enum):
    SMALL = "small"

def plate(content, locale, now):
    return "B 1"

PLATE = Reader("plate", str, plate)

class Bot(Flow):
    start, final = "name", ("done",)
    asks = {"name": Question("Who?", read.text(longest=10)), "plate": Question("Which car?", PLATE)}
    table = (On("answered", "name", "plate"), On("answered", "plate", "done", do="tell"))
    dishes = {"soup": 4}

    def tell(self, turn):
        turn.say(f"{Words.greet()} {self.dishes} {prices.of(1)} {prices.TAX} {Size.SMALL.value}")

class Echo:
    async def on_turn(self, context):
        await context.send_activity(str(prices.of(1)))

echo = bot_framework(Echo)

@flow
async def script(talk):
    talk.say(Words("a").shout() + str(prices.of(1)) + str(prices.TAX) + Size.SMALL.value)
    await talk.ask("Which car?", PLATE)
""",
    "prices": "import time\nTAX = 19\ndef of(count):\n    return count * 2\ndef unused():\n    return time.time()\n",
    "words": """
class Words:
    def __init__(self, word):
        self.word = word

    @staticmethod
    def greet():
        return "Hello"

    def shout(self):
        return self._loud(self.word)

    def _loud(self, word):
        return word + "!"
""",
}
REACHED = {
    "a table of the class": ("bot", '"soup": 4', '"soup": 5', "Bot"),
    "a reader's limit": ("bot", "longest=10", "longest=20", "Bot"),
    "a reader of one's own": ("bot", '"B 1"', '"B 2"', "Bot script"),
    "an enumeration": ("bot", '"small"', '"tiny"', "Bot script"),
    "a function of another module": ("prices", "count * 2", "count * 3", "Bot script echo"),
    "a constant of another module": ("prices", "19", "20", "Bot script"),
    "what is not used of a module": ("prices", "time.time()", "time.monotonic()", ""),
    "a static method": ("words", '"Hello"', '"Good day"', "Bot"),
    "a method that a method calls": ("words", '"!"', '"!!"', "script"),
}


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., dict[str, str]]]:
    """The versions of the project's bots, with one of its files changed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load(file: str = "", old: str = "", new: str = "") -> dict[str, str]:
        for name, text in PROJECT.items():
            assert name != file or old in text
            (tmp_path / f"{name}.py").write_text(text.replace(old, new) if name == file else text)
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        module = importlib.import_module("bot")
        return {name: compiled(getattr(module, name)).version for name in ("Bot", "script", "echo")}

    yield load
    for name in PROJECT:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("file", "old", "new", "changed"), REACHED.values(), ids=REACHED)
def test_a_version_follows_what_a_bot_uses_of_its_project(
    versions: Callable[..., dict[str, str]], file: str, old: str, new: str, changed: str
) -> None:
    before, after = versions(), versions(file, old, new)
    assert [name for name in before if before[name] != after[name]] == changed.split()


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
