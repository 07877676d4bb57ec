"""The engine: plays waiting events on a conversation and says what is decided. Pure: no clock, no I/O, no store."""

import asyncio
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conversations import triggers
from conversations.effects import Effect, Http
from conversations.flow import Flow, begin
from conversations.router import Router
from conversations.turn import Turn
from state.model.content import Text
from state.model.event import Event, HandedBack, MessageReceived, Started, TimerFired
from state.model.receipts import Fault
from state.model.turn import Customer, Mode, Played, Say, Snapshot, Step

_STARTS = (MessageReceived, Started)
"""Events that may begin a run."""


class _Gathered:
    """What the events of one turn have decided so far."""

    __slots__ = ("cancels", "effects", "says", "steps", "timers")

    def __init__(self) -> None:
        self.says: list[Any] = []
        self.timers: list[Any] = []
        self.cancels: list[str] = []
        self.effects: list[Any] = []
        self.steps: list[Step] = []

    def take(self, turn: Turn, step: Step) -> None:
        self.says += turn.says
        self.timers += turn.timers
        self.cancels += turn.cancels
        self.effects += turn.effects
        self.steps.append(step)

    def played(self, after: Snapshot, fault: Fault | None = None) -> Played:
        return Played(
            after, tuple(self.says), tuple(self.timers), tuple(self.cancels), tuple(self.effects),
            tuple(self.steps), fault,
        )  # fmt: skip


def play(
    snapshot: Snapshot, events: Sequence[Event], customer: Customer, router: Router, now: int, seed: str
) -> Played:
    """Play events in order; `now` in milliseconds, UTC; `seed` makes the keys of effects, the same for the same turn.

    A flow that fails takes only its own step along: what earlier events decided stands, the conversation is parked and
    the customer gets the flow's apology.
    """
    gathered = _Gathered()
    for place, event in enumerate(events):
        if snapshot.mode == "parked":
            break
        try:
            snapshot = _step(snapshot, event, customer, router, now, f"{seed}.{place}", gathered)
        except Exception as error:
            fault = Fault("flow_error", _where(error), "", "ours")
            flow = router.get(snapshot.flow) or Flow
            gathered.says.append(Say(Text(flow.apology)))
            gathered.steps.append(Step(event.key, "error", snapshot.state, snapshot.state, fault.reason))
            return gathered.played(msgspec.structs.replace(snapshot, mode="parked"), fault)
    return gathered.played(snapshot)


def _where(error: Exception) -> str:
    """What went wrong and the last line of the flow it went wrong in."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((frame for frame in reversed(frames) if "transitions" not in frame.filename), frames[-1])
    return f"{type(error).__name__}: {error} ({last.filename.rpartition('/')[2]}:{last.lineno})"


def _step(
    snapshot: Snapshot,
    event: Event,
    customer: Customer,
    router: Router,
    now: int,
    key: str,
    gathered: _Gathered,
) -> Snapshot:
    """One event: who answers, which trigger, and what comes of it."""
    if snapshot.mode == "person":
        return _with_person(snapshot, event, customer, router, now, key, gathered)
    cls = router.get(snapshot.flow) if snapshot.flow else None
    if snapshot.flow and cls is None:
        raise LookupError(f"the flow {snapshot.flow!r} of this conversation is not served here any more")
    if cls is None:
        cls = router.choose(event, customer) if isinstance(event, _STARTS) else None
        if cls is None:
            gathered.steps.append(Step(event.key, "", "", "", "no flow answers"))
            return snapshot
        snapshot = begin(cls, snapshot)
    if isinstance(event, TimerFired) and event.run != snapshot.run:
        gathered.steps.append(Step(event.key, "", snapshot.state, snapshot.state, "timer of an ended run"))
        return snapshot
    return _trigger(cls, snapshot, event, customer, now, key, gathered)


def _with_person(
    snapshot: Snapshot,
    event: Event,
    customer: Customer,
    router: Router,
    now: int,
    key: str,
    gathered: _Gathered,
) -> Snapshot:
    """While a person has the conversation no trigger runs, until it is handed back."""
    if not isinstance(event, HandedBack):
        gathered.steps.append(Step(event.key, "", snapshot.state, snapshot.state, "a person answers"))
        return snapshot
    back = msgspec.structs.replace(snapshot, mode="bot")
    return _step(back, event, customer, router, now, key, gathered) if back.flow else back


def _trigger(
    cls: type[Flow],
    snapshot: Snapshot,
    event: Event,
    customer: Customer,
    now: int,
    key: str,
    gathered: _Gathered,
) -> Snapshot:
    if snapshot.state not in cls.machine.states:
        raise LookupError(f"the flow {cls.name} has no state {snapshot.state!r} any more")
    flow = cls.load(snapshot.state, snapshot.data)
    turn = Turn(event, customer, now, key)
    note = "" if snapshot.version == cls.version else f"version {snapshot.version} -> {cls.version}"
    for name in triggers.of(event):
        found = cls.machine.events.get(name)
        if found is not None and found.trigger(flow, turn):
            break
    else:
        name, note = "", note or "unanswered"
        flow.fallback(turn)
    _known_effects(cls, turn)
    gathered.take(turn, Step(event.key, name, snapshot.state, flow.state, note))
    return _after(cls, snapshot, flow, turn)


def _known_effects(cls: type[Flow], turn: Turn) -> None:
    for call in turn.effects:
        if call.name not in cls.effects:
            raise LookupError(f"{cls.name} has no effect {call.name!r}; declare it with @effect()")


def _after(cls: type[Flow], snapshot: Snapshot, flow: Flow, turn: Turn) -> Snapshot:
    mode: Mode = "person" if turn.handed_over else "bot"
    if turn.ended or flow.state in cls.final:
        return Snapshot(run=snapshot.run, mode=mode)
    return Snapshot(cls.name, cls.version, snapshot.run, flow.state, flow.dump(), mode)


async def run_effect(
    router: Router, flow: str, name: str, args: Mapping[str, Any], key: str, http: Http
) -> Any:
    """Run an effect of a flow within its time limit; raises what it raises, LookupError where there is none."""
    cls = router.get(flow)
    declared = cls.effects.get(name) if cls else None
    if declared is None:
        raise LookupError(f"the flow {flow!r} has no effect {name!r}")
    async with asyncio.timeout(declared.timeout):
        result = await declared.call(Effect(key, http), **args)
    return msgspec.to_builtins(result)
