"""A conversation played again from its journal: turn by turn, from where it stood, beside what came of it then."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from conversations import engine
from conversations.router import Router
from state.journals import Told, Whose
from state.model.base import Value
from state.model.consent import Purpose
from state.model.content import Content, plain
from state.model.event import Event
from state.model.receipts import Fault
from state.model.turn import Customer, EffectCall, Frame, Played, SetTimer, Snapshot, Step


class Turn(Value, frozen=True):
    """A turn as it was: where the conversation stood, what it heard, and what came of it. `at` in milliseconds, UTC.

    `lost` says that what it heard or said has left by retention, so that it cannot be played again.
    """

    before: Snapshot
    events: tuple[Event, ...]
    at: int
    seed: str
    name: str
    locale: str
    after: Snapshot
    steps: tuple[Step, ...] = ()
    says: tuple[Content, ...] = ()
    fault: Fault | None = None
    lost: bool = False
    allows: tuple[Purpose, ...] = ()
    effects: tuple[EffectCall, ...] = ()
    timers: tuple[SetTimer, ...] = ()
    cancels: tuple[str, ...] = ()


class Recorded(Value, frozen=True):
    """A whole conversation, which can be played again anywhere where its bots are."""

    customer: Customer
    turns: tuple[Turn, ...]


class Difference(NamedTuple):
    """The first thing that came out otherwise: in which turn (from 1), what it is, as it was and as it is now."""

    turn: int
    what: str
    was: str
    now: str


def recorded(conversation: str, whose: Whose, kind: str, flow: str, told: Iterable[Told]) -> Recorded:
    """A conversation from its journal; `kind` is its channel's type, `flow` the one the channel names."""
    customer = Customer(whose.contact, whose.channel, kind, whose.urns, flow=flow)
    turns, before = list[Turn](), Snapshot()
    for each in told:
        turn = each.turn
        if not turn.events:  # moved to another version by hand
            before = turn.after
            continue
        turns.append(
            Turn(
                _resumed(before, turn.steps), tuple(each.events or ()), turn.at, f"{conversation}:{turn.revision}",
                turn.name, turn.locale, turn.after, turn.steps, tuple(each.says or ()), turn.fault,
                lost=each.events is None or each.says is None or not turn.at, allows=turn.allows,
                effects=turn.effects, timers=turn.timers, cancels=turn.cancels,
            )
        )  # fmt: skip
        before = turn.after
    return Recorded(customer, tuple(turns))


def _resumed(before: Snapshot, steps: Iterable[Step]) -> Snapshot:
    """Where a turn began: a conversation that had been parked was let go on by hand, perhaps from the start."""
    if before.mode != "parked":
        return before
    if before.failed and any(step.event == before.failed.key for step in steps):
        return replace(before, mode="bot")
    restarted = any(step.note == "begins" for step in steps)
    return Snapshot(run=before.run) if restarted else replace(before, mode="bot")


def differences(record: Recorded, router: Router) -> Iterator[Difference | None]:
    """What differs in each turn when it is played with these bots; None where nothing does, or it cannot be played."""
    for number, turn in enumerate(record.turns, 1):
        yield None if turn.lost else _difference(number, turn, play(record, turn, router))


def play(record: Recorded, turn: Turn, router: Router) -> Played:
    """Play a turn again."""
    customer = replace(record.customer, name=turn.name, locale=turn.locale, allows=turn.allows)
    return engine.play(turn.before, turn.events, customer, router, turn.at, turn.seed)


def _difference(number: int, turn: Turn, played: Played) -> Difference | None:
    pairs = (
        ("steps", _steps(turn.steps), _steps(played.steps)),
        ("messages", _words(turn.says), _words(each.content for each in played.says)),
        ("messages", _raw(list(turn.says)), _raw([each.content for each in played.says])),
        ("effects", _calls(turn.effects), _calls(played.effects)),
        ("timers", _raw((turn.timers, turn.cancels)), _raw((played.timers, played.cancels))),
        ("state", _raw(_versionless(turn.after)), _raw(_versionless(played.after))),
    )
    return next((Difference(number, what, was, now) for what, was, now in pairs if was != now), None)


def _steps(steps: Iterable[Step]) -> str:
    """Triggers and states; what is noted of versions is no difference."""
    return ", ".join(f"{step.trigger or step.note} {step.source}→{step.target}".strip() for step in steps)


def _calls(effects: Iterable[EffectCall]) -> str:
    """What was asked of back-ends; which version of a flow asked is no difference."""
    return _raw([replace(each, version="") for each in effects])


def _words(contents: Iterable[Content]) -> str:
    return " | ".join(plain(each) for each in contents)


def _raw(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _versionless(stands: Snapshot) -> Snapshot:
    stack: tuple[Frame, ...] = tuple(replace(each, version="") for each in stands.stack)
    return replace(stands, version="", stack=stack)
