"""What holds up the loop is told with the bot and the line; what is not a bot's is not laid at its door."""

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from conversations import effects, engine
from conversations.router import APOLOGY, Router
from gateway import moving, stuck, watchdog
from gateway.stuck import ends
from gateway.watchdog import BEAT, Watchdog
from state.flows import Move
from state.model.content import Text
from state.model.turn import Customer, Snapshot
from tests.conversations.kit import NOW, said
from tests.gateway import endless_bot, slow_bot

ROUTER = Router([endless_bot.endless, endless_bot.Endless, slow_bot.Slow])
SLOW = Router([slow_bot.Slow])


class Told(logging.Handler):
    """What a watchdog says."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.put_nowait(record.getMessage())


@pytest.fixture
async def told() -> AsyncIterator[Told]:
    """What is told while a watchdog watches this test."""
    told, log = Told(), logging.getLogger("parley.watchdog")
    log.addHandler(told)
    watching = asyncio.create_task(Watchdog(ROUTER).run())
    await asyncio.sleep(0)
    yield told
    watching.cancel()
    log.removeHandler(told)


def play() -> None:
    engine.play(Snapshot(), [said("hi")], Customer(), SLOW, NOW, "t")


async def test_a_callback_that_waits_is_told_with_its_line(told: Told) -> None:
    play()
    line = await told.lines.get()
    assert line.startswith("Slow held up every conversation for 0.")
    assert f"in wait ({slow_bot.__file__}:{slow_bot.Slow.wait.__code__.co_firstlineno + 1})" in line
    assert "belongs into an @effect" in line


async def test_so_is_an_effect(told: Told) -> None:
    await engine.run_effect(ROUTER, "Slow", "ask", {}, "k", None)  # type: ignore[arg-type]
    assert f"in ask ({slow_bot.__file__}:" in await told.lines.get()


async def test_what_others_do_is_not_told(told: Told) -> None:
    time.sleep(slow_bot.LONG)  # noqa: ASYNC251 - nobody's bot
    await asyncio.sleep(2 * BEAT)  # the loop beats again
    play()
    assert "in wait (" in await told.lines.get()
    assert told.lines.empty()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds up the loop is ended soon."""
    monkeypatch.setattr(stuck, "LIMIT", 0.3)
    monkeypatch.setattr(stuck, "PATIENCE", 0.2)


@pytest.mark.parametrize(
    ("words", "function"),
    [("spin", "never"), ("library", "never"), ("match", "never"), ("script", "endless")],
    ids=[
        "a loop that catches everything",
        "one that calls others",
        "a pattern that lets nobody look",
        "a script",
    ],
)
async def test_what_does_not_end_is_ended_and_its_conversation_parked(
    impatient: None, told: Told, words: str, function: str
) -> None:
    played = engine.play(Snapshot(), [said(words)], Customer(), ROUTER, NOW, "t")
    assert played.fault
    assert (
        "dless: it did not end within 0.3 seconds, and held up every conversation (endless_bot.py:"
        in played.fault.reason
    )
    assert (played.after.mode, played.says[0].content) == ("parked", Text(APOLOGY))
    if words != "match":
        line = await told.lines.get()
        assert "held up every conversation for " in line
        assert f" in {function} (" in line


async def test_an_effect_that_does_not_end_fails(impatient: None, told: Told) -> None:
    with pytest.raises(TimeoutError, match=r"it did not end within 0\.3 seconds"):
        await engine.run_effect(ROUTER, "Endless", "turn_round", {}, "k", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["in_a_group", "in_a_task"])
async def test_so_do_the_tasks_that_it_begins(impatient: None, told: Told, name: str) -> None:
    with pytest.raises(TimeoutError, match=r"it did not end within 0\.3 seconds"):
        await engine.run_effect(ROUTER, "Endless", name, {}, "k", None)  # type: ignore[arg-type]


async def test_a_callback_of_the_loop_that_does_not_end_is_ended(impatient: None, told: Told) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    assert await engine.run_effect(ROUTER, "Endless", "in_a_callback", {}, "k", None) == "gone on"  # type: ignore[arg-type]


async def test_a_move_to_another_version_that_does_not_end_breaks(impatient: None, told: Told) -> None:
    stands = Snapshot("Endless", "old", 1, "start")
    found = moving._looked_at(ROUTER.bots[1], ROUTER, Move("c", 0, 1, stands, stands))
    assert found
    assert (found.verdict, found.why.startswith("Overrun: it did not end")) == ("breaks", True)


