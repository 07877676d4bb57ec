"""`parley new bot NAME`: a starter project with a flow, a test and settings, which runs at once."""

import argparse
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

_BOT = '''"""A first bot: it asks for a name and a number, and can be stopped, or left for a person, at any time."""

from parley import WAYS_OUT, Flow, On, Question, Turn, read


class {name}(Flow):
    start, final = "name", ("done",)
    asks = {{
        "name": Question("What is your name?"),
        "count": Question("How many, please?", read.number(1, 10)),
    }}
    table = (
        *WAYS_OUT,
        On("answered", "name", "count", do="greet"),
        On("answered", "count", "done", do="confirm"),
    )
    name: str = ""

    def greet(self, turn: Turn) -> None:
        turn.say(f"Hello {{self.name}}!")

    def confirm(self, turn: Turn) -> None:
        turn.say(f"{{turn.answer}} for {{self.name}}. Thank you!")
'''
_TEST = '''"""What the bot says, talk by talk: `pytest`."""

import pytest

from bot import {name}
from parley import chat, walk


@pytest.mark.talk
async def test_a_whole_talk():
    async with chat({name}) as c:
        await c.hears("hi")
        c.says("What is your name?")
        await c.hears("Ada")
        c.says("Hello Ada!")
        c.says("How many, please?")
        c.restarts()
        await c.hears("3")
        c.says("3 for Ada. Thank you!")


@pytest.mark.talk
async def test_a_person_is_a_word_away():
    async with chat({name}) as c:
        await c.hears("hi")
        c.says("What is your name?")
        await c.hears("agent")
        c.says("One moment, a colleague will answer.")
        assert c.mode == "person"


def test_whatever_is_said():
    pytest.importorskip("hypothesis")
    walk({name})
'''
_SETTINGS = """# The settings of `parley demo --config parley.toml` and `parley serve --config parley.toml`.
bots = ["bot:{name}"]
bot_path = "."
# For parley serve, beside:
# database = "sqlite:///parley.db"
# public_url = "https://chat.example.com"
# country = "DE"
# seal_key_file = "seal.key"    # made with: (umask 077; openssl rand -base64 32 > seal.key)
"""
_README = """# {name}

An environment of its own, where Parley comes from its checkout:

```
python3 -m venv .venv && . .venv/bin/activate
pip install path/to/parley pytest hypothesis
```

Then:

```
parley chat bot.py                      # talk to it in the terminal; it is loaded anew when you save it
pytest                                  # its tests
parley check bot.py                     # what would leave a customer stuck
parley demo --config parley.toml --reload    # on simulated phones, at http://127.0.0.1:8080
```
"""
_FILES = {
    "bot.py": _BOT,
    "test_bot.py": _TEST,
    "parley.toml": _SETTINGS,
    "README.md": _README,
    "pytest.ini": "[pytest]\npythonpath = .\n",
    ".gitignore": ".venv/\n__pycache__/\nvar/\nseal.key\n*.db*\n",
}


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """What to make, and where."""
    command.add_argument("what", choices=("bot",), help="what to make")
    command.add_argument("folder", help="the folder to make; its name becomes the bot's")


def run(args: argparse.Namespace) -> int:
    """Make the project; it never writes over a file."""
    from gateway.cli import Failure

    folder = Path(args.folder)
    words = re.findall(r"[A-Za-z][A-Za-z0-9]*", folder.name)
    name = "".join(each[:1].upper() + each[1:] for each in words)
    if not name:
        raise Failure(f"{args.folder}: the folder's name becomes the bot's: it needs a letter")
    taken = [each for each in _FILES if (folder / each).exists()]
    if taken:
        raise Failure(f"{folder / taken[0]} is there already, and is not written over: choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in _FILES.items():
            (folder / file).write_text(text.format(name=name) if "{name}" in text else text, "utf-8")
    except OSError as error:
        raise Failure(f"{folder} cannot be made: {error.strerror}") from error
    print(f"{folder} holds a bot, {name}, with a test and settings:")
    print("\n".join(f"  {line}" for line in _next(folder)))
    return 0


def _next(folder: Path) -> Iterator[str]:
    """What to type, as it works in the shell that made the project."""
    parley = _typed("parley")
    yield f"cd {shlex.quote(str(folder))}"
    yield f"{parley} chat bot.py"
    if find_spec("pytest"):
        yield _typed("pytest")
    else:
        yield "pip install pytest hypothesis, where Parley is installed: its README.md says how; then pytest"
    yield f"{parley} demo --config parley.toml --reload"


def _typed(command: str) -> str:
    """A command of this environment: its name where the shell finds just that, else its path."""
    own = Path(sys.executable).parent / command
    found = shutil.which(command)
    return command if found and Path(found).absolute() == own else shlex.quote(str(own))
