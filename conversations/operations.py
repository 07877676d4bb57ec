"""What a script can wait for. Each knows how it is begun, which events end it, and how its value is stored."""

from collections.abc import Generator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from conversations.effects import Declared
from conversations.readers import NotRead, Reader
from conversations.turn import Turn
from state.model.content import Content, Text, plain
from state.model.event import EffectDone, HandedBack, MessageReceived, TimerFired

T = TypeVar("T")
WAITS = ("ask", "do", "begin", "sleep", "hand_over")
"""The methods of a talk that wait."""
_LABEL = 60
_encode = msgspec.json.Encoder(order="sorted").encode


class NotUnderstood(Exception):
    """The customer gave no answer that could be read, as often as was asked; `said` is the last one."""

    def __init__(self, said: str = "") -> None:
        super().__init__(said)
        self.said = said


class TimedOut(Exception):
    """Nobody answered in time."""


class EffectFailed(RuntimeError):
    """An effect failed; `reason` is what its back-end, or the time limit, said."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


_RAISED = {each.__name__: each for each in (NotUnderstood, TimedOut, EffectFailed)}


class Outcome(NamedTuple):
    """How an operation ended: its value as it is stored, or the name of what is raised and what that is made of."""

    value: Any
    failed: str = ""


class Place(NamedTuple):
    """Where in its run an operation stands: the `number` of what was waited for before it, and what is known so far."""

    number: int
    tries: int = 0
    key: str = ""
    locale: str = ""


class Operation(Generic[T]):
    """What all share: awaited once, and named (`label`) and described (`about`) for the journal.

    `method` is the talk's that made it.
    """

    method = ""

    __slots__ = ("about", "awaited", "label")

    def __init__(self, label: str, about: bytes) -> None:
        self.label, self.about, self.awaited = label, about, False

    def __await__(self) -> Generator["Operation[Any]", Any, T]:
        self.awaited = True
        return (yield self)  # type: ignore[no-any-return]

    def begin(self, turn: Turn, place: Place) -> str:
        """Begin it; gives the key of its effect, if it has one."""
        raise NotImplementedError

    def meet(self, turn: Turn, place: Place) -> Outcome | None:
        """What an event does to it: it ends, or goes on (None)."""
        raise NotImplementedError

    def stop(self, turn: Turn, place: Place) -> None:
        """Take back what it began."""

    def restored(self, value: Any) -> T:
        """The value as the script gets it, from what was stored."""
        return value  # type: ignore[no-any-return]


def raised(name: str, value: Any) -> Exception:
    """The exception that was stored."""
    return _RAISED[name](*([value] if value is not None else []))


class Ask(Operation[T]):
    """A question and its reader; `source` is its name, or the text of a prompt as the author wrote it."""

    method = "ask"
    __slots__ = ("limit", "prompt", "reader", "remind", "reminder", "retry", "within")

    def __init__(
        self,
        prompt: Content,
        reader: Reader[T],
        retry: str,
        limit: int,
        within: float,
        remind: float,
        reminder: str,
        source: str,
        *,
        named: bool = False,
    ) -> None:
        by_words = named or isinstance(prompt, Text)
        said = source if by_words else plain(prompt)
        about = said.encode(errors="replace") if by_words else _encode(prompt)
        super().__init__(label(said) or reader.kind, b"ask %s %s" % (reader.kind.encode(), about))
        self.prompt, self.reader, self.retry, self.limit = prompt, reader, retry, limit
        self.within, self.remind, self.reminder = within, remind, reminder

    def begin(self, turn: Turn, place: Place) -> str:
        """Say the question, and set its timers."""
        self._say(turn)
        if self.within:
            turn.timer(f"within.{place.number}", self.within)
        if self.remind:
            turn.timer(f"remind.{place.number}", self.remind)
        return ""

    def meet(self, turn: Turn, place: Place) -> Outcome | None:
        """Read an answer, or be late."""
        match turn.event:
            case MessageReceived(content=content):
                return self._read(turn, content, place)
            case TimerFired(timer=name) if name == f"within.{place.number}":
                self.stop(turn, place)
                return Outcome(None, "TimedOut")
            case TimerFired(timer=name) if name == f"remind.{place.number}":
                if self.reminder:
                    turn.say(self.reminder)
                self._say(turn)
            case HandedBack():
                self.begin(turn, place)
        return None

    def stop(self, turn: Turn, place: Place) -> None:
        """Take the timers back."""
        if self.within:
            turn.cancel(f"within.{place.number}")
        if self.remind:
            turn.cancel(f"remind.{place.number}")

    def restored(self, value: Any) -> T:
        """The value, of the reader's type."""
        kind = self.reader.type
        return value if type(value) is kind else msgspec.convert(value, kind)  # type: ignore[no-any-return]

    def _say(self, turn: Turn) -> None:
        if not isinstance(self.prompt, Text) or self.prompt.text:
            turn.say(self.reader.asked(self.prompt))

    def _read(self, turn: Turn, content: Content, place: Place) -> Outcome | None:
        try:
            value = self.reader.read(content, place.locale, turn.now)
        except NotRead as error:
            if place.tries + 1 >= self.limit:
                self.stop(turn, place)
                return Outcome(plain(content), "NotUnderstood")
            if self.retry or error.why:
                turn.say(self.retry or turn.t(error.why, **error.values))
            return None
        self.stop(turn, place)
        return Outcome(msgspec.to_builtins(value))


