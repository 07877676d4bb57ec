"""Talk: what a script sees of its conversation, what it decides, and the journal that makes it durable."""

import random
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from types import CodeType
from typing import Any, TypeVar
from zlib import crc32

import msgspec

from conversations.effects import Declared
from conversations.errors import FlowError
from conversations.operations import Ask, Begin, Do, HandOver, Operation, Sleep
from conversations.readers import Reader
from conversations.readers import text as words
from conversations.turn import Turn, name_of
from state.model.consent import Purpose
from state.model.content import Content, Text
from state.model.turn import Customer, Permission

T = TypeVar("T")
_Opened = TypeVar("_Opened", bound=Operation[Any])
_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing a script waited for: what it was (`mark`), when it came (milliseconds, UTC), and the value.

    `failed` names the exception that came instead; then the value is what it is made of.
    """

    mark: int
    at: int
    value: Any = None
    failed: str = ""


class Journal(msgspec.Struct, omit_defaults=True, gc=False):
    """A run of a script as it is stored: how it began, what it got so far, and what it waits for now.

    `began` is in milliseconds, UTC; `seed` is the run's own; `mark` is of what it waits for, `tries` counts the answers
    to it that were not read, `key` is that of its effect. `allows` is what the customer allowed, each time with the
    number of entries after which it was known to be otherwise than before.
    """

    began: int
    seed: str
    said: str = ""
    name: str = ""
    locale: str = ""
    entries: list[Entry] = []
    mark: int = 0
    tries: int = 0
    key: str = ""
    allows: list[tuple[int, tuple[Purpose, ...]]] = []

    def allowed(self, entries: int) -> tuple[Purpose, ...]:
        """What the customer was known to allow after so many entries."""
        return next((purposes for number, purposes in reversed(self.allows) if number <= entries), ())

    def learn(self, purposes: tuple[Purpose, ...]) -> None:
        """Keep what the customer allows now, where it is otherwise than it was known to be."""
        if purposes != self.allowed(len(self.entries)):
            self.allows.append((len(self.entries), purposes))


class Talk:
    """A script's conversation. What it waits for is awaited: `ask`, `do`, `sleep`, `hand_over`; the rest is at once.

    A script is played again from its beginning for each event, with what it got so far; so it takes the time, chance
    and everything from outside from here alone.
    """

    __slots__ = (
        "__dict__",
        "_allows",
        "_at",
        "_effect_name",
        "_journal",
        "_mark",
        "_opened",
        "_sources",
        "_turn",
        "now",
        "replaying",
    )

    def __init__(self, journal: Journal, turn: Turn, effect_name: Callable[[Declared], str]) -> None:
        self._journal, self._turn, self._effect_name = journal, turn, effect_name
        self.replaying, self._mark = False, 0
        self._sources: dict[str, str] = {}
        self._opened: Operation[Any] | None = None
        self._at: tuple[CodeType, int] | None = None
        self._allows = journal.allowed(0)
        self.now = journal.began
        """The time of what happened last, in milliseconds, UTC."""

    @property
    def opening(self) -> str:
        """The customer's words that began this run, or an empty string."""
        return self._journal.said

    @property
    def customer(self) -> Customer:
        """Who it is with; name and locale as they were known when the run began, and what they allow by now."""
        return msgspec.structs.replace(self._turn.customer, allows=self._allows)

    @cached_property
    def random(self) -> random.Random:
        """Chance that comes out the same when the script is played again. No secret: whoever knows the run can tell."""
        return random.Random(self._journal.seed)  # noqa: S311 - it must be repeatable

    def say(
        self,
        content: Content | str,
        *,
        reply_to: str = "",
        native: Mapping[str, Any] | None = None,
        purpose: Purpose = "service",
    ) -> None:
        """Send a message; a string is text. `reply_to` is the provider's id of a message to quote.

        `purpose` is what the customer must have allowed: advertising is `marketing`.
        """
        raw = self._source(content).encode(errors="replace") if isinstance(content, str) else _encode(content)
        self._mark = crc32(raw, self._mark)
        if purpose != "service":
            self._mark = crc32(purpose.encode(), self._mark)
        if not self.replaying:
            self._turn.say(content, reply_to=reply_to, native=dict(native or {}), purpose=purpose)

    def consent(
        self, purpose: Purpose, *, given: bool, text: str = "", evidence: Mapping[str, Any] | None = None
    ) -> None:
        """Record that the customer allows a purpose, or takes it back, as Turn has it; once, however often it plays.

        What is shown counts for a replay by the text as it is written.
        """
        about = b"consent %s %d %s" % (
            str(purpose).encode(),
            given,
            self._source(text).encode(errors="replace"),
        )
        self._mark = crc32(about, self._mark)
        self._allows = Permission(purpose, given).changed(self._allows)
        if not self.replaying:
            self._turn.consent(purpose, given=given, text=text, evidence=evidence)

    def code_used(self) -> None:
        """Say that the customer has used a one-time code, as Turn has it; once, however often it plays."""
        self._mark = crc32(b"code used", self._mark)
        if not self.replaying:
            self._turn.code_used()

    def allows(self, purpose: Purpose) -> bool:
        """Whether the customer has allowed a purpose here, by what was recorded when this happened."""
        return purpose in self._allows

    def t(self, text: str, **values: object) -> str:
        """A text in the customer's language, with values in its braces, as Turn has it.

        What is said of it counts for a replay by the text as it is written, so a better translation changes nothing.
        """
        shown = self._turn.t(text, **values)
        self._sources[shown] = text.format(**values) if values else text
        return shown

    def speak(self, locale: str) -> None:
        """Speak another language (BCP 47) with this customer, from now on and in later conversations."""
        self._turn.speak(locale)

    def ask(
        self,
        prompt: Content | str,
        reader: Reader[T] | None = None,
        *,
        retry: str = "",
        limit: int = 3,
        within: float = 0,
        remind: float = 0,
        reminder: str = "",
        name: str = "",
    ) -> Ask[T]:
        """Ask, and wait for an answer that `reader` (any words) can read: `people = await talk.ask("…", number())`.

        An answer that cannot be read is met with `retry`, and the `limit`th raises NotUnderstood; after `within`
        seconds TimedOut is raised; after `remind` seconds the customer is reminded, once. An empty prompt says nothing.

        By its `name`, else by its words, a replay knows the question: with one they may change under running
        conversations.
        """
        asked = Text(prompt) if isinstance(prompt, str) else prompt
        read: Reader[Any] = reader or words()
        source = self._source(asked.text) if isinstance(asked, Text) else ""
        return self._open(
            Ask(asked, read, retry, limit, within, remind, reminder, name or source, named=bool(name))
        )

    def do(self, effect: Declared, *, key: str = "", **args: Any) -> Do:
        """Run an effect and wait for its result; raises EffectFailed. It runs at least once, always with the same key.

        `key` is what the back-end tells repetitions by; without one it is made of this run and its place in it.
        """
        if not isinstance(effect, Declared):
            raise FlowError(
                f"talk.do runs an effect: put @effect before {getattr(effect, '__name__', effect)!r}"
            )
        return self._open(Do(self._effect_name(effect), effect, key, args))

    def begin(self, flow: Any, **fields: Any) -> Begin:
        """Begin another flow, and wait for what it ends with: `day = await talk.begin(Calendar)`."""
        return self._open(Begin(flow, name_of(flow), fields))

    def sleep(self, seconds: float) -> Sleep:
        """Wait; nothing is kept in memory meanwhile."""
        return self._open(Sleep(seconds, self.now))

    def hand_over(self, reason: str = "") -> HandOver:
        """Give the conversation to a person, and wait until it is handed back; gives the person's note."""
        return self._open(HandOver(reason))

    def _source(self, said: str) -> str:
        return self._sources.get(said, said)

    def _open(self, operation: _Opened) -> _Opened:
        self.forgotten()
        frame = sys._getframe(2)
        self._opened, self._at = operation, (frame.f_code, frame.f_lasti)  # its line costs more: see `_line`
        return operation

    # What follows is for the one who plays the script.

    def close(self) -> None:
        """Say nothing from now on: the script is left where it waits, and what stands in a `finally` runs."""
        self.replaying = True

    def forgotten(self) -> None:
        """Raise FlowError where an operation was made and not awaited."""
        if self._opened is not None and not self._opened.awaited:
            raise FlowError(
                f"talk.{self._opened.method} waits for nothing: write `await` before it", place=self._line()
            )

    def _line(self) -> tuple[str, int]:
        """Where the operation was made."""
        if self._at is None:
            return "", 0
        code, instruction = self._at
        lines = (line for first, end, line in code.co_lines() if first <= instruction < end and line)
        return code.co_filename, next(lines, code.co_firstlineno)

    def after(self, entries: int) -> None:
        """Know what the customer was known to allow after so many entries."""
        self._allows = self._journal.allowed(entries)

    def reached(self, operation: Operation[Any]) -> int:
        """The mark of an operation that the script has come to: it tells what was said before it, too."""
        self._opened = None
        mark, self._mark = crc32(operation.about, self._mark), 0
        return mark
