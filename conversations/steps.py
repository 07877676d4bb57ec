"""The steps of one event in one flow: how it was loaded, which rows answered, and where it stands then."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from conversations import triggers
from conversations.bot import Taken
from conversations.errors import FlowChanged, FlowError, TooManySteps
from conversations.turn import Turn
from state.model.event import MessageReceived
from state.model.turn import Mode, Snapshot, Step

if TYPE_CHECKING:
    from conversations.flow import Flow
    from conversations.plan import Plan

STEPS = 20
"""How many triggers one event may set off."""


def play(plan: "Plan", stands: Snapshot, turn: Turn, *, begins: bool) -> Taken:
    """Play the turn's event from where the conversation stands; raises what callbacks raise."""
    found, note = _values(plan, stands)
    model = plan.load(stands.state, found)
    steps = _take(plan, model, turn, begins=begins)
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


def _take(plan: "Plan", model: "Flow", turn: Turn, *, begins: bool) -> list[Step]:
    """Which rows answer the event, and those that callbacks ask for after it; raises what callbacks raise."""
    steps: list[Step] = []
    key, greets = turn.event.key, begins and plan.greet is not None
    if greets and plan.greet:
        plan.greet(model, turn)
        steps.append(Step(key, "", "", model.state, "begins"))
    if not greets or model.answers_first_message:
        source, name = model.state, _fire(plan, model, turn, triggers.of(turn.event))
        if not name and isinstance(turn.event, MessageReceived):
            model.fallback(turn)
        steps.append(Step(key, name, source, model.state, "" if name else "unanswered"))
    while turn.next:
        if len(steps) >= STEPS:
            raise TooManySteps(
                f"{plan.name}: one event sets off {STEPS} triggers: where does {turn.next!r} end?"
            )
        source, wanted, turn.next = model.state, turn.next, ""
        if not _fire(plan, model, turn, (wanted,)):
            raise FlowError(f"{plan.name}: then({wanted!r}) finds no row that passes in state {source!r}")
        steps.append(Step(key, wanted, source, model.state))
    return steps


def _fire(plan: "Plan", model: "Flow", turn: Turn, names: Sequence[str]) -> str:
    """Set off the first trigger that has a row here which passes, and give its name."""
    for name in names:
        rows = plan.events.get(name)
        if rows is not None and model.state in rows.transitions and rows.trigger(model, model, turn):
            return name
    return ""


def _after(plan: "Plan", stands: Snapshot, model: "Flow", turn: Turn) -> Snapshot:
    """Where the conversation stands after the steps; raises FlowError where a field cannot be stored."""
    mode: Mode = "person" if turn.handed_over else "bot"
    data = plan.dump(model)
    if turn.ended or model.state in plan.final:
        return Snapshot(run=stands.run, mode=mode)
    return Snapshot(plan.name, plan.version, stands.run, model.state, data, mode)
