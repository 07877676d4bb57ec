"""Events as they would come, and a conversation that is played call by call as the gateway does it."""

from itertools import count
from typing import Any

import msgspec

from conversations import engine
from conversations.loading import Source
from conversations.router import Router
from parley import Choice, Chosen, Text
from state.model.content import Content
from state.model.event import EffectDone, Event, HandedBack, MessageReceived, TimerFired
from state.model.receipts import Fault
from state.model.turn import Customer, Played, Snapshot

NOW = 1_800_000_000_000
CUSTOMER = Customer("c1", "shop", "whatsapp", ("whatsapp:491511234567",), "Ada", "en")
_numbers = count(1)


def said(content: str | Content) -> MessageReceived:
    """A message of the customer."""
    number = next(_numbers)
    content = Text(content) if isinstance(content, str) else content
    return MessageReceived(key=f"m{number}", at=NOW, provider_id=f"p{number}", content=content)


def chose(option: str) -> MessageReceived:
    """A tap on a button."""
    return said(Chosen(option, option.title()))


def done(effect: str, result: Any = None, *, run: int = 0) -> EffectDone:
    """The result of an effect."""
    key = f"effect:{next(_numbers)}"
    return EffectDone(key=key, at=NOW, effect=effect, effect_id=key, result=result, run=run)


def failed(effect: str) -> EffectDone:
    """The failure of an effect."""
    return msgspec.structs.replace(done(effect), fault=Fault("effect_failed", "no answer", "", "third_party"))


def fired(timer: str, run: int = 1) -> TimerFired:
    """A timer that is due."""
    return TimerFired(key=f"timer:{next(_numbers)}", at=NOW, timer=timer, run=run)


def handed_back() -> HandedBack:
    """A person gives the conversation back."""
    return HandedBack(key=f"back:{next(_numbers)}", at=NOW)


def words(played: Played) -> list[str]:
    """What was said, in words; of a question its text alone."""
    return [each.content.text for each in played.says if isinstance(each.content, Text | Choice)]


def notes(played: Played) -> list[tuple[str, str]]:
    """The triggers of the steps and what was noted of them."""
    return [(step.trigger, step.note) for step in played.steps]


class Talk:
    """A conversation whose state is encoded after each call and read again before the next, as a store does it."""

    def __init__(self, *flows: Source, snapshot: Snapshot | None = None) -> None:
        self.router = Router(flows)
        self._stored = msgspec.json.encode(snapshot or Snapshot())
        self._turns = count()

    @property
    def at(self) -> Snapshot:
        """Where it stands."""
        return msgspec.json.decode(self._stored, type=Snapshot)

    def play(self, *events: Event, now: int = NOW) -> Played:
        """Play these events in one call."""
        played = engine.play(self.at, events, CUSTOMER, self.router, now, f"t{next(self._turns)}")
        self._stored = msgspec.json.encode(
            msgspec.json.decode(msgspec.json.encode(played), type=Played).after
        )
        return played
