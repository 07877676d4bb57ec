"""`docs/bots.md` and `docs/testing.md`: every block of code runs, every talk is what happens, every test passes."""

import ast
import asyncio
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from parley import Chat, Choice, chat

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```(python|chat)(.*?)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """The kind, the rest of the first line, and the text of each block."""
    for found in _BLOCK.finditer((DOCS / page).read_text("utf-8")):
        yield found[1], found[2].strip(), found[3]


def module(page: str) -> ModuleType:
    """The page's code as one module: a block may use what the page has defined before, but not what it imported."""
    name = f"page_{page.partition('.')[0]}"
    made = sys.modules[name] = ModuleType(name)
    made.__file__ = str(DOCS / page)
    for kind, _, text in blocks(page):
        if kind == "python":
            own = {key: each for key, each in vars(made).items() if getattr(each, "__module__", None) == name}
            scope = {"__name__": name, **own}
            exec(compile(text, made.__file__, "exec"), scope)
            made.__dict__.update(scope)
    return made


BOTS = module("bots.md")
TALKS = [(head.split()[0], head, text) for kind, head, text in blocks("bots.md") if kind == "chat"]


@pytest.mark.parametrize(("name", "head", "text"), TALKS, ids=[name for name, _, _ in TALKS])
async def test_every_talk_of_the_page_is_what_happens(name: str, head: str, text: str) -> None:
    words = head.removeprefix(name).strip()
    locale = words if words and "=" not in words else "en"
    async with chat(getattr(BOTS, name), locale=locale) as c:
        if "=" in words:
            effect, _, result = words.partition("=")
            c.answers(effect, ast.literal_eval(result))
        options: tuple[str, ...] = ()
        for line in text.splitlines():
            options = await _line(c, line, options)


async def _line(c: Chat, line: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """Play or check a line; gives the options that are on offer."""
    mark, words = line[:1], line[2:]
    match mark:
        case ">" if words in options:
            await c.taps(words)
        case ">":
            await c.hears(words)
        case "~":
            await c.later(hours=float(words.removesuffix("h")))
        case "<":
            asked = c._unread[0] if c._unread else None
            c.says(words)
            return tuple(each.title for each in asked.options) if isinstance(asked, Choice) else options
        case _:
            assert words.strip(" []") in options, line
    return options


TESTING = module("testing.md")
TESTS = {name: each for name, each in vars(TESTING).items() if name.startswith("test_")}


class Snapshot:
    """Stands for the plugin's."""

    def __call__(self, talk: Chat) -> None:
        assert talk.transcript.startswith(
            "> hi\n< For how many people?\n> many\n< Please type a number from 1 to 12."
        )


@pytest.mark.parametrize("name", TESTS)
def test_every_test_of_the_page_passes(name: str) -> None:
    wanted: dict[str, Any] = {each: Snapshot() for each in inspect.signature(TESTS[name]).parameters}
    result = TESTS[name](**wanted)
    if inspect.isawaitable(result):
        asyncio.run(result)  # type: ignore[arg-type]


def test_the_pages_have_talks_and_tests() -> None:
    assert len(TALKS) >= 6
    assert len(TESTS) >= 4
