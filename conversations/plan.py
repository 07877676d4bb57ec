"""What a flow class compiles to, once, when it is made: every name resolved, one immutable machine for all its runs."""

import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from transitions import EventData, Machine, State, Transition

from conversations import languages, steps, table
from conversations.bot import Standing, Taken
from conversations.checks import function_of, place
from conversations.describe import Description, Row
from conversations.effects import Declared
from conversations.entry import Entry
from conversations.errors import FlowChanged, FlowError
from conversations.fields import Fields
from conversations.table import On, Question
from conversations.turn import Turn, sound
from conversations.version import constants_of, functions_of, reached, version_of
from state.model.content import Content, Text, plain
from state.model.turn import Say, Snapshot

if TYPE_CHECKING:
    from conversations.flow import Flow

Call = Callable[..., bool | None]


class Plan:
    """A compiled flow. `greets` says that its start answers the first message; `files` are those of its functions.

    `working` are the states that ask for an effect when they are entered.
    """

    def __init__(self, cls: "type[Flow]", fields: Fields, base: type) -> None:
        self.cls, self.name, self.module, self.fields = cls, cls.__name__, cls.__module__, fields
        self.states = table.states(cls.table, cls.start, cls.final)
        self.final = frozenset(cls.final)
        self.effects = {name: each for name, each in inspect.getmembers(cls) if isinstance(each, Declared)}
        self.entry = Entry.of(
            cls.keywords, cls.channels, cls.locales, cls.referrals, cls.events, cls.campaigns
        )
        self.interruption, self.refusal = cls.interruption, cls.refusal
        self.messages_a_minute = cls.messages_a_minute
        self.apology, self.translations = cls.apology, cls.translations
        self.entered = {state: name for state in self.states if hasattr(cls, name := f"on_enter_{state}")}
        self.left = {state: name for state in self.states if hasattr(cls, name := f"on_exit_{state}")}
        self.working = frozenset(state for state, name in self.entered.items() if _works(cls, name))
        self.asks = dict(cls.asks)
        self.calls = {state: _entering(self, state) for state in self.states}
        self.machine = _machine(self)
        self.events = self.machine.events
        self.told = "message_failed" in self.events
        self.commands = frozenset(languages.COMMANDS) & self.events.keys()
        self.backs = any(row.target == table.BACK for row in cls.table)
        self.clocks = _clocks(self)
        self.timed = bool(self.clocks or cls.expires)
        self.greets = cls.start in self.entered or cls.start in self.asks
        self.functions = functions_of(cls, base)
        takes = [each.reader.take for each in self.asks.values()]
        called, constants = reached(self.functions.values(), takes, self.module)
        written = str(getattr(sys.modules.get(self.module), "__file__", None) or "")
        files = {each.__code__.co_filename for each in called.values()}
        self.files = frozenset(files | ({written} if written else set()))
        self.version = version_of(
            (*_content(self), constants, constants_of(cls, base)), {**called, **self.functions}
        )

    def begin(self, run: int) -> Snapshot:
        """Where a new run stands before its first event."""
        return Snapshot(self.name, self.version, run, self.cls.start)

    def play(self, stands: Snapshot, turn: Turn, *, begins: bool) -> Taken:
        """Play the turn's event; raises what callbacks raise, FlowError, FlowChanged."""
        return steps.play(self, stands, turn, begins=begins)

    def moved(self, stands: Snapshot) -> Snapshot:
        """Where a run of another version stands in this one; raises FlowChanged, and what `migrate` raises."""
        if stands.version == self.version:
            return stands
        found = self.cls.migrate(Standing(stands.state, stands.data, stands.version))
        if not isinstance(found, Standing):
            raise FlowError(f"{self.name}.migrate gave a {type(found).__name__}, not a Standing")
        if found.state not in self.machine.states or found.state in self.final:
            raise FlowChanged(f"{self.name} has no state {found.state!r} to go on in")
        _, lost = self.fields.salvage(found.data)
        if lost:
            raise FlowChanged(f"{self.name} cannot keep {', '.join(lost)} of {stands.version}")
        filled = sorted(name for name, value in found.data.items() if value and name not in self.fields.names)
        if filled:
            raise FlowChanged(
                f"{self.name} has no field {', '.join(filled)} any more, which {stands.version} has filled: say in a"
                " `migrate` where it goes, or leave it out there"
            )
        kept = {name: value for name, value in found.data.items() if name in self.fields.names}
        past = tuple(state for state in stands.past if state in self.machine.states)
        return replace(stands, version=self.version, state=found.state, data=kept, past=past)

    def load(self, state: str, values: dict[str, Any]) -> "Flow":
        """A conversation's flow in a state, with the values of its fields."""
        flow = self.cls.__new__(self.cls)
        flow.__dict__ = {"state": state, **values}
        return flow

    def enter(self, flow: "Flow", turn: Turn, state: str) -> None:
        """Put a conversation into a state, as a row does: what is called when it is entered, is called."""
        flow.state = state
        for call in self.calls[state]:
            call(flow, turn)

    def dump(self, flow: "Flow") -> dict[str, Any]:
        """The fields as plain JSON data; raises FlowError where they do not hold what their annotations say."""
        values = dict(flow.__dict__)
        del values["state"]
        return self.fields.write(values)

    def describe(self) -> Description:
        """The flow as plain data."""
        cls = self.cls
        return Description(
            name=self.name,
            version=self.version,
            about=inspect.cleandoc(cls.__doc__ or ""),
            start=cls.start,
            states=self.states,
            final=cls.final,
            rows=tuple(_row(self, row) for row in cls.table),
            entered=self.entered,
            left=self.left,
            fields={each.name: inspect.formatannotation(each.type) for each in self.fields.declared},
            effects={name: each.timeout for name, each in self.effects.items()},
            keywords=cls.keywords,
            channels=cls.channels,
            answers_first_message=cls.answers_first_message or not self.greets,
            prompts={state: plain(question.shown) for state, question in self.asks.items()},
            locales=cls.locales,
            referrals=cls.referrals,
            events=cls.events,
            campaigns=cls.campaigns,
        )


