"""Ends what a bot does not end: a callback or an effect that holds up the loop for seconds gets an exception.

It comes by a signal: Python calls its handler in the thread of the loop, between two instructions, and shows where that
thread is. So it is raised only where a bot's own code is under way, called by the turn, the effect or the loop that
will catch it, and never in code of ours: from another thread nobody could tell.
"""

import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from conversations import endless, engine
from conversations.endless import CATCH, LOOP, SPARED
from conversations.errors import Overrun
from gateway import moving

LIMIT = endless.LIMIT
PATIENCE = 1.0
"""Seconds more until also what it calls of others (a pattern that does not match, a library) is interrupted."""
_CATCH = CATCH | {moving.CATCHES}
"""The functions that make a failure of it in a gateway."""
_SIGNAL = getattr(signal, "SIGURG", None)
"""Ignored where nobody handles it, so that one which comes late does no harm."""
_HERE = Path(__file__).resolve().parent.parent
_OURS = tuple(str(_HERE / each) for each in ("gateway/", "connectors/", "conversations/", "admin/", "state/"))
_TICK = 0.25
"""Seconds of the processor's time between two looks that need no other thread."""
_TIMER = getattr(signal, "SIGVTALRM", None)


class Called(NamedTuple):
    """A call of a bot's code by others: in which event, of which function, and by which frame (its id)."""

    met: int
    file: str
    line: int
    by: int


def called(frame: FrameType | None, files: Collection[str]) -> Called | None:
    """The call of a bot's code that is under way in a frame, if one is."""
    own = by = None
    while frame is not None:
        if frame.f_code.co_filename in files:
            own = by = frame
        elif own is not None and frame.f_code in _CATCH:
            by = frame
        frame = frame.f_back
    return Called(engine.met(), own.f_code.co_filename, own.f_code.co_firstlineno, id(by)) if own else None


class Ender:
    """Ends what is stuck in the thread that it is made for. `files` gives those of the bots.

    It is told by the watchdog's thread; and, since some code in C lets no other thread run (a pattern that does not
    come to an end), by a timer of the system's own.
    """

    def __init__(self, files: Callable[[], Collection[str]]) -> None:
        self._files = files
        self._for, self._since = 0.0, 0.0
        self._asked: Called | None = None
        self._burning: Called | None = None
        self._thread, self._listens = threading.get_ident(), False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Within it, things can be ended; only the main thread of a system with signals can do so."""
        if _SIGNAL is None or _TIMER is None or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(_SIGNAL, self._interrupt), signal.signal(_TIMER, self._burns)
        self._listens = True
        try:
            yield
        finally:
            self._listens = False
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(_SIGNAL, before[0])
            signal.signal(_TIMER, before[1])

    def beat(self) -> None:
        """The loop has gone round: nothing is stuck."""
        self._burning = None
        if self._listens:
            signal.setitimer(signal.ITIMER_VIRTUAL, _TICK, _TICK)

    def end(self, call: Called, seconds: float) -> None:
        """End a call that has held up the loop for so long, if it is still under way then; to be asked again."""
        if seconds >= LIMIT and self._listens:
            self._asked, self._for = call, seconds
            signal.pthread_kill(self._thread, signal.Signals(_SIGNAL or 0))

    def _interrupt(self, _number: int, frame: FrameType | None) -> None:
        asked, self._asked = self._asked, None
        if asked and asked == called(frame, self._files()):
            self._raise(frame, deep=self._for >= LIMIT + PATIENCE)

    def _burns(self, _number: int, frame: FrameType | None) -> None:
        """Look how long one and the same call of a bot has had the processor, in the thread of the loop alone."""
        call, now = called(frame, self._files()), time.thread_time()
        if call is None or call != self._burning:
            self._burning, self._since = call, now
        elif now - self._since >= LIMIT + PATIENCE:
            self._raise(frame, deep=True)

    def _raise(self, frame: FrameType | None, *, deep: bool) -> None:
        if ends(frame, self._files(), deep=deep):
            raise Overrun(f"it did not end within {LIMIT:g} seconds, and held up every conversation")


def ends(frame: FrameType | None, files: Collection[str], *, deep: bool) -> bool:
    """Whether what is under way is a bot's own code, or with `deep` what that has called, and somebody catches it.

    That is a turn, an effect, or the loop, where a bot has begun a task of its own.
    """
    while frame is not None and frame.f_code.co_filename not in files:
        if not deep or frame.f_code.co_filename.startswith((*_OURS, *SPARED)):
            return False
        frame = frame.f_back
    own = True
    while frame is not None:
        if frame.f_code in _CATCH:
            return True
        if own and frame.f_code.co_filename in LOOP:
            return True
        own = frame.f_code.co_filename in files
        frame = frame.f_back
    return False
