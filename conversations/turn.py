"""The turn, as a flow's callbacks see it: what happened, and what they decide. Nothing leaves before the commit."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from conversations.effects import Declared
from conversations.errors import FlowError, TooManySteps
from conversations.texts import NO_TRANSLATIONS, Translations, content_in, filled, translated
from state.model.cause import of_flow
from state.model.consent import PURPOSES, Purpose
from state.model.content import Choice, Chosen, Content, Location, Media, Option, Text, plain
from state.model.event import EffectDone, Event, MessageFailed, MessageReceived
from state.model.ids import LONGEST
from state.model.receipts import Fault
from state.model.turn import Customer, EffectCall, Permission, Say, SetTimer

DECISIONS = 100
"""How much one turn may say and ask for: more is a loop that does not end."""
FARTHEST = 10 * 366 * 86_400
"""How far ahead a timer may be set, in seconds."""
_NAME = 100
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")

_encode = msgspec.json.Encoder().encode
_say = msgspec.json.Decoder(Say).decode


class Origin(msgspec.Struct, frozen=True):
    """Where decisions come from: the flow with its effects and translations, its run, and a `key` of the turn's own.

    The key is the same for the same turn. `told` says that the flow is told of its messages that fail.
    """

    flow: str
    run: int
    key: str
    effects: Mapping[str, Declared]
    translations: Translations = NO_TRANSLATIONS
    version: str = ""
    told: bool = False


class Turn:
    """One event's turn. `now` is given, in milliseconds, UTC: a flow that reads a clock cannot be played again."""

    __slots__ = (
        "_origin",
        "answer",
        "begins",
        "cancels",
        "codes",
        "customer",
        "effects",
        "ended",
        "event",
        "handed_over",
        "locale",
        "move",
        "next",
        "now",
        "past",
        "permissions",
        "reason",
        "returns",
        "says",
        "timers",
        "tries",
    )  # fmt: skip

    def __init__(self, event: Event, customer: Customer, now: int, origin: Origin) -> None:
        self.event, self.customer, self.now, self._origin = event, customer, now, origin
        self.says: list[Say] = []
        self.effects: list[EffectCall] = []
        self.timers: dict[str, SetTimer] = {}
        self.cancels: dict[str, None] = {}
        self.permissions: dict[Purpose, Permission] = {}
        self.ended = self.handed_over = False
        self.reason = self.next = self.locale = self.move = ""
        self.tries = self.codes = 0
        self.past: Sequence[str] = ()
        self.answer: Any = None
        """What was read of the answer to the state's question."""
        self.begins: tuple[str, dict[str, Any]] | None = None
        self.returns: Any = None

    @property
    def key(self) -> str:
        """The same for the same turn, and another for every other."""
        return self._origin.key

    @property
    def content(self) -> Content | None:
        """What the customer sent, if the event is a message."""
        return self.event.content if isinstance(self.event, MessageReceived) else None

    @property
    def text(self) -> str:
        """The customer's words: typed, or the title of what they chose, or a caption."""
        content = self.content
        return plain(content).strip() if content else ""

    @property
    def choice(self) -> str:
        """The id of the option the customer chose, or an empty string."""
        return self.content.id if isinstance(self.content, Chosen) else ""

    @property
    def media(self) -> Media | None:
        """The file the customer sent."""
        return self.content if isinstance(self.content, Media) else None

    @property
    def location(self) -> Location | None:
        """The place the customer sent."""
        return self.content if isinstance(self.content, Location) else None

    @property
    def result(self) -> Any:
        """What the effect that ended gave, as JSON."""
        return self.event.result if isinstance(self.event, EffectDone) else None

    @property
    def fault(self) -> Fault | None:
        """Why the effect that ended failed, or the message."""
        return self.event.fault if isinstance(self.event, EffectDone | MessageFailed) else None

    def say(
        self,
        content: Content | str,
        *,
        reply_to: str = "",
        native: dict[str, Any] | None = None,
        purpose: Purpose = "service",
    ) -> None:
        """Send a message; a string is text. `reply_to` is the provider's id of a message to quote.

        `purpose` is what the customer must have allowed: advertising is `marketing`. Raises TypeError where the content
        is not made as its type says.
        """
        self._count()
        if len(reply_to) > LONGEST or "\0" in reply_to:
            raise ValueError(f"reply_to is a message's id of at most {LONGEST} characters")
        origin, locale = self._origin, self.customer.locale
        told = origin.told and not isinstance(self.event, MessageFailed)  # an answer that fails ends it
        cause = of_flow(origin.flow, purpose, origin.run if told else 0)
        words = type(content) is str and content.isascii()
        if isinstance(content, str):
            content = Text(content)
        if locale:
            content = content_in(content, locale, origin.translations)
        said = Say(content, reply_to, native or {}, cause=cause)
        simple = words and purpose == "service" and not (reply_to or native or locale)
        self.says.append(said if simple else sound(said))  # nothing of a simple one can be unsound

    def consent(
        self, purpose: Purpose, *, given: bool, text: str = "", evidence: Mapping[str, Any] | None = None
    ) -> None:
        """Record that the customer allows a purpose, or takes it back: a fact of the ledger, on disk with this turn.

        `text` is what they were shown before they agreed, `evidence` what else proves it; the event that is played is
        kept with it. What is given counts on this channel, what is taken back on all of the team's.
        """
        if purpose not in PURPOSES:
            raise ValueError(f"consent: {purpose!r} is no purpose; there is: {', '.join(PURPOSES)}")
        if given and not text:
            raise ValueError("consent: `text` is needed: what was the customer shown before they agreed?")
        self._count()
        origin, proof = self._origin, msgspec.json.decode(_encode(evidence or {}))
        made = Permission(purpose, given, text, proof, self.event.key, origin.flow, origin.version)
        self.permissions[purpose] = made
        self.customer = msgspec.structs.replace(self.customer, allows=made.changed(self.customer.allows))

    def code_used(self) -> None:
        """Say that the customer has used a one-time code: codes that nobody uses are taken for pumped.

        Say it once for each code. What signs people in outside a flow says it by `POST /v1/messages/{id}/used`.
        """
        self.codes += 1

    def allows(self, purpose: Purpose) -> bool:
        """Whether the customer has allowed a purpose here, by what is recorded; answers to them need no such fact."""
        return purpose in self.customer.allows

    def t(self, text: str, **values: object) -> str:
        """A text in the customer's language, with values in its braces: `turn.t("A table for {people}.", people=4)`.

        Numbers and days are written as they are there. Raises FlowError where the values do not fit.
        """
        locale = self.customer.locale
        return filled(translated(text, locale, self._origin.translations), locale, values)

    def ask(self, text: str, options: Mapping[str, str] | Iterable[Option]) -> None:
        """Ask with buttons: option ids and their titles, or whole options, in order."""
        if isinstance(options, Mapping):
            options = (Option(name, title) for name, title in options.items())
        self.say(Choice(text, tuple(options)))

    def timer(self, name: str, after: float) -> None:
        """Fire the trigger `timer_<name>` in `after` seconds; an earlier timer of that name is replaced."""
        self._count()
        _check_name(name)
        if not 0 <= after <= FARTHEST:
            raise ValueError(f"timer {name!r}: {after!r} seconds is not between now and ten years from now")
        self.timers[name] = SetTimer(name, self.now + int(after * 1000))

    def cancel(self, name: str) -> None:
        """Take a timer back."""
        _check_name(name)
        self.timers.pop(name, None)
        self.cancels[name] = None

    def effect(self, name: str, **args: Any) -> None:
        """Ask for an effect: its end arrives as the trigger `done_<name>` or `failed_<name>`.

        Raises FlowError where the flow has no such effect, TypeError where it does not take these arguments.
        """
        self.call(name, args)

    def call(self, name: str, args: Mapping[str, Any], key: str = "") -> EffectCall:
        """The same with the arguments as a mapping, and a key of one's own; gives the call."""
        self._count()
        origin = self._origin
        declared = origin.effects.get(name)
        if declared is None:
            raise FlowError(f"{origin.flow} has no effect {name!r}: declare it with @effect")
        declared.check(args)
        plain_args = msgspec.json.decode(_encode(args))
        key = key or f"{origin.key}.{len(self.effects)}"
        self.effects.append(EffectCall(name, plain_args, key, origin.flow, origin.run, origin.version))
        return self.effects[-1]

    def speak(self, locale: str) -> None:
        """Speak another language (BCP 47) with this customer, from now on and in later conversations."""
        if not _LOCALE.fullmatch(locale):
            raise ValueError(f'speak: {locale!r} is no language, as in "de" or "pt-BR"')
        self.locale = locale
        self.customer = msgspec.structs.replace(self.customer, locale=locale)

    def then(self, trigger: str) -> None:
        """Go on at once: when this step is done, set off another trigger of the state that was entered."""
        self.next = trigger

    def hand_over(self, reason: str) -> None:
        """Give the conversation to a person: no trigger runs until it is handed back, with `handed_back`."""
        self.handed_over, self.reason = True, str(reason).encode("utf-8", "replace").decode()

    def begin(self, flow: Any, **fields: Any) -> None:
        """Begin another flow now, with values for its fields; this one waits, and goes on with `done_<flow>`.

        What the other ends with is `turn.result` then. Raises FlowError where it is no flow.
        """
        self._count()
        self.begins = (name_of(flow), msgspec.json.decode(_encode(fields)))

    def end(self, result: Any = None) -> None:
        """End this run of the flow; the next message starts a new one. `result` is for the flow that began it."""
        self.ended = True
        self.returns = msgspec.json.decode(_encode(result)) if result is not None else None

    def _count(self) -> None:
        if len(self.says) + len(self.effects) + len(self.timers) + len(self.permissions) >= DECISIONS:
            raise TooManySteps(f"one turn says and asks for more than {DECISIONS} things: is this a loop?")


def name_of(flow: Any) -> str:
    """The name of a flow, a script, or as it is written; raises FlowError."""
    found = flow if isinstance(flow, str) else getattr(flow, "name", None) or getattr(flow, "__name__", None)
    if not isinstance(found, str):
        raise FlowError(f"begin: {flow!r} is no flow")
    return found


def _check_name(name: str) -> None:
    """A timer's name is stored, and becomes part of a trigger."""
    if not (isinstance(name, str) and 0 < len(name.encode()) <= _NAME and name.isprintable()):
        raise ValueError(f"a timer's name is a word of at most {_NAME} bytes, all printable, not {name!r}")


def sound(said: Say) -> Say:
    """Give the message back if it can be stored and read again; raises TypeError naming what is wrong in it."""
    try:
        _say(_encode(said))
    except (TypeError, ValueError) as error:
        kind = type(said.content).__name__
        raise TypeError(f"{kind} cannot be said: {error}; give a str or a Text, Media, Choice, …") from error
    return said
