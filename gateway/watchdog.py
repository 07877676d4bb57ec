"""The watchdog: tells which line of a bot holds up everybody.

Callbacks, scripts and effects share the event loop with every customer, so one that waits or computes for long lets all
wait. The loop beats; a thread that misses a beat looks what the loop's thread is doing; the next beat tells it. What
does not end at all is ended.
"""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Collection, Iterator
from types import FrameType
from typing import NamedTuple, cast

from conversations.router import Router
from gateway.stuck import LIMIT, Called, Ender, called

log = logging.getLogger("parley.watchdog")
BEAT = 0.02
"""Seconds between two beats."""
LONGEST = 0.1
"""Seconds of holding up the loop that are always told; less than these without a beat never are."""
_LATE = LONGEST - BEAT
_LOOK = 0.03
"""Seconds between two looks at the beat; from `_MISSED` without one on, the loop's thread is looked at."""
_MISSED = 0.06
_NEVER = int(3 * LIMIT / _LOOK)
"""After how many looks it is told that something does not end, in spite of all."""


class Line(NamedTuple):
    """A line that was under way."""

    file: str
    number: int
    function: str


class Watchdog:
    """Watches the loop that it runs in."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._beat = 0.0
        self._seen: tuple[Line, ...] = ()

    async def run(self) -> None:
        """Watch for ever."""
        closed, self._beat = threading.Event(), time.perf_counter()
        ender = Ender(self._files)
        thread = threading.Thread(
            target=self._look, args=(threading.get_ident(), closed, ender), name="watchdog", daemon=True
        )
        thread.start()
        try:
            with ender.listening():
                await self._watch(ender)
        finally:
            closed.set()

    def _files(self) -> frozenset[str]:
        return frozenset[str]().union(*(bot.files for bot in self._router.known))

    async def _watch(self, ender: Ender) -> None:
        while True:
            ender.beat()
            self._seen, self._beat = (), time.perf_counter()
            await asyncio.sleep(BEAT)
            late = time.perf_counter() - self._beat - BEAT
            if late > _LATE:
                self._tell(late)

    def _look(self, watched: int, closed: threading.Event, ender: Ender) -> None:
        missed, before = 0, cast(tuple[float, Called] | None, None)
        while not closed.wait(_LOOK):
            beat = self._beat
            if time.perf_counter() - beat <= _MISSED:
                missed = 0
                continue
            lines = tuple(_lines(sys._current_frames().get(watched)))
            if beat == self._beat and not self._seen:
                self._seen = lines
            call = called(sys._current_frames().get(watched), self._files())
            missed = missed + 1 if call and (beat, call) == before else 0
            before = (beat, call) if call else None
            if call:
                ender.end(call, missed * _LOOK)  # counted in looks: a process that was frozen ends nothing
            if call and missed == _NEVER:
                self._warn(lines, missed * _LOOK)

    def _warn(self, lines: tuple[Line, ...], seconds: float) -> None:
        """Say that something cannot be ended: no beat will."""
        if line := _of(self._files(), lines):
            log.critical(
                "%s (%s:%d) has held up every conversation for %.0f s, and cannot be ended: it catches what ends it, or"
                " waits where nothing can; end this process",
                line.function, line.file, line.number, seconds,
            )  # fmt: skip

    def _tell(self, late: float) -> None:
        """Say it, if it was a bot's."""
        for bot in self._router.known:
            if line := _of(bot.files, self._seen):
                log.warning(
                    "%s held up every conversation for %.1f s in %s (%s:%d): what waits or computes for long belongs "
                    "into an @effect, and there behind `await call.http…` or `await asyncio.to_thread(…)`",
                    bot.name, late, line.function, line.file, line.number,
                )  # fmt: skip
                return


def _of(files: Collection[str], lines: tuple[Line, ...]) -> Line | None:
    """The innermost line in some files."""
    return next((each for each in lines if each.file in files), None)


def _lines(frame: FrameType | None) -> Iterator[Line]:
    """What is under way, the innermost first."""
    while frame is not None:
        yield Line(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back
