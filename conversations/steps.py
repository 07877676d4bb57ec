"""The steps of one event in one flow: how it was loaded, which rows answered, and where it stands then."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from conversations import languages, triggers
from conversations.bot import EXPIRY, Taken
from conversations.errors import FlowChanged, FlowError, TooManySteps
from conversations.readers import NotRead
from conversations.table import BACK, END, HANDED_OVER, STAY, Question
from conversations.turn import Turn
from state.model.content import Content
from state.model.event import EffectDone, HandedBack, MessageReceived, TimerFired
from state.model.turn import Mode, Snapshot, Step

if TYPE_CHECKING:
    from conversations.flow import Flow
    from conversations.plan import Plan

STEPS = 20
"""How many triggers one event may set off."""
_PAST = 20
"""How many states back a customer can go."""


def play(plan: "Plan", stands: Snapshot, turn: Turn, *, begins: bool) -> Taken:
    """Play the turn's event from where the conversation stands; raises what callbacks raise."""
    found, note = _values(plan, stands)
    model = plan.load(stands.state, found)
    turn.tries, turn.past = stands.tries, stands.past
    steps = _Steps(plan, model, turn).take(begins=begins)
    return Taken(steps, _after(plan, stands, model, turn), note)


def _values(plan: "Plan", stands: Snapshot) -> tuple[dict[str, Any], str]:
    """The fields' values, and what is to be said of them where another version of the flow stored them.

    Raises FlowChanged where the state is not there any more.
    """
    note = "" if stands.version == plan.version else f"version changed {stands.version}->{plan.version}"
    if stands.state not in plan.machine.states:
        raise FlowChanged(f"{plan.name} has no state {stands.state!r} ({note or 'in this version'})")
    if not note:
        return plan.fields.read(stands.data), ""
    found, lost = plan.fields.salvage(stands.data)
    return found, f"{note}, back to their defaults: {', '.join(lost)}" if lost else note