class Do(Operation[Any]):
    """An effect and its result."""

    method = "do"
    __slots__ = ("args", "key", "name")

    def __init__(self, name: str, declared: Declared, key: str, args: Mapping[str, Any]) -> None:
        declared.check(args)
        super().__init__(f"do_{name}", b"do %s %s" % (name.encode(), _encode(args)))
        self.name, self.args, self.key = name, args, key

    def begin(self, turn: Turn, place: Place) -> str:
        """Ask for the effect."""
        return turn.call(self.name, self.args, self.key).key

    def meet(self, turn: Turn, place: Place) -> Outcome | None:
        """Take its own result."""
        event = turn.event
        if (
            not isinstance(event, EffectDone)
            or event.effect != self.name
            or event.call not in ("", place.key)
        ):
            return None
        if event.fault:
            return Outcome(event.fault.reason, "EffectFailed")
        return Outcome(event.result)


class Begin(Operation[Any]):
    """Another flow, and what it ends with."""

    method = "begin"
    __slots__ = ("fields", "flow")

    def __init__(self, flow: Any, name: str, fields: Mapping[str, Any]) -> None:
        super().__init__(f"begin_{name}", b"begin %s %s" % (name.encode(), _encode(fields)))
        self.flow, self.fields = flow, fields

    def begin(self, turn: Turn, place: Place) -> str:
        """Begin the other flow; this one waits."""
        turn.begin(self.flow, **self.fields)
        return ""

    def meet(self, turn: Turn, place: Place) -> Outcome | None:
        """Take the other's result."""
        done = isinstance(turn.event, EffectDone) and f"begin_{turn.event.effect}" == self.label
        return Outcome(turn.event.result) if done and isinstance(turn.event, EffectDone) else None


class Sleep(Operation[None]):
    """A wait, from `since` (milliseconds, UTC)."""

    method = "sleep"
    __slots__ = ("due", "seconds")

    def __init__(self, seconds: float, since: int) -> None:
        super().__init__("sleep", b"sleep %r" % seconds)
        self.seconds, self.due = seconds, since + int(seconds * 1000)

    def begin(self, turn: Turn, place: Place) -> str:
        """Set the timer."""
        turn.timer(f"sleep.{place.number}", self.seconds)
        return ""

    def meet(self, turn: Turn, place: Place) -> Outcome | None:
        """Wake when the timer is due, or is found to have been while another flow or a person answered."""
        event = turn.event
        if isinstance(event, TimerFired) and event.timer == f"sleep.{place.number}":
            return Outcome(None)
        if isinstance(event, HandedBack):
            self.stop(turn, place)
            if turn.now >= self.due:
                return Outcome(None)
            turn.timer(f"sleep.{place.number}", (self.due - turn.now) / 1000)
        return None

    def stop(self, turn: Turn, place: Place) -> None:
        """Take the timer back."""
        turn.cancel(f"sleep.{place.number}")


class HandOver(Operation[str]):
    """A person who answers until the conversation is handed back."""

    method = "hand_over"
    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        super().__init__("hand_over", b"hand_over")
        self.reason = reason

    def begin(self, turn: Turn, place: Place) -> str:
        """Hand over."""
        turn.hand_over(self.reason)
        return ""

    def meet(self, turn: Turn, place: Place) -> Outcome | None:
        """Go on when it is handed back."""
        return Outcome(turn.event.note) if isinstance(turn.event, HandedBack) else None


def label(said: str) -> str:
    """A question's words as a name: the state a conversation is shown in."""
    words = "".join(each if each.isalnum() else " " for each in said.casefold()).split()
    return "_".join(words)[:_LABEL]
