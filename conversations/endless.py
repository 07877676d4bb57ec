"""Ends in a test or a terminal what a bot does not end, after as long as the gateway's watchdog gives it.

A timer of the system's own ticks while a bot's code is under way; its handler is called between two instructions of the
same thread, and raises where a turn, an effect or the loop makes a failure of it. Who stands at a debugger has time.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from types import CodeType, FrameType

from conversations import effects, engine
from conversations.bot import Bot
from conversations.errors import Overrun
from state.model.turn import Snapshot

LIMIT = 5.0
"""Seconds that a bot may hold up the loop; the gateway's are as many."""
_TICK = 0.25
CATCH = {engine.CATCHES, effects.CATCHES}
"""The functions that make a failure of what is raised in a bot's code."""
LOOP = {asyncio.events.__file__, asyncio.runners.__file__}
"""Who runs what the loop has to run: a task keeps what is raised in it, and of a callback it is told."""
SPARED = ("<frozen importlib", asyncio.__file__.removesuffix("__init__.py"))
"""What comes to an end by itself and must not be cut off: an import, which may not be possible a second time, and
asyncio's own code, which counts who is to be cancelled."""
_DEBUGGERS = ("/bdb.py", "/pydevd.py")
_CLOCKS = [
    (getattr(signal, "SIGALRM", 0), getattr(signal, "ITIMER_REAL", -1)),
    (getattr(signal, "SIGVTALRM", 0), getattr(signal, "ITIMER_VIRTUAL", -1)),
]
"""The signals and their timers; the second, of the processor's time, where somebody (pytest-timeout) has the first."""


@contextmanager
def limited(files: Callable[[], Collection[str]], *catches: CodeType) -> Iterator[None]:
    """End within it what holds up the loop in these files; only a main thread, on a system with signals, can do so.

    `catches` are those beside a turn and an effect that know what to do with an Overrun.
    """
    if not _CLOCKS[0][0] or threading.current_thread() is not threading.main_thread():
        yield
        return
    number, clock = next((each for each in _CLOCKS if not signal.getitimer(each[1])[0]), _CLOCKS[1])
    handler = signal.signal(number, _Watch(files, CATCH | {*catches}).tick)
    before = signal.setitimer(clock, _TICK, _TICK)
    try:
        yield
    finally:
        signal.setitimer(clock, 0)
        signal.signal(number, handler or signal.SIG_DFL)
        signal.setitimer(clock, *before)


def moved(bot: Bot, stands: Snapshot) -> Snapshot:
    """Where a run of another version stands in a bot; raises AssertionError where its `migrate` does not end."""
    try:
        with limited(lambda: bot.files, moved.__code__):
            return bot.moved(stands)
    except Overrun as error:
        raise AssertionError(f"the migrate of {bot.name}: {error}") from error


class _Watch:
    """Counts the ticks since the loop has gone round: a process that was frozen ends nothing."""

    def __init__(self, files: Callable[[], Collection[str]], catches: Collection[CodeType]) -> None:
        self._files, self._catches, self._ticks = files, catches, 0

    def tick(self, _number: int, frame: FrameType | None) -> None:
        """Look what is under way, and end it if it is a bot's and has lasted too long."""
        self._ticks += 1
        with suppress(RuntimeError):
            asyncio.get_running_loop().call_soon_threadsafe(self._round)
        inner, ours = _stack(frame, self._files(), self._catches)
        if not ours or any(each.endswith(_DEBUGGERS) for each in inner):
            self._round()
        elif self._ticks * _TICK >= LIMIT and not any(each.startswith(SPARED) for each in inner):
            raise Overrun(
                f"it did not end within {LIMIT:g} seconds, and would hold up every conversation in the gateway"
            )

    def _round(self) -> None:
        self._ticks = 0


def _stack(
    frame: FrameType | None, files: Collection[str], catches: Collection[CodeType]
) -> tuple[list[str], bool]:
    """The files that a bot's code has called into, and whether it is a bot's, called by what makes a failure of it.

    What stands further out is the test's, which may be in the file of the bot.
    """
    inner, own = list[str](), False
    while frame is not None:
        code = frame.f_code
        if code in catches or (own and code.co_filename in LOOP):
            return inner, own
        if code.co_filename in files:
            own = True
        elif not own:
            inner.append(code.co_filename)
        frame = frame.f_back
    return inner, False
