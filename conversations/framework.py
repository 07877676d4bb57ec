"""Bot Framework bots, unchanged: a bot's turn is an effect, so it may call and wait as it likes and holds nobody up.

This is what the engine sees of such a bot, over plain values; the library itself is behind `conversations/botbuilder`,
which is loaded with the first turn. What comes while a turn runs waits for it; what the bot says and its state are
committed once, with the effect's result. What it calls outside may happen twice, after a crash: the activity's id is
the same then.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from conversations.bot import MESSAGES_A_MINUTE, Taken
from conversations.describe import Description
from conversations.effects import Declared, Effect
from conversations.entry import Entry, Interruption
from conversations.errors import FlowChanged, FlowError
from conversations.texts import NO_TRANSLATIONS
from conversations.turn import Turn
from conversations.version import functions_of, reached, version_of
from state.model.content import Chosen, Content
from state.model.event import (
    ClientEvent,
    EffectDone,
    Event,
    HandedBack,
    MessageReceived,
    Reacted,
    Started,
)
from state.model.turn import Customer, Mode, Snapshot, Step

LARGEST = 256_000
"""Bytes of a bot's state in one conversation."""
_LIBRARY = "botbuilder."
_MOST = 20
"""How many activities may wait for a turn."""
_HEARD = (MessageReceived, Started, ClientEvent, Reacted, HandedBack)


class TurnFailed(FlowError):
    """The bot's turn failed; `stands` is where the conversation does without it, so that it hears what comes next."""

    def __init__(self, message: str, stands: Snapshot) -> None:
        super().__init__(message)
        self.stands = stands


class Posted(msgspec.Struct, omit_defaults=True):
    """What happened, as the bot's door takes it: an event, who it is from, and the conversation's channel.

    `joins` says that the customer is new here; `value` is that of the button they tapped, where it had one.
    """

    event: Event
    customer: Customer
    at: int
    joins: bool = False
    value: Any = None


class Answered(msgspec.Struct, omit_defaults=True):
    """What a turn of the bot came to: messages, its state, the values behind its buttons, and how it ends."""

    says: list[Content] = []
    store: dict[str, Any] = {}
    values: dict[str, Any] = {}
    ended: bool = False
    handed_over: str | None = None


class _Kept(msgspec.Struct, omit_defaults=True):
    """A run of the bot, as it is stored; `busy` is the key of the turn that runs."""

    store: dict[str, Any] = {}
    values: dict[str, Any] = {}
    waiting: list[Posted] = []
    busy: str = ""
    joined: bool = False


