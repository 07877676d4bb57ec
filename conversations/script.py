"""Scripts: the second door. A conversation as one async function, durable by replay over its journal.

For each event the function is played again from its beginning: what it waited for before comes from the journal at
once, and what it said before is not said again. At the end of the journal the event meets what is waited for.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, cast, overload

import msgspec

from conversations import determinism, languages
from conversations.bot import MESSAGES_A_MINUTE, Taken
from conversations.course import Course
from conversations.describe import Description, Row
from conversations.effects import Declared
from conversations.entry import Entry, Interruption
from conversations.errors import FlowError, perhaps
from conversations.replay import Replay
from conversations.talk import Journal, Talk
from conversations.texts import NO_TRANSLATIONS, Translations
from conversations.turn import Origin, Turn
from conversations.version import reached, version_of
from state.model.content import plain
from state.model.event import MessageReceived, TimerFired
from state.model.turn import Customer, Snapshot

Function = Callable[[Talk], Coroutine[Any, Any, Any]]
_encode = msgspec.json.Encoder().encode
_journal = msgspec.json.Decoder(Journal)


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a script behaves beside what it says; the fields are those that `flow` takes."""

    entry: Entry
    interruption: Interruption
    refusal: str
    apology: str
    busy: str
    help: str
    expires: float
    commands: tuple[str, ...]
    translations: Translations
    messages_a_minute: int


class Script:
    """A compiled script. Made by `flow`."""

    told = False

    def __init__(self, function: Function, manner: Manner) -> None:
        _check(function)
        self.function, self.name, self.manner = function, function.__name__, manner
        self.entry, self.interruption, self.refusal = manner.entry, manner.interruption, manner.refusal
        self.apology, self.translations = manner.apology, manner.translations
        self.messages_a_minute = manner.messages_a_minute
        self.__doc__, self.module = function.__doc__, function.__module__
        self.functions, constants = reached([function])
        determinism.check(self.name, self.functions.values())
        self.files = frozenset(each.__code__.co_filename for each in self.functions.values())
        self.version = version_of((constants, sorted(manner.commands), manner.expires), self.functions)

    def __call__(self, talk: Talk) -> Coroutine[Any, Any, Any]:
        """Play it as a part of another script: `result = await booking(talk)`."""
        return self.function(talk)

    @cached_property
    def effects(self) -> Mapping[str, Declared]:
        """The effects that stand in the script's module, or in a module that it imports, by name."""
        found: dict[str, Declared] = {}
        for name, value in self.function.__globals__.items():
            if isinstance(value, Declared):
                found[name] = value
            elif isinstance(value, ModuleType):
                inner = {key: each for key, each in vars(value).items() if isinstance(each, Declared)}
                found |= {f"{name}.{key}": each for key, each in inner.items()}
        closure = inspect.getclosurevars(self.function).nonlocals
        return found | {name: each for name, each in closure.items() if isinstance(each, Declared)}

    def begin(self, run: int) -> Snapshot:
        """Where a new run stands before its first event."""
        return Snapshot(self.name, self.version, run)

    def play(self, stands: Snapshot, turn: Turn, *, begins: bool) -> Taken:
        """Play the turn's event; raises what the script raises, FlowError, FlowChanged."""
        if begins:
            return self._begun(stands, turn)
        return Replay(self, stands, turn, _journal.decode(_encode(stands.data))).meet()

    def moved(self, stands: Snapshot) -> Snapshot:
        """Where a run of another version stands in this one: the same, if it would have done the same so far.

        Raises FlowChanged where it would not.
        """
        journal = _journal.decode(_encode(stands.data))
        nothing = Turn(
            TimerFired(key="", at=0, timer=""), Customer(), 0, Origin(self.name, 0, "", self.effects)
        )
        return Replay(self, stands, nothing, journal).moved()

    def restarted(self, stands: Snapshot, turn: Turn) -> Taken:
        """Begin the run again from its first question."""
        return self._begun(msgspec.structs.replace(stands, data={}, state=""), turn)

    def _begun(self, stands: Snapshot, turn: Turn) -> Taken:
        event, customer = turn.event, turn.customer
        said = plain(event.content).strip() if isinstance(event, MessageReceived) else ""
        journal = Journal(turn.now, turn.key, said, customer.name, customer.locale)
        journal.learn(customer.allows)
        return Replay(self, stands, turn, journal).begin()

    def effect_name(self, effect: Declared) -> str:
        """What the router finds an effect by."""
        name = next((name for name, each in self.effects.items() if each is effect), "")
        if not name:
            raise FlowError(
                f"{self.name}: the effect {effect.call.__name__} is not found again after a restart:"
                " declare it in the script's module, or import it there"
            )
        return name

    def describe(self) -> Description:
        """The script as plain data: what it waits for, in the order in which it is written, and what may follow."""
        course = Course(self.function)
        states = course.states
        return Description(
            name=self.name, version=self.version, about=inspect.cleandoc(self.__doc__ or ""),
            start=states[0] if states else "", states=states, final=(),
            rows=tuple(Row("then", (state,), target) for state, target in course.pairs),
            entered={}, left={}, fields={},
            effects={name: each.timeout for name, each in self.effects.items()},
            keywords=tuple(sorted(self.entry.keywords)), channels=tuple(sorted(self.entry.channels)),
            answers_first_message=False,
        )  # fmt: skip


