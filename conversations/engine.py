"""The engine: plays waiting events on a conversation and says what is decided. Pure: no clock, no I/O, no store."""

import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from conversations.bot import Bot
from conversations.effects import Effect, Http
from conversations.errors import FlowChanged, FlowError
from conversations.router import Router
from conversations.turn import Origin, Turn
from state.model.content import Text
from state.model.event import EffectDone, Event, HandedBack, MessageReceived, Started, TimerFired
from state.model.receipts import Fault
from state.model.turn import Customer, EffectCall, Played, Say, SetTimer, Snapshot, Step

_REASON = 500
"""Characters of a fault's reason."""


def play(
    snapshot: Snapshot, events: Sequence[Event], customer: Customer, router: Router, now: int, seed: str
) -> Played:
    """Play events in order; `now` in milliseconds, UTC; `seed` makes the keys of effects, the same for the same turn.

    It never raises. A flow that fails takes only its own event along: what earlier events decided stands, the
    conversation is parked, the customer gets the apology, and the events that follow are left until it goes on.
    """
    playing = _Playing(snapshot, customer, router, now)
    met = 0
    while met < len(events) and playing.after.mode != "parked":
        playing.meet(events[met], f"{seed}.{met}")
        met += 1
    return playing.played(left=len(events) - met)


async def run_effect(
    router: Router,
    flow: str,
    name: str,
    args: Mapping[str, Any],
    key: str,
    http: Http,
    settings: Mapping[str, str] | None = None,
) -> Any:
    """Run an effect of a flow within its time limit, and give its result as JSON data.

    Raises what it raises, TimeoutError, TypeError where the result is no JSON, LookupError where there is none such.
    """
    served = router.get(flow)
    declared = served.effects.get(name) if served else None
    if declared is None:
        raise LookupError(f"the flow {flow!r} has no effect {name!r}")
    return await declared.run(Effect(key, http, settings or {}), args)


class _Playing:
    """One call of `play`: where the conversation stands, and what was decided so far."""

    __slots__ = (
        "after", "bot", "cancels", "customer", "effects", "fault", "locale", "now", "router", "says", "steps", "timers",
    )  # fmt: skip

    def __init__(self, snapshot: Snapshot, customer: Customer, router: Router, now: int) -> None:
        self.after, self.customer, self.router, self.now = snapshot, customer, router, now
        self.bot: Bot | None = None
        self.says: list[Say] = []
        self.timers: dict[str, SetTimer] = {}
        self.cancels: dict[str, None] = {}
        self.effects: list[EffectCall] = []
        self.steps: list[Step] = []
        self.fault: Fault | None = None
        self.locale = ""

    def played(self, left: int) -> Played:
        """All of it."""
        return Played(
            self.after, tuple(self.says), tuple(self.timers.values()), tuple(self.cancels), tuple(self.effects),
            tuple(self.steps), self.fault, left, self.locale,
        )  # fmt: skip

    def meet(self, event: Event, key: str) -> None:
        """Play one event: either it is played whole, or the conversation is parked where it stood before."""
        try:
            self._meet(event, key)
        except (Exception, SystemExit) as error:
            self._park(event, error)

    def _meet(self, event: Event, key: str) -> None:
        before = self.after
        self.bot = self.router.get(before.flow)
        if before.mode == "person" and not isinstance(event, HandedBack):
            self._note(event, "a person answers")
        elif not before.flow or (self.bot is None and self.router.begins_anew):
            self._begin(replace(before, mode="bot"), event, key)
        elif isinstance(event, TimerFired | EffectDone) and event.run not in (0, before.run):
            self._note(event, "of an ended run")
        elif self.bot is None:
            raise FlowChanged(f"the flow {before.flow} of this conversation is not served any more")
        else:
            self._play(self.bot, replace(before, mode="bot"), event, key)

    def _begin(self, before: Snapshot, event: Event, key: str) -> None:
        if isinstance(event, MessageReceived | Started):
            self.bot = self.router.choose(event, self.customer)
        if self.bot is None:
            self.after = before
            self._note(event, "no flow answers")
            return
        self._play(self.bot, self.bot.begin(before.run + 1), event, key, begins=True)

    def _play(self, bot: Bot, stands: Snapshot, event: Event, key: str, *, begins: bool = False) -> None:
        turn = Turn(
            event, self.customer, self.now, Origin(bot.name, stands.run, key, bot.effects, bot.translations)
        )
        steps, self.after, note = bot.play(stands, turn, begins=begins)
        self.says += turn.says
        self.effects += turn.effects
        if turn.locale:
            self.locale, self.customer = turn.locale, replace(self.customer, locale=turn.locale)
        self._set(turn)
        self._journal(steps, note, f"handed over: {turn.reason}" if turn.handed_over else "")

    def _set(self, turn: Turn) -> None:
        """Timers end with their run, so those that this call has set need not be set at all."""
        for name in turn.cancels:
            self.timers.pop(name, None)
        self.cancels.update(turn.cancels)
        self.timers.update(turn.timers)
        if not self.after.flow:
            self.timers.clear()

    def _journal(self, taken: Sequence[Step], *notes: str) -> None:
        last = taken[-1]
        words = "; ".join(filter(None, (last.note, *notes)))
        self.steps += taken[:-1]
        self.steps.append(replace(last, note=words) if words else last)

    def _note(self, event: Event, note: str) -> None:
        self.steps.append(Step(event.key, "", self.after.state, self.after.state, note))

    def _park(self, event: Event, error: BaseException) -> None:
        code = "flow_changed" if isinstance(error, FlowChanged) else "flow_error"
        self.fault = Fault(code, _reason(error, self.bot), "", "ours")
        apology = (self.bot.apology if self.bot else "") or self.router.apology
        if apology:
            self.says.append(Say(Text(apology)))
        self.after = replace(self.after, mode="parked")
        self._note(event, self.fault.reason)


def _reason(error: BaseException, bot: Bot | None) -> str:
    """What went wrong, and the last line of the flow's own files that it went wrong in."""
    said = "".join(traceback.TracebackException(type(error), error, None).format_exception_only()).strip()
    places = [(each.f_code.co_filename, line) for each, line in traceback.walk_tb(error.__traceback__)]
    own = [each for each in places if bot and each[0] in bot.files]
    if isinstance(error, FlowError):
        said, places = str(error), []
    file, line = next(reversed(own or places), ("", 0))
    where = f" ({file.rpartition('/')[2]}:{line})" if file else ""
    return f"{said[:_REASON]}{where}".encode("utf-8", "replace").decode()