class FrameworkBot:
    """A Bot Framework bot among the flows. Made by `bot_framework`."""

    interruption: Interruption = "ignore"
    refusal = ""
    told = False
    translations = NO_TRANSLATIONS

    def __init__(
        self,
        make: Callable[..., Any],
        name: str,
        entry: Entry,
        apology: str,
        timeout: float,
        messages_a_minute: int,
    ) -> None:
        self.make, self.name, self.entry, self.apology = make, name, entry, apology
        self.messages_a_minute = messages_a_minute
        self.module = make.__module__
        functions = functions_of(make, object) if isinstance(make, type) else {name: make}
        own = {key: each for key, each in functions.items() if not each.__module__.startswith(_LIBRARY)}
        self.functions, constants = reached(own.values(), module=self.module)
        self.files = frozenset(each.__code__.co_filename for each in self.functions.values())
        self.version = version_of((constants,), {**self.functions, **own})
        self.effects: Mapping[str, Declared] = {
            "turn": Declared(self._run, timeout, inspect.signature(self._run))
        }

    @cached_property
    def _door(self) -> Any:
        """The bot behind the library, made with its first turn."""
        from conversations.botbuilder import Door

        return Door(self.make, self.name)

    async def _run(self, call: Effect, posted: Any, store: Any) -> Any:
        """A turn of the bot; gives an Answered as plain data."""
        given = msgspec.convert(posted, Posted, str_keys=True)
        answered = await self._door.turn(given, store, call.key)
        raw = msgspec.json.encode(answered)
        if len(raw) > LARGEST:
            raise FlowError(f"{self.name} keeps more than {LARGEST} bytes in one conversation")
        return msgspec.json.decode(raw)

    def begin(self, run: int) -> Snapshot:
        """Where a new run stands before its first event."""
        return Snapshot(self.name, self.version, run, "waits")

    def play(self, stands: Snapshot, turn: Turn, *, begins: bool) -> Taken:
        """Ask for the bot's turn, or take what it came to; raises FlowError where the turn failed."""
        kept = msgspec.convert(stands.data, _Kept)
        event = turn.event
        if isinstance(event, EffectDone):
            if event.call != kept.busy:
                return self._next(kept, stands, turn, "", "of an ended turn")
            return self._answered(kept, stands, turn)
        if not isinstance(event, _HEARD):
            return self._stands(kept, stands, turn, "", "unanswered")
        kept.waiting.append(self._posted(kept, turn))
        if len(kept.waiting) > _MOST:
            raise FlowError(f"{self.name}: {_MOST} messages wait for a turn that does not end")
        return self._next(kept, stands, turn, "posted")

    def _posted(self, kept: _Kept, turn: Turn) -> Posted:
        content = turn.content
        value = kept.values.get(content.id) if isinstance(content, Chosen) else None
        joins, kept.joined = not kept.joined, True
        return Posted(turn.event, turn.customer, turn.now, joins, value)

    def _answered(self, kept: _Kept, stands: Snapshot, turn: Turn) -> Taken:
        kept.busy = ""
        if turn.fault:
            after = self._stands(kept, stands, turn, "").after
            raise TurnFailed(f"{self.name}: its turn failed: {turn.fault.reason}", after)
        answered = msgspec.convert(turn.result, Answered, str_keys=True)
        for each in answered.says:
            turn.say(each)
        kept.store, kept.values = answered.store, answered.values or kept.values
        if answered.handed_over is not None:
            turn.hand_over(answered.handed_over)
        if answered.ended:
            mode: Mode = "person" if turn.handed_over else "bot"
            step = Step(turn.event.key, "done_turn", stands.state, "", "ends")
            return Taken([step], Snapshot(run=stands.run, mode=mode))
        return self._next(kept, stands, turn, "done_turn")

    def _next(self, kept: _Kept, stands: Snapshot, turn: Turn, trigger: str, note: str = "") -> Taken:
        """Begin the turn of what waits, if none runs."""
        if kept.waiting and not kept.busy and not turn.handed_over:
            posted = kept.waiting.pop(0)
            args = {"posted": msgspec.to_builtins(posted), "store": kept.store}
            kept.busy = turn.call("turn", args).key
        return self._stands(kept, stands, turn, trigger, note)

    def _stands(self, kept: _Kept, stands: Snapshot, turn: Turn, trigger: str, note: str = "") -> Taken:
        mode: Mode = "person" if turn.handed_over else "bot"
        state = "thinks" if kept.busy else "waits"
        data = msgspec.to_builtins(kept)
        after = Snapshot(self.name, self.version, stands.run, state, data, mode)
        return Taken([Step(turn.event.key, trigger, stands.state, state, note)], after)

    def moved(self, stands: Snapshot) -> Snapshot:
        """Where a run of another version stands in this one: its state goes with it; raises FlowChanged."""
        try:
            msgspec.convert(stands.data, _Kept)
        except msgspec.ValidationError as error:
            raise FlowChanged(f"{self.name}: {error}") from error
        return msgspec.structs.replace(stands, version=self.version)

    def describe(self) -> Description:
        """The bot as plain data: what it says and when is its own."""
        return Description(
            name=self.name, version=self.version, about=inspect.getdoc(self.make) or "", start="waits",
            states=("waits", "thinks"), final=(), rows=(), entered={}, left={}, fields={},
            effects={"turn": self.effects["turn"].timeout}, keywords=tuple(sorted(self.entry.keywords)),
            channels=tuple(sorted(self.entry.channels)), answers_first_message=True,
        )  # fmt: skip


def bot_framework(
    make: Callable[..., Any],
    *,
    name: str = "",
    keywords: Iterable[str] = (),
    channels: Iterable[str] = (),
    locales: Iterable[str] = (),
    campaigns: Iterable[str] = (),
    apology: str = "",
    timeout: float = 15,
    messages_a_minute: int = MESSAGES_A_MINUTE,
) -> FrameworkBot:
    """Plug a Bot Framework bot in: its class, or a function that makes it, as in `echo = bot_framework(EchoBot)`.

    It is called once, with what it names of `conversation_state`, `user_state` and `storage`. A turn that takes longer
    than `timeout` seconds fails; `messages_a_minute` is as in Flow.
    """
    entry = Entry.of(keywords, channels, locales, campaigns=campaigns)
    return FrameworkBot(make, name or make.__name__, entry, apology, timeout, messages_a_minute)
