"""Ends what a bot does not end: a callback or an effect that holds up the loop for seconds gets an exception.

It comes by a signal: Python calls its handler in the thread of the loop, between two instructions, and shows where that
thread is. So it is raised only where a bot's own code is under way, called by the turn or the effect that will catch
it, and never in code of ours: from another thread nobody could tell.
"""

import signal
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from conversations import effects, engine
from conversations.errors import Overrun

LIMIT = 5.0
"""Seconds that a bot may hold up the loop."""
PATIENCE = 1.0
"""Seconds more until also what it calls of others (a pattern that does not match, a library) is interrupted."""
_CATCH = {engine.CATCHES, effects.CATCHES}
"""The functions that make a failure of it."""
_SIGNAL = getattr(signal, "SIGURG", None)
"""Ignored where nobody handles it, so that one which comes late does no harm."""
_HERE = Path(__file__).resolve().parent.parent
_OURS = tuple(str(_HERE / each) for each in ("gateway/", "connectors/", "conversations/", "admin/", "state/"))


class Ender:
    """Ends what is stuck in the thread that it is made for."""

    def __init__(self) -> None:
        self._files: Collection[str] = ()
        self._for = 0.0
        self._thread = threading.get_ident()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Within it, things can be ended; only the main thread of a system with signals can do so."""
        if _SIGNAL is None or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(_SIGNAL, self._interrupt)
        try:
            yield
        finally:
            signal.signal(_SIGNAL, before)

    def end(self, files: Collection[str], seconds: float) -> None:
        """End what is under way in these files of bots, which has held up the loop for so long; to be asked again."""
        if seconds >= LIMIT and _SIGNAL is not None and sys.platform != "win32":
            self._files, self._for = files, seconds
            signal.pthread_kill(self._thread, _SIGNAL)

    def _interrupt(self, _number: int, frame: FrameType | None) -> None:
        seconds, self._for = self._for, 0.0
        if seconds and ends(frame, self._files, deep=seconds >= LIMIT + PATIENCE):
            raise Overrun(f"it did not end within {LIMIT:g} seconds, and held up every conversation")


def ends(frame: FrameType | None, files: Collection[str], *, deep: bool) -> bool:
    """Whether what is under way is a bot's own code, or with `deep` what that has called, in a turn or an effect."""
    while frame is not None and frame.f_code.co_filename not in files:
        if not deep or frame.f_code.co_filename.startswith(_OURS):
            return False
        frame = frame.f_back
    while frame is not None:
        if frame.f_code in _CATCH:
            return True
        frame = frame.f_back
    return False
