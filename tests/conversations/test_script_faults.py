"""What authors of scripts do wrong is told with its line; changed code is found, never silently misplayed."""

import asyncio
import importlib.util
import os
import random
import re
import time
from collections.abc import Callable, Generator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from conversations import engine
from conversations.router import Router
from conversations.script import Script
from parley import (
    Effect,
    FlowError,
    Talk,
    chat,
    effect,
    flow,
)
from state.model.turn import Snapshot
from tests.conversations.kit import CUSTOMER, NOW, said, words

# What an author does wrong


class Elsewhere:
    """Somebody else's wait."""

    def __await__(self) -> Generator[object, None, None]:
        yield object()


async def _sleeps(talk: Talk) -> None:
    await talk.ask("One?")
    await Elsewhere()


async def _forgets(talk: Talk) -> None:
    talk.ask("One?")  # type: ignore[unused-coroutine,unused-ignore]
    await talk.ask("Two?")


async def _raises(talk: Talk) -> None:
    await talk.ask("One?")
    raise KeyError("nowhere")


_calls = count()


async def _differs(talk: Talk) -> None:
    await talk.ask("One?")
    await talk.ask(f"Number {next(_calls)}?")
    await talk.ask("Three?")


async def _endless(talk: Talk) -> None:
    while True:
        talk.say("And more.")


async def _plain(talk: Talk) -> None:
    await talk.do(_raises)  # type: ignore[arg-type]


async def _cleans_up(talk: Talk) -> None:
    try:
        await talk.ask("One?")
    finally:
        await talk.sleep(1)


async def _takes_all(talk: Talk) -> None:
    try:
        await talk.ask("One?")
    except BaseException:
        await talk.ask("Again?")


async def _cancels(talk: Talk) -> None:
    await talk.ask("One?")
    raise asyncio.CancelledError


WRONG = {
    "waits in a finally": (_cleans_up, r"waits while it is left \(test_script_faults.py:\d+\): a `finally`"),
    "waits after an except of everything": (
        _takes_all,
        r"waits while it is left \(test_script_faults.py:\d+\)",
    ),
    "cancels": (_cancels, r"CancelledError \(test_script_faults.py:\d+\)"),
    "waits for what does not last": (
        _sleeps,
        r"_sleeps waits for something that does not last \(test_script_faults.py:\d+\)",
    ),
    "forgets to wait": (
        _forgets,
        r"talk.ask waits for nothing: write `await` before it \(test_script_faults.py:\d+\)",
    ),
    "raises": (_raises, r"KeyError: 'nowhere' \(test_script_faults.py:\d+\)"),
    "differs": (
        _differs,
        r"played again, step 2 became 'number_\d' \(test_script_faults.py:\d+\): what a script says",
    ),
    "never ends": (_endless, r"one turn says and asks for more than 100 things"),
    "calls no effect": (_plain, "talk.do runs an effect: put @effect before '_raises'"),
}


@pytest.mark.parametrize(("function", "told"), WRONG.values(), ids=WRONG)
async def test_what_is_wrong_is_told_with_its_line_and_parks(function: Any, told: str) -> None:
    async with chat(flow(function), may_fail=True) as c:
        for word in ("hi", "1", "2"):
            if c.fault is None:
                await c.hears(word)
                _ = c.said
    assert c.fault
    assert (c.mode, c.fault.code) == ("parked", "flow_error")
    assert re.search(told, c.fault.reason), c.fault.reason


@effect
async def count_cars(call: Effect) -> int:
    return 3


def parking(spaces: int) -> Script:
    @flow
    async def cars(talk: Talk) -> None:
        taken = await talk.do(count_cars)
        talk.say(f"{6 // spaces - taken} left.")
        await talk.ask("Which one?")

    return cars


async def test_a_result_that_a_fault_met_is_met_again_when_the_script_is_mended() -> None:
    async with chat(parking(0), may_fail=True) as c:
        await c.hears("hi")
        _ = c.said
        assert c.mode == "parked"
        c.serve(parking(1))
        await c.hears("well?")
        c.says("3 left.")
        c.says("Which one?")
        assert len(c.called) == 1


async def _clock(talk: Talk) -> None:
    talk.say(str(time.time()))


async def _chance(talk: Talk) -> None:
    talk.say(str(random.choice("ab")))


