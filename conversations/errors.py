"""What a bot author did wrong, told with the flow, the name and the remedy: the first thing, or gathered, all of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_HERE = str(Path(__file__).resolve().parent)


class FlowError(Exception):
    """A flow that cannot work as it is written; most are told when its class is made.

    `clue` is a word that its author wrote where it goes wrong, for an error that is found later than there; `place` are
    the file and the line, for one that is found when a bot is loaded.
    """

    def __init__(self, message: str = "", clue: str = "", place: tuple[str, int] = ("", 0)) -> None:
        super().__init__(message)
        self.clue, self.place = clue, place


class FlowChanged(FlowError):
    """A conversation stands where its flow, as it is served now, has no place for it."""


class TooManySteps(FlowError):
    """One event led to more steps, or to more decisions, than a turn may take."""


class TooManyMessages(FlowError):
    """A flow said more to one customer than it may in a minute: mostly a machine answers it."""


class Overrun(BaseException):
    """A bot's code was ended since it did not end by itself; an `except Exception` of its author must not catch it."""


_gathered: ContextVar[list[FlowError] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[list[FlowError]]:
    """Within it what is wrong with bots is gathered while they are loaded: the check tells all at once."""
    found: list[FlowError] = []
    token = _gathered.set(found)
    try:
        yield found
    finally:
        _gathered.reset(token)


@contextmanager
def perhaps() -> Iterator[None]:
    """What is raised within it stops the load, or is gathered, with the line of the author's that is under way."""
    try:
        yield
    except FlowError as error:
        found = _gathered.get()
        if found is None:
            raise
        error.place = error.place if error.place[0] else _under_way()
        found.append(error)


def count() -> int:
    """How many were gathered so far."""
    return len(_gathered.get() or ())


def _under_way() -> tuple[str, int]:
    """The innermost line that is not this room's."""
    frame = sys._getframe(1)
    while frame.f_back and (
        frame.f_code.co_filename.startswith(_HERE) or "contextlib" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
