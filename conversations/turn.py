"""The turn, as a flow's callbacks see it: what happened, and what they decide. Nothing leaves before the commit."""

from typing import Any

from state.model.content import Choice, Chosen, Content, Location, Media, Option, Text, plain
from state.model.event import EffectDone, Event, MessageReceived
from state.model.receipts import Fault
from state.model.turn import Customer, EffectCall, Say, SetTimer


class Turn:
    """One event's turn. `now` in milliseconds, UTC; `key` makes the keys of its effects."""

    __slots__ = (
        "_effects",
        "_key",
        "cancels",
        "customer",
        "ended",
        "event",
        "handed_over",
        "now",
        "says",
        "timers",
    )

    def __init__(self, event: Event, customer: Customer, now: int, key: str) -> None:
        self.event, self.customer, self.now, self._key = event, customer, now, key
        self.says: list[Say] = []
        self.timers: list[SetTimer] = []
        self.cancels: list[str] = []
        self._effects: list[EffectCall] = []
        self.ended = False
        self.handed_over = ""

    @property
    def content(self) -> Content | None:
        """What the customer sent, if the event is a message."""
        return self.event.content if isinstance(self.event, MessageReceived) else None

    @property
    def text(self) -> str:
        """The customer's words: typed, or the title of what they chose."""
        return plain(self.content).strip() if self.content else ""

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
        """What the effect that ended gave."""
        return self.event.result if isinstance(self.event, EffectDone) else None

    @property
    def fault(self) -> Fault | None:
        """Why the effect that ended failed."""
        return self.event.fault if isinstance(self.event, EffectDone) else None

    @property
    def effects(self) -> tuple[EffectCall, ...]:
        """The effects asked for."""
        return tuple(self._effects)

    def say(
        self, content: Content | str, *, reply_to: str = "", native: dict[str, Any] | None = None
    ) -> None:
        """Send a message; a string is text. `reply_to` is the provider's id of the message it quotes."""
        said = Text(content) if isinstance(content, str) else content
        self.says.append(Say(said, reply_to, native or {}))

    def ask(self, text: str, options: dict[str, str]) -> None:
        """Ask with buttons: option ids and their titles, in order."""
        self.say(Choice(text, tuple(Option(name, title) for name, title in options.items())))

    def timer(self, name: str, after: float) -> None:
        """Fire the trigger `timer_<name>` after some seconds; an earlier timer of that name is replaced."""
        self.timers.append(SetTimer(name, self.now + int(after * 1000)))

    def cancel(self, name: str) -> None:
        """Take a timer back."""
        self.cancels.append(name)

    def effect(self, name: str, **args: Any) -> None:
        """Ask for an effect: its end arrives as the trigger `done_<name>` or `failed_<name>`."""
        self._effects.append(EffectCall(name, args, f"{self._key}.{len(self._effects)}"))

    def hand_over(self, reason: str) -> None:
        """Give the conversation to a person; events wait for no trigger until it is handed back."""
        self.handed_over = reason

    def end(self) -> None:
        """End this run of the flow; the next message starts a new one."""
        self.ended = True