async def _helped(talk: Talk) -> None:
    talk.say(_aside())


def _aside() -> str:
    import uuid

    return str(uuid.uuid4())


async def _file(talk: Talk) -> None:
    with open("/dev/null") as file:  # noqa: ASYNC230 - that is what is wrong
        talk.say(file.read())


async def _waits(talk: Talk) -> None:
    await asyncio.sleep(1)


async def _settings(talk: Talk) -> None:
    talk.say(os.environ["HOME"])


async def _path(talk: Talk) -> None:
    talk.say(Path("/etc/hostname").read_text())  # noqa: ASYNC240 - that is what is wrong


def _no_coroutine(talk: Talk) -> None: ...


async def _two(talk: Talk, other: str) -> None: ...


UNREPEATABLE = {
    "the clock": (_clock, r"_clock \(test_script_faults.py:\d+\): time.time\(\) differs .*: use talk.now"),
    "chance": (_chance, r"random.choice\(\) differs .*: use talk.random"),
    "in a function it calls": (_helped, r"_helped \(test_script_faults.py:\d+\): uuid.uuid4\(\) differs"),
    "a file": (_file, r"open\(\) differs .*: put it into an @effect"),
    "the environment": (_settings, r"\): os.environ differs .*: read it outside the script"),
    "a path": (_path, r"read_text\(\) differs .*: put it into an @effect"),
    "a wait": (_waits, r"asyncio.sleep\(\) differs .*: use `await talk.sleep"),
    "no coroutine": (
        _no_coroutine,
        r"_no_coroutine \(test_script_faults.py:\d+\) is no async function: write `async def",
    ),
    "more than a talk": (_two, r"_two \(test_script_faults.py:\d+\) is called with its talk alone"),
}


@pytest.mark.parametrize(("function", "told"), UNREPEATABLE.values(), ids=UNREPEATABLE)
def test_what_cannot_be_played_again_is_found_when_the_script_is_made(function: Any, told: str) -> None:
    with pytest.raises(FlowError, match=told):
        flow(function)


# Another version


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Script]:
    """Scripts from source, each in a file of its own."""
    numbers = count()

    def write(body: str) -> Script:
        file = tmp_path / f"bot{next(numbers)}.py"
        file.write_text(
            f"from parley import Talk, flow, read\nPAUSE = 1\n@flow\nasync def two(talk: Talk):\n{body}"
        )
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        script = module.two
        assert isinstance(script, Script)
        return script

    return write


OLD = "    one = await talk.ask('One?')\n    await talk.ask('Two?')\n    talk.say(one)\n"


@pytest.mark.parametrize(
    ("new", "said_then", "code"),
    [
        (
            "    one = await talk.ask('One?')\n    await talk.ask('Two?')\n    talk.say(one + '!')\n",
            ["1!"],
            "",
        ),
        ("    # the same\n" + OLD, ["1"], ""),
        ("    talk.say('Hi.')\n" + OLD, ["Sorry"], "step 1 is now 'one' (bot1.py:6)"),
        (OLD.replace("Two", "Three"), ["Sorry"], "step 2 is now 'three' (bot1.py:6)"),
        ("    await talk.ask('One?')\n", ["Sorry"], "two ends now before where this run stands"),
    ],
)
def test_changed_code_is_played_on_where_it_agrees_with_the_journal_and_told_where_not(
    written: Callable[[str], Script], new: str, said_then: list[str], code: str
) -> None:
    stands, old = Snapshot(), Router([written(OLD)])
    for word in ("hi", "1"):
        stands = engine.play(stands, [said(word)], CUSTOMER, old, NOW, "s").after
    played = engine.play(stands, [said("2")], CUSTOMER, Router([written(new)], apology="Sorry"), NOW, "s")
    assert words(played) == said_then
    if code:
        assert played.fault
        assert (played.fault.code, played.after.data) == ("flow_changed", stands.data)
        assert code in played.fault.reason
    elif "the same" not in new:
        assert played.steps[0].note.startswith("version changed")


def test_the_version_is_that_of_what_the_script_does(written: Callable[[str], Script]) -> None:
    same, other = written("    # a remark\n" + OLD), written(OLD.replace("'Two?'", "f'Two {PAUSE}?'"))
    versions = [each.version for each in (written(OLD), same, other)]
    assert versions[0] == versions[1] != versions[2]
