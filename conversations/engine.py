"""The engine: plays waiting events on a conversation and says what is decided. Pure: no clock, no I/O, no store."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from conversations import waiting
from conversations.bot import EXPIRY, Bot, Done
from conversations.effects import Declared, Effect, Http
from conversations.errors import FlowChanged, FlowError, TooManyMessages, TooManySteps
from conversations.reasons import reason
from conversations.router import Router
from conversations.turn import Origin, Turn
from state.model.consent import Purpose
from state.model.content import Text
from state.model.event import (
    RESUMED,
    EffectDone,
    Event,
    HandedBack,
    MessageFailed,
    MessageReceived,
    TimerFired,
)
from state.model.receipts import Fault
from state.model.turn import Customer, EffectCall, Frame, Permission, Played, Say, SetTimer, Snapshot, Step

_ONCE = (EffectDone, TimerFired, HandedBack, MessageFailed)
"""What comes once: who waits for it waits for ever where it is lost."""
CHAIN = 1000
"""How many effects may set off one another, with nothing in between."""
_MINUTE = 60_000
"""Milliseconds."""
_DEEPEST = 10
"""How many flows may wait for one another."""
_LATER = 5
"""How many messages may wait for the end of a run."""


def play(
    snapshot: Snapshot, events: Sequence[Event], customer: Customer, router: Router, now: int, seed: str
) -> Played:
    """Play events in order; `now` in milliseconds, UTC; `seed` makes the keys of effects, the same for the same turn.

    It never raises. A flow that fails takes only its own event along: what earlier events decided stands, the
    conversation is parked, the customer gets the apology, and the events that follow are left until it goes on. So is
    the event itself, unless it is one that the customer can repeat: nothing else brings a result again.
    """
    playing = _Playing(snapshot, customer, router, now, snapshot.paced, snapshot.chain)
    if snapshot.failed and snapshot.mode != "parked":
        playing.again(snapshot.failed, f"{seed}.failed")
    met = 0
    while met < len(events) and playing.after.mode != "parked":
        playing.meet(events[met], f"{seed}.{met}")
        met += 1
    if met and playing.fault and isinstance(events[met - 1], _ONCE):
        met -= 1
    return playing.played(left=len(events) - met)


async def run_effect(
    router: Router,
    flow: str,
    name: str,
    args: Mapping[str, Any],
    key: str,
    http: Http,
    settings: Mapping[str, str] | None = None,
    version: str = "",
) -> Any:
    """Run an effect of a flow within its time limit, and give its result as JSON data.

    Raises what it raises, TimeoutError, TypeError where the result is no JSON, LookupError where there is none such.
    """
    declared = _declared(router, flow, name, version)
    if declared is None:
        raise LookupError(f"the flow {flow!r} has no effect {name!r}")
    return await declared.run(Effect(key, http, settings or {}), args)


def retry_after(router: Router, flow: str, name: str, version: str, tried: int) -> float | None:
    """Seconds until an effect that has failed `tried` times is to be tried again; None: no more."""
    declared = _declared(router, flow, name, version)
    if declared is None or tried > declared.retries:
        return None
    return float(declared.wait * 2 ** (tried - 1))


def _declared(router: Router, flow: str, name: str, version: str) -> Declared | None:
    served = router.get(flow, version)
    return served.effects.get(name) if served else None


_met = [0]
"""How many events this process has played."""


class _Playing(msgspec.Struct, eq=False):
    """One call of `play`: where the conversation stands, and what was decided so far."""

    after: Snapshot
    customer: Customer
    router: Router
    now: int
    paced: int
    chain: int
    bot: Bot | None = None
    done: list[Done] = []
    says: list[Say] = []
    timers: dict[str, SetTimer] = {}
    cancels: dict[str, None] = {}
    effects: list[EffectCall] = []
    permissions: dict[Purpose, Permission] = {}
    steps: list[Step] = []
    fault: Fault | None = None
    locale: str = ""
    codes: int = 0

    def played(self, left: int) -> Played:
        """All of it."""
        paced = self.paced if self.paced > self.now else 0
        after = self.after
        if after.paced != paced or after.chain != self.chain:
            after = replace(after, paced=paced, chain=self.chain)
        return Played(
            after, tuple(self.says), tuple(self.timers.values()), tuple(self.cancels), tuple(self.effects),
            tuple(self.steps), self.fault, left, self.locale, tuple(self.permissions.values()),
            self.codes,
        )  # fmt: skip

    def again(self, failed: MessageReceived, key: str) -> None:
        """Play the message that met a fault, before what was said since: it may be the answer that is waited for."""
        self.after = replace(self.after, failed=None)
        self.meet(failed, key)

    def meet(self, event: Event, key: str) -> None:
        """Play one event: either it is played whole, or the conversation is parked where it stood before."""
        _met[0] += 1
        before = self.after
        held = before.held if isinstance(event, HandedBack) else ()
        if held:
            self.after = replace(before, held=())
        self.done.clear()
        try:
            self._meet(event, key)
            if held:
                self._catch_up(held, key)
            self._bound(event)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a turn waits for nothing: even a cancellation is the flow's own
            self.after = getattr(error, "stands", None) or before
            self._park(event, error)
        else:
            for each in self.done:
                self._decided(each)

    def _bound(self, event: Event) -> None:
        """Count what was done; raises TooManyMessages or TooManySteps where nobody but a loop does as much."""
        bot = self.bot
        if bot is None:
            return
        chained = isinstance(event, EffectDone) and any(each.turn.effects for each in self.done)
        self.chain = self.chain + 1 if chained else 0
        if self.chain >= CHAIN:
            raise TooManySteps(f"{bot.name}: {CHAIN} effects have set off one another: where does it end?")
        if bot.messages_a_minute:
            self._pace(bot, sum([len(each.turn.says) for each in self.done]) or isinstance(event, TimerFired))

    def _pace(self, bot: Bot, said: int) -> None:
        """Count messages, and timers, which go round as well."""
        if not said:
            return
        paced = max(self.paced, self.now) + said * _MINUTE // bot.messages_a_minute
        if paced - self.now > _MINUTE:
            raise TooManyMessages(
                f"{bot.name} says more than {bot.messages_a_minute} messages a minute, as if it spoke with a machine;"
                " if customers want as much, raise its messages_a_minute"
            )
        self.paced = paced

    def _meet(self, event: Event, key: str) -> None:
        before = self.after
        told: Event | None = event
        self.bot = self.router.get(before.flow, before.version)
        stands = before
        if before.mode != "bot" or before.reason:
            stands = replace(before, mode="bot", reason="")
        if isinstance(event, TimerFired) and event.timer == RESUMED:
            self._nothing(before, event, "goes on")
        elif before.mode == "person" and not isinstance(event, HandedBack):
            keeps = isinstance(event, EffectDone) and event.run in (0, before.run)
            kept = replace(before, held=(*before.held, event)) if keeps else before
            self._nothing(kept, event, "a person answers")
        elif not before.flow and before.stack:
            self._resume(stands, event, key, None)
        elif not before.flow or (self.bot is None and self.router.begins_anew):
            self._begin(stands, event, key)
        elif isinstance(event, waiting.AWAITED) and (told := self._awaited(event)) is None:
            return
        elif self.bot is None:
            raise FlowChanged(f"the flow {before.flow} of this conversation is not served any more")
        elif self.bot.interruption != "ignore" and (other := self._other(event)):
            self._interrupt(self.bot, other, stands, event, key)
        elif told:
            self._play(self.bot, stands, told, key)

    def _awaited(self, event: waiting.Awaited) -> Event | None:
        """What a flow waits for, as the one that runs knows it; None where it is not for that one."""
        before = self.after
        if waiting.run_of(event) not in (0, before.run):
            self._nothing(before, event, "of an ended run")
            return None
        told = waiting.own(before, event)
        if told is None:
            kept = waiting.held(before, event)
            self._nothing(kept or before, event, "a flow waits for it" if kept else "of an ended flow")
        return told

    def _begin(self, before: Snapshot, event: Event, key: str) -> None:
        self.bot = self.router.choose(event, self.customer)
        if self.bot is None:
            self._nothing(before, event, "no flow answers")
            return
        stands = replace(self.bot.begin(before.run + 1), later=before.later)
        self._play(self.bot, stands, event, key, begins=True)

    def _other(self, event: Event) -> Bot | None:
        """Another flow that this message asks for by its keyword, where the one that runs lets it.

        Where as many wait as may, the word is one like any: a customer cannot park their conversation by asking.
        """
        bot, stack = self.bot, self.after.stack
        if bot is None or not isinstance(event, MessageReceived):
            return None
        if bot.interruption == "interrupt" and len(stack) >= _DEEPEST:
            return None
        other = self.router.named(event, self.customer)
        return other if other and other.name != bot.name else None

    def _interrupt(self, bot: Bot, other: Bot, stands: Snapshot, event: Event, key: str) -> None:
        """A message asks for another flow while one runs: it begins now, or later, or not."""
        turn = self._turn(bot, stands.run, event, key)
        if bot.interruption == "interrupt":
            begun = Step(event.key, "", stands.state, stands.state, f"{other.name} is begun")
            self.done.append(Done(turn, [begun]))
            self._push(bot, other, stands, event, key, {}, begun="")
            return
        assert isinstance(event, MessageReceived)
        queued = bot.interruption == "queue" and len(stands.later) < _LATER
        if bot.refusal:
            turn.say(bot.refusal)
        self.after = replace(stands, later=(*stands.later, event)) if queued else stands
        note = f"{other.name} {'waits' if queued else 'is refused'}"
        self.done.append(Done(turn, [Step(event.key, "", stands.state, stands.state, note)]))

    def _play(self, bot: Bot, stands: Snapshot, event: Event, key: str, *, begins: bool = False) -> None:
        self.bot = bot
        turn = self._turn(bot, stands.run, event, key)
        taken = bot.play(stands, turn, begins=begins)
        after = taken.after
        if stands.stack or stands.later:
            after = replace(after, stack=stands.stack, later=stands.later)
        if turn.handed_over:
            after = replace(after, reason=turn.reason)
        self.after = after
        mark = waiting.mark(len(stands.stack), bot.name) if stands.stack else ""
        self.done.append(Done(turn, taken.steps, taken.note, ended=not after.flow, mark=mark))
        if turn.begins:
            name, fields = turn.begins
            other = self.router.get(name)
            if other is None:
                raise FlowError(f"{bot.name} begins {name}, which is not served: name it in bots", name)
            self._push(bot, other, after, event, key, fields, begun=name)
        elif not after.flow and after.mode == "bot":
            self._ended(turn, event, key)

    def _turn(self, bot: Bot, run: int, event: Event, key: str) -> Turn:
        customer = self.customer
        if self.done and any(each.turn.permissions for each in self.done):
            customer = replace(customer, allows=self.done[-1].turn.customer.allows)
        origin = Origin(bot.name, run, key, bot.effects, bot.translations, bot.version, bot.told)
        return Turn(event, customer, self.now, origin)

    def _push(
        self,
        bot: Bot,
        other: Bot,
        stands: Snapshot,
        event: Event,
        key: str,
        fields: dict[str, Any],
        *,
        begun: str,
    ) -> None:
        """Let a flow wait, and begin another."""
        if len(stands.stack) >= _DEEPEST:
            raise TooManySteps(f"{other.name}: {_DEEPEST} flows wait for one another: which begins itself?")
        frame = Frame(bot.name, stands.version, stands.state, stands.data, stands.tries, stands.past, begun)
        new = replace(other.begin(stands.run), stack=(frame, *stands.stack), later=stands.later)
        if fields:
            new = replace(new, data=fields)
        self._play(other, new, event, f"{key}.{other.name}", begins=True)

    def _ended(self, turn: Turn, event: Event, key: str) -> None:
        """A run has ended: the flow that waits for it goes on, or what was asked for meanwhile begins."""
        after = self.after
        if after.stack:
            self._resume(after, event, key, turn.returns)
        elif after.later:
            first, *rest = after.later
            self._begin(replace(after, later=tuple(rest)), first, f"{key}.later")

    def _resume(self, stands: Snapshot, event: Event, key: str, result: Any) -> None:
        """The flow that waits goes on: with the result of the one it began, or where it was put off."""
        frame = stands.stack[0]
        bot = self.router.get(frame.flow, frame.version)
        if bot is None:
            raise FlowChanged(f"the flow {frame.flow} that waits in this conversation is not served any more")
        waits = Snapshot(
            frame.flow, frame.version, stands.run, frame.state, frame.data, "bot", frame.tries, frame.past,
            stands.stack[1:], stands.later,
        )  # fmt: skip
        told: Event = HandedBack(key=event.key, at=event.at)
        if frame.begun:
            told = EffectDone(
                key=event.key, at=event.at, effect=frame.begun, effect_id="", result=result, run=stands.run
            )
        self._play(bot, waits, told, f"{key}.{bot.name}")
        self._catch_up(frame.held, f"{key}.{bot.name}")

    def _catch_up(self, held: Sequence[EffectDone | TimerFired | MessageFailed], key: str) -> None:
        """What came for a flow while it waited; a timer that it has set anew, or taken back, is over."""
        for number, event in enumerate(held):
            named = {
                f"{each.mark}{name}" for each in self.done for name in (*each.turn.timers, *each.turn.cancels)
            }
            if not (isinstance(event, TimerFired) and event.timer in named):
                self._meet(event, f"{key}.held{number}")

    def _decided(self, done: Done) -> None:
        """What a turn decided; timers end with their run, so those that this call has set need not be set at all."""
        turn = done.turn
        self.says += turn.says
        self.effects += turn.effects
        self.codes += turn.codes
        if turn.locale:
            self.locale, self.customer = turn.locale, replace(self.customer, locale=turn.locale)
        if turn.permissions:
            self.permissions |= turn.permissions
            self.customer = replace(self.customer, allows=turn.customer.allows)
        if turn.timers or turn.cancels or done.ended:
            self._clocks(done)
        self.steps += done.steps
        if done.note or turn.handed_over:
            last, handed_over = self.steps[-1], f"handed over: {turn.reason}" if turn.handed_over else ""
            words = "; ".join(filter(None, (last.note, done.note, handed_over)))
            self.steps[-1] = replace(last, note=words)

    def _clocks(self, done: Done) -> None:
        """The timers that a turn has set and taken back; those of a flow end with it."""
        turn, mark = done.turn, done.mark
        for name in (*turn.cancels, *([EXPIRY] if done.ended and mark else [])):
            full = waiting.marked(name, mark)
            self.timers.pop(full, None)
            self.cancels[full] = None
        if done.ended:
            self.timers = {name: each for name, each in self.timers.items() if not name.startswith(mark)}
            return
        for timer in turn.timers.values():
            full = waiting.marked(timer.name, mark)
            self.timers[full] = timer if full == timer.name else replace(timer, name=full)

    def _nothing(self, stands: Snapshot, event: Event, note: str) -> None:
        self.after = stands
        self._note(event, note)

    def _note(self, event: Event, note: str) -> None:
        self.steps.append(Step(event.key, "", self.after.state, self.after.state, note))

    def _park(self, event: Event, error: BaseException) -> None:
        code = "flow_changed" if isinstance(error, FlowChanged) else "flow_error"
        self.fault = Fault(code, reason(error, self.bot), "", "ours")
        apology = (self.bot.apology if self.bot else "") or self.router.apology
        if apology:
            self.says.append(Say(Text(apology)))
        failed = event if isinstance(event, MessageReceived) else None
        self.after, self.chain = replace(self.after, mode="parked", failed=failed), 0
        self._note(event, self.fault.reason)


def met() -> int:
    """How many events this process has played: the same number means the same event."""
    return _met[0]


CATCHES = _Playing.meet.__code__
"""The code that makes a fault of what a bot's code raises in a turn."""