@pytest.mark.parametrize("beats", [True, False], ids=["in a loop that goes round", "in one that does not"])
async def test_steps_of_an_effect_are_counted_together_where_the_loop_does_not_go_round(
    monkeypatch: pytest.MonkeyPatch, beats: bool
) -> None:
    monkeypatch.setattr(stuck, "LIMIT", 2.5 * endless_bot.STEP)
    monkeypatch.setattr(stuck, "PATIENCE", 0)
    ender = stuck.Ender(lambda: {endless_bot.__file__})
    with ender.listening():
        call = engine.run_effect(ROUTER, "Endless", "in_steps", {"steps": 8}, "k", None)  # type: ignore[arg-type]
        effect = asyncio.create_task(call)
        while not effect.done():
            await asyncio.sleep(0)
            if beats:
                ender.beat()
    assert isinstance(effect.exception(), TimeoutError) is not beats


async def test_what_cannot_be_ended_is_told_while_it_goes_on(
    impatient: None, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "_NEVER", 20)
    await engine.run_effect(ROUTER, "Endless", "stubborn", {"seconds": 3}, "k", None)  # type: ignore[arg-type]
    line = told.lines.get_nowait()
    assert line.startswith(("stubborn (", "round_and_round ("))
    assert "cannot be ended" in line


def test_a_call_is_not_ended_for_one_before_it() -> None:
    """What was found stuck may have ended when the signal comes, and the next event may be played."""
    files = frozenset({endless_bot.__file__})
    ender = stuck.Ender(lambda: files)
    with ender.listening():
        line = endless_bot.Endless.never.__code__.co_firstlineno
        ender._for, ender._asked = 9.0, stuck.Called(engine.met(), endless_bot.__file__, line, 0)
        played = engine.play(Snapshot(), [said("signal")], Customer(), ROUTER, NOW, "t")
    assert not played.fault


def test_an_import_is_not_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = "import sys\nfrom gateway.stuck import ends\n\nfiles, frame = {FILE!r}, sys._getframe()\n"
    asked = "ended = [ends(frame, files, deep=True), ends(frame, {__file__}, deep=False)]\n"
    (tmp_path / "imported_late.py").write_text(look.replace("FILE!r", repr(endless_bot.__file__)) + asked)
    monkeypatch.syspath_prepend(tmp_path)
    assert engine.play(Snapshot(), [said("import")], Customer(), ROUTER, NOW, "t").fault is None
    assert sys.modules.pop("imported_late").ended == [False, True]


async def test_what_is_no_bots_is_never_ended(impatient: None, told: Told) -> None:
    """Nor is a bot's code that nobody would make a failure of: the gateway's own loop stands behind it."""
    time.sleep(1)  # noqa: ASYNC251 - nobody's bot
    before = time.perf_counter()
    while time.perf_counter() < before + 1:
        pass
    with pytest.raises(ZeroDivisionError):
        endless_bot.busy(1)


def test_only_a_bots_own_code_within_a_turn_is_ended() -> None:
    files = frozenset({__file__})

    def inner() -> tuple[bool, bool]:
        frame = sys._getframe()
        return ends(frame, files, deep=True), ends(frame, frozenset({"elsewhere.py"}), deep=True)

    assert inner() == (False, False)


class Code(NamedTuple):
    """The code of a frame."""

    co_filename: str


OURS, LIBRARY, WITHIN_ASYNCIO = engine.__file__, "/usr/lib/json.py", asyncio.locks.__file__
ENDS: dict[str, tuple[list[str], bool, bool]] = {
    "a bot's own code": (["bot", "catch"], True, True),
    "what it has called": (["bot", LIBRARY, "catch"], True, True),
    "a library": ([LIBRARY, "bot", "catch"], False, True),
    "ours": ([OURS, "bot", "catch"], False, False),
    "a library that ours has called": ([LIBRARY, OURS, "bot", "catch"], False, False),
    "asyncio": ([WITHIN_ASYNCIO, "bot", "catch"], False, False),
    "an import": (["<frozen importlib._bootstrap>", "bot", "catch"], False, False),
    "a task of a bot": (["bot", asyncio.events.__file__, OURS], True, True),
    "a bot that ours waits for": (["bot", WITHIN_ASYNCIO, OURS, asyncio.events.__file__], False, False),
    "nobody's": ([LIBRARY, OURS], False, False),
}


@pytest.mark.parametrize(("files", "soon", "later"), ENDS.values(), ids=ENDS)
def test_what_may_be_ended(files: list[str], soon: bool, later: bool) -> None:
    """The files of the frames that are under way, the innermost first."""
    frame: Any = None
    for file in reversed(files):
        code = effects.CATCHES if file == "catch" else Code(file)
        frame = SimpleNamespace(f_code=code, f_back=frame)
    assert (ends(frame, {"bot"}, deep=False), ends(frame, {"bot"}, deep=True)) == (soon, later)


async def test_slow_callbacks_of_several_customers_are_not_ended_for_their_sum(
    impatient: None, told: Told
) -> None:
    played = [engine.play(Snapshot(), [said("hi")], Customer(), SLOW, NOW, f"t{n}") for n in range(4)]
    assert [each.fault for each in played] == [None] * 4