def _works(cls: type, name: str) -> bool:
    return "effect" in function_of(cls, name, "the table").__code__.co_names


def _content(plan: Plan) -> tuple[object, ...]:
    """What the version depends on, beside the code."""
    cls = plan.cls
    fields = [(each.name, inspect.formatannotation(each.type), each.default) for each in plan.fields.declared]
    rows = [tuple(row) for row in cls.table]
    asks = [(state, *question.content) for state, question in plan.asks.items()]
    return (
        rows,
        asks,
        cls.start,
        cls.final,
        cls.expires,
        cls.answers_first_message,
        fields,
        sorted(plan.effects),
    )


def _row(plan: Plan, row: On) -> Row:
    said = row.say if isinstance(row.say, str) else plain(row.say)
    sources = table.sources(row, plan.states, plan.cls.final)
    return Row(row.event, sources, row.target, row.when, row.do, said)


def _clocks(plan: Plan) -> dict[str, dict[str, float]]:
    """By state: its rows' own timers, and the seconds until they are due."""
    cls = plan.cls
    found: dict[str, dict[str, float]] = {}
    for row in cls.table:
        for source in table.sources(row, plan.states, cls.final) if row.after else ():
            found.setdefault(source, {})[row.trigger] = row.after
    return found


class _Row(Transition):
    """A row of the table: of all that a transition may call it has a guard, and actions before its state is left."""

    def execute(self, event_data: EventData) -> bool:
        """Make the move, where its guard passes."""
        for guard in self.conditions:
            if not guard.func(*event_data.args):  # type: ignore[operator]  # no name, which it may be too
                return False
        for action in self.before:
            action(*event_data.args)  # type: ignore[operator]
        if self.dest:
            self._change_state(event_data)
        return True


class _Machine(Machine):
    transition_cls = _Row


def _machine(plan: Plan) -> Machine:
    cls = plan.cls
    states = [
        State(name, on_enter=[*plan.calls[name]], on_exit=[*_named(cls, plan.left.get(name))])
        for name in plan.states
    ]
    machine = _Machine(model=None, states=states, initial=cls.start, auto_transitions=False)
    for row in cls.table:
        actions = [*_named(cls, row.do), *([_saying(cls, row)] if row.say else [])]
        guard = _guard(cls, row.when) if row.when else None
        moves = [_moving(row.target)] if row.target in table.MOVES else []
        stays = row.target == table.STAY
        target = row.target if stays or not moves else None
        for source in table.sources(row, plan.states, cls.final):
            if stays and not plan.calls[source] and source not in plan.left:
                # Where nothing is called on leaving or entering, to stay is no change of state.
                machine.add_transition(row.event, source, None, conditions=guard, before=[*actions])
            else:
                machine.add_transition(row.event, source, target, conditions=guard, before=[*actions, *moves])
    return machine


def _entering(plan: Plan, state: str) -> list[Call]:
    """What is called when a state is entered: its callback, then its question is said."""
    return [
        *map(_unless_left, _named(plan.cls, plan.entered.get(state))),
        *([_asking(plan.asks[state])] if state in plan.asks else []),
    ]


def _asking(question: Question) -> Call:
    shown = question.shown

    def ask(_: "Flow", turn: Turn) -> None:
        turn.tries = 0
        if not turn.handed_over and not turn.ended:
            turn.say(shown)

    return ask


def _unless_left(call: Call) -> Call:
    """A row that stays where it is, and hands over or ends, enters nothing: an effect of the state would run twice."""

    def enter(flow: "Flow", turn: Turn) -> None:
        if not (turn.move == table.STAY and (turn.handed_over or turn.ended)):
            call(flow, turn)

    return enter


def _moving(move: str) -> Call:
    """A row's move that is no state: one that leaves its state is made when the row's actions are done."""

    def note(_: "Flow", turn: Turn) -> None:
        turn.move = move

    return note


def _named(cls: type, name: str | None) -> list[Call]:
    return [_action(cls, name)] if name else []


def _guard(cls: type, name: str) -> Call:
    """The machine compares with True, so that a guard which gives a match or a text would never pass."""
    function = function_of(cls, name, "the table")

    def guard(flow: "Flow", turn: Turn) -> bool:
        answer = function(flow, turn)
        if answer is True or answer is False:
            return bool(answer)
        kind = type(answer).__name__
        raise FlowError(
            f"the guard {place(cls, function)} gave a {kind}, not True or False: put bool(…) around it"
        )

    return guard


def _action(cls: type, name: str) -> Call:
    function = function_of(cls, name, "the table")

    def action(flow: "Flow", turn: Turn) -> None:
        answer = function(flow, turn)
        if answer is not None:
            kind = type(answer).__name__
            raise FlowError(
                f"{place(cls, function)} gave a {kind}, which goes nowhere: decide by turn.say(…)"
            )

    return action


def _saying(cls: type, row: On) -> Call:
    content: Content = Text(row.say) if isinstance(row.say, str) else row.say
    try:
        sound(Say(content))
    except TypeError as error:
        raise FlowError(f"{cls.__name__}: {row}: {error}") from error
    return lambda _, turn: turn.say(content)