def _check(function: Function) -> None:
    code = getattr(function, "__code__", None)
    where = (
        f"{function.__name__} ({code.co_filename.rpartition('/')[2]}:{code.co_firstlineno})"
        if code
        else "flow"
    )
    if not inspect.iscoroutinefunction(function):
        raise FlowError(f"{where} is no async function: write `async def {function.__name__}(talk: Talk)`")
    if len(inspect.signature(function).parameters) != 1:
        raise FlowError(
            f"{where} is called with its talk alone: write `async def {function.__name__}(talk: Talk)`"
        )


@overload
def flow(function: Function, /) -> Script: ...
@overload
def flow(
    *,
    keywords: Iterable[str] = ...,
    channels: Iterable[str] = ...,
    locales: Iterable[str] = ...,
    referrals: Iterable[str] = ...,
    events: Iterable[str] = ...,
    campaigns: Iterable[str] = ...,
    interruption: Interruption = ...,
    refusal: str = ...,
    apology: str = ...,
    busy: str = ...,
    help: str = ...,
    expires: float = ...,
    commands: Iterable[str] = ...,
    translations: Translations = ...,
    messages_a_minute: int = ...,
) -> Callable[[Function], Script]: ...
def flow(
    function: Function | None = None,
    /,
    *,
    keywords: Iterable[str] = (),
    channels: Iterable[str] = (),
    locales: Iterable[str] = (),
    referrals: Iterable[str] = (),
    events: Iterable[str] = (),
    campaigns: Iterable[str] = (),
    interruption: Interruption = "ignore",
    refusal: str = "",
    apology: str = "",
    busy: str = "",
    help: str = "",
    expires: float = 0,
    commands: Iterable[str] = languages.COMMANDS,
    translations: Translations = NO_TRANSLATIONS,
    messages_a_minute: int = MESSAGES_A_MINUTE,
) -> Script | Callable[[Function], Script]:
    """Make a script of an async function that takes a Talk.

    `keywords` to `apology` are as in Flow. `busy` is said to a message that comes while an effect runs.
    `commands` are the words heard in every question: stop, restart, back, agent, help (which says `help`, and asks
    again). After `expires` seconds without anything, TimedOut is raised where the script waits. `messages_a_minute` is
    as in Flow.
    """
    manner = Manner(
        entry=Entry.of(keywords, channels, locales, referrals, events, campaigns), interruption=interruption,
        refusal=refusal, apology=apology, busy=busy, help=help,
        expires=expires, commands=tuple(commands), translations=translations, messages_a_minute=messages_a_minute,
    )  # fmt: skip

    def made(function: Function) -> Script:
        sound = list[Script]()
        with perhaps():
            sound.append(Script(function, manner))
        return sound[0] if sound else cast(Script, function)  # a broken one stays what it is, for the check

    return made if function is None else made(function)
