"""A gateway in small: what is durable, what is not, and a process that may be killed at any moment between two commits.

Only `World.kept` outlives a kill. Each turn and each effect is done by a new process, which is killed as `kills` says:
before its commit, so that all it did counts for nothing, and the next process does it again, later.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from conversations import engine
from conversations.effects import Http
from conversations.loading import Source
from conversations.router import Router
from state.model.cause import ANSWER, Cause
from state.model.content import Content, Text
from state.model.event import EffectDone, Event, HandedBack, MessageFailed, MessageReceived, TimerFired
from state.model.receipts import Fault
from state.model.turn import EffectCall, Played, Snapshot
from tests.conversations.kit import CUSTOMER, NOW

TIMERS = 40
"""How many come in one wait: a bot that is made up may set one each minute of a day."""
LONGEST = 400
"""Turns of one run."""


class Timer(msgspec.Struct, frozen=True):
    """A timer that is set."""

    at: int
    name: str
    run: int


class Kept(msgspec.Struct):
    """What is on disk; `now` is the world's time, in milliseconds, UTC."""

    stands: Snapshot = Snapshot()
    revision: int = 0
    now: int = NOW
    inbox: list[Event] = []
    effects: list[EffectCall] = []
    timers: list[Timer] = []
    said: list[Content] = []
    faults: list[str] = []
    deepest: int = 0
    last: Cause = ANSWER


class BackEnd(Http):
    """What effects call: it keeps what it was asked under which key, and does nothing twice under one."""

    def __init__(self) -> None:
        self.orders: dict[str, Any] = {}
        self.calls = 0

    async def request(self, method: str, url: str, **more: Any) -> Any:
        """Take an order."""
        self.calls += 1
        return self.orders.setdefault(more["headers"]["idempotency-key"], f"{url} {len(self.orders)}")


class World:
    """One customer's conversation with a bot, in processes that are killed."""

    def __init__(self, bots: Callable[[], Sequence[Source]], kills: Iterator[bool]) -> None:
        self._bots, self._kills = bots, kills
        self._kept = msgspec.json.encode(Kept())
        self._arrived = 0
        self.back_end = BackEnd()
        self.killed = 0

    @property
    def kept(self) -> Kept:
        """What is on disk."""
        return msgspec.json.decode(self._kept, type=Kept)

    def hear(self, said: str | Content) -> None:
        """The customer writes."""
        self._arrived += 1
        content = Text(said) if isinstance(said, str) else said
        self._come(
            MessageReceived(key=f"m{self._arrived}", at=self.kept.now, content=content, provider_id="")
        )

    def talk(self, said: str | Content) -> None:
        """The customer writes, and waits for what comes of it."""
        self.hear(said)
        self.settle()

    def hand_back(self) -> None:
        """A person gives the conversation back."""
        if self.kept.stands.mode == "person":
            self._come(HandedBack(key=f"back{self._arrived}", at=self.kept.now))

    def fail(self) -> None:
        """The last message does not get to the customer: its flow is told, if it wants to be."""
        kept = self.kept
        if kept.last.run:
            self._arrived += 1
            key = f"failed{self._arrived}"
            self._come(
                MessageFailed(key=key, at=kept.now, message_id=key, fault=Fault("gone"), cause=kept.last)
            )

    def wait(self, seconds: int) -> None:
        """Time passes; timers that are due by then come one by one, and where they are many, not all of them."""
        until = self.kept.now + seconds * 1000
        for _ in range(TIMERS):
            kept = self.kept
            due = min(
                (each for each in kept.timers if each.at <= until), key=lambda one: one.at, default=None
            )
            if due is None:
                break
            kept.timers.remove(due)
            kept.now = max(kept.now, due.at)
            self._kept = msgspec.json.encode(kept)
            self._come(TimerFired(key=f"t{due.at}.{due.name}", at=due.at, timer=due.name, run=due.run))
            self.settle()
        kept = self.kept
        kept.now = until
        self._kept = msgspec.json.encode(kept)

    def settle(self) -> None:
        """Let processes work, one after the other, until nothing is left to do."""
        for _ in range(LONGEST):
            kept = self.kept
            if kept.inbox and kept.stands.mode != "parked":
                self._done(self._turn(kept))
            elif kept.effects:
                self._done(self._effect(kept))
            else:
                return
        raise AssertionError("it does not come to rest")

    def _come(self, event: Event) -> None:
        kept = self.kept
        kept.inbox.append(event)
        self._kept = msgspec.json.encode(kept)

    def _done(self, kept: Kept) -> None:
        """A process would commit: it does, or it is killed right before."""
        if next(self._kills):
            self.killed += 1
        else:
            self._kept = msgspec.json.encode(kept)

    def _turn(self, kept: Kept) -> Kept:
        router = Router(self._bots())
        played = engine.play(kept.stands, kept.inbox, CUSTOMER, router, kept.now, f"c1:{kept.revision}")
        played = msgspec.json.decode(msgspec.json.encode(played), type=Played)
        before, kept.stands, kept.revision = kept.stands, played.after, kept.revision + 1
        del kept.inbox[: len(kept.inbox) - played.left]
        kept.deepest = max(kept.deepest, len(played.after.stack))
        kept.effects += played.effects
        kept.said += [each.content for each in played.says]
        kept.last = played.says[-1].cause if played.says else kept.last
        kept.faults += [played.fault.reason] if played.fault else []
        names = {*played.cancels, *(each.name for each in played.timers)}
        ended = bool(before.flow) and played.after.run != before.run
        kept.timers = [] if ended else [each for each in kept.timers if each.name not in names]
        kept.timers += [Timer(each.at, each.name, played.after.run) for each in played.timers]
        return kept

    def _effect(self, kept: Kept) -> Kept:
        call, result, fault = kept.effects.pop(0), None, None
        router = Router(self._bots())
        work = engine.run_effect(
            router, call.flow, call.name, call.args, call.key, self.back_end, {}, call.version
        )
        try:
            result = asyncio.run(work)
        except ValueError as error:
            fault = Fault("effect_failed", str(error), "", "third_party")
        kept.inbox.append(
            EffectDone(
                key=f"effect:{call.key}", at=kept.now, effect=call.name, effect_id=call.key, result=result,
                fault=fault, run=call.run, call=call.key, flow=call.flow,
            )
        )  # fmt: skip
        return kept