class _Steps(msgspec.Struct, eq=False):
    """One event's way through the table."""

    plan: "Plan"
    model: "Flow"
    turn: Turn
    steps: list[Step] = []
    back: bool = False

    def take(self, *, begins: bool) -> list[Step]:
        """Which rows answer the event, and those that callbacks ask for after it; raises what callbacks raise."""
        plan, model, turn = self.plan, self.model, self.turn
        before = model.state
        if begins and plan.greets:
            plan.enter(model, turn, before)
            self._step("", "", "begins")
        if not begins or not plan.greets or model.answers_first_message:
            source = model.state
            name, note = self._meet()
            self._step(name, source, note)
        self._go_on()
        if plan.backs:
            self._remember(before)
        if plan.timed:
            self._set_clocks(before)
        return self.steps

    def _step(self, trigger: str, source: str, note: str = "") -> None:
        self.steps.append(Step(self.turn.event.key, trigger, source, self.model.state, note))

    def _meet(self) -> tuple[str, str]:
        """Let the event meet the table: the trigger that a row answered, and a note where there is something to say."""
        turn, event = self.turn, self.turn.event
        if isinstance(event, MessageReceived):
            return self._hear(event.content)
        if name := self._fire(triggers.of(event)):
            return name, ""
        asked = self.plan.asks.get(self.model.state)
        if isinstance(event, HandedBack) and asked:
            self.plan.enter(self.model, turn, self.model.state)
            return "handed_back", ""
        if isinstance(event, TimerFired) and event.timer == EXPIRY:
            turn.end()
            return "", "expired"
        return "", "unanswered"

    def _hear(self, content: Content) -> tuple[str, str]:
        """A message: a word heard everywhere, an option, the answer to a question, or whatever a row says."""
        plan = self.plan
        if plan.commands:
            command = languages.command(content, self.turn.customer.locale)
            if command in plan.commands and self._fire((command,)):
                return command, ""
        asked = plan.asks.get(self.model.state)
        if asked is None:
            name = self._fire(triggers.of_message(content))
        else:
            name = self._fire(triggers.special(content)) or self._read(asked, content)
        if not name:
            self.model.fallback(self.turn)
        return name, "" if name else "unanswered"

    def _read(self, asked: Question, content: Content) -> str:
        """The answer to the state's question."""
        turn, model = self.turn, self.model
        try:
            turn.answer = asked.reader.read(content, turn.customer.locale, turn.now)
        except NotRead as error:
            turn.tries += 1
            if turn.tries < asked.limit:
                turn.say(asked.retry or turn.t(error.why, **error.values))
                return "not_read"
            turn.tries = 0
            if not self._fire(("not_understood",)):
                turn.say(HANDED_OVER)
                turn.hand_over(f"not understood: {turn.text}")
            return "not_understood"
        name = asked.field or model.state
        if name in self.plan.fields.names:
            setattr(model, name, turn.answer)
        turn.tries = 0
        return self._fire(("answered",))

    def _go_on(self) -> None:
        """The move a row has made, and the triggers that callbacks ask for."""
        plan, model, turn = self.plan, self.model, self.turn
        if turn.move:
            self._move()
        while turn.next:
            if len(self.steps) >= STEPS:
                raise TooManySteps(
                    f"{plan.name}: one event sets off {STEPS} triggers: where does {turn.next!r} end?",
                    turn.next,
                )
            source, wanted, turn.next = model.state, turn.next, ""
            if not self._fire((wanted,)):
                raise FlowError(
                    f"{plan.name}: then({wanted!r}) finds no row that passes in state {source!r}", wanted
                )
            self._step(wanted, source)
            if turn.move:
                self._move()

    def _move(self) -> None:
        """Go back, begin again, or end, as a row has said."""
        plan, model, turn = self.plan, self.model, self.turn
        move, turn.move = turn.move, ""
        if move == STAY:
            return
        self.back, source = True, model.state
        if move == END:
            turn.end()
        elif move == BACK:
            known = [state for state in turn.past if state in plan.machine.states]
            turn.past = known[:-1]
            if known or source not in plan.working:
                plan.enter(model, turn, known[-1] if known else source)
        else:
            model.__dict__.update(plan.fields.read({}))
            turn.past = ()
            plan.enter(model, turn, plan.cls.start)
        self.steps[-1] = Step(self.turn.event.key, self.steps[-1].trigger, source, model.state)

    def _remember(self, before: str) -> None:
        """The states to go back to; what an effect did stays done, and bars the way."""
        turn = self.turn
        if turn.effects or isinstance(turn.event, EffectDone):
            turn.past = ()
        elif self.model.state != before and not self.back:
            turn.past = [*turn.past, before][-_PAST:]

    def _set_clocks(self, before: str) -> None:
        """Set the timers of the state's rows anew, unless one of them has just fired; end those of the state before."""
        plan, turn, state = self.plan, self.turn, self.model.state
        if isinstance(turn.event, TimerFired) and state == before and turn.event.timer != EXPIRY:
            return
        clocks = plan.clocks.get(state, {})
        for name in plan.clocks.get(before, {}):
            if name not in clocks:
                turn.cancel(name)
        for name, seconds in clocks.items():
            turn.timer(name, seconds)
        if plan.cls.expires and not turn.ended and state not in plan.final:
            turn.timer(EXPIRY, plan.cls.expires)

    def _fire(self, names: Sequence[str]) -> str:
        """Set off the first trigger that has a row here which passes, and give its name."""
        model, events = self.model, self.plan.events
        for name in names:
            rows = events.get(name)
            if rows is not None and model.state in rows.transitions and rows.trigger(model, model, self.turn):
                return name
        return ""


def _after(plan: "Plan", stands: Snapshot, model: "Flow", turn: Turn) -> Snapshot:
    """Where the conversation stands after the steps; raises FlowError where a field cannot be stored."""
    mode: Mode = "person" if turn.handed_over else "bot"
    data = plan.dump(model)
    if turn.ended or model.state in plan.final:
        return Snapshot(run=stands.run, mode=mode)
    return Snapshot(
        plan.name, plan.version, stands.run, model.state, data, mode, turn.tries, tuple(turn.past)
    )
