"""Flow: a conversation as a table of states and triggers, on `transitions`.

One immutable machine a flow class, shared by all conversations; a conversation is a light object with a `state` and the
declared fields. All names are resolved when the class is made, so a misspelt guard stops the import, not a customer.
"""

import hashlib
import inspect
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple, get_type_hints

import msgspec
from transitions import Machine

from conversations.effects import Declared
from conversations.errors import FlowError
from conversations.turn import Turn
from state.model.base import Value
from state.model.turn import Snapshot

STAY = "="
"""As a target: the state is entered again."""


class On(NamedTuple):
    """A row of the table: on `trigger`, in `source` (a state, several, or "*"), go to `target`.

    `when` names a guard that must pass, `do` a method to call before the target is entered.
    """

    trigger: str
    source: str | tuple[str, ...]
    target: str
    when: str = ""
    do: str = ""


class Description(Value, frozen=True):
    """A flow as plain data: for checks, diagrams and versions."""

    name: str
    version: str
    start: str
    states: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...], str, str, str], ...]
    final: tuple[str, ...]
    effects: tuple[str, ...]


class Flow:
    """The base of all flows. A subclass has a `table`, a `start` state, fields by annotation, and callbacks.

    `on_enter_<state>(self, turn)` is called when a state is entered. A run ends when a state of `final` is entered. The
    first event meets the `start` state, which is not entered by then.
    """

    table: ClassVar[tuple[On, ...]] = ()
    start: ClassVar[str] = "start"
    final: ClassVar[tuple[str, ...]] = ()
    apology: ClassVar[str] = "Sorry, something went wrong on our side. Somebody will look at it."
    name: ClassVar[str]
    version: ClassVar[str]
    machine: ClassVar[Machine]
    states: ClassVar[tuple[str, ...]]
    effects: ClassVar[dict[str, Declared]]
    _fields: ClassVar[type[msgspec.Struct]]
    _names: ClassVar[tuple[str, ...]]

    state: str

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = cls.__name__
        cls.table = tuple(On(*row) for row in cls.table)
        cls.states = _states(cls)
        cls.effects = {name: each for name, each in inspect.getmembers(cls) if isinstance(each, Declared)}
        cls._fields = _fields(cls)
        cls._names = cls._fields.__struct_fields__
        _check(cls)
        cls.machine = _machine(cls)
        cls.version = _version(cls)

    @classmethod
    def load(cls, state: str, data: dict[str, Any]) -> "Flow":
        """A conversation's flow with its fields; raises msgspec.ValidationError where they do not fit any more."""
        fields = msgspec.convert(data, cls._fields)
        flow = cls.__new__(cls)
        flow.state = state
        for name in cls._names:
            setattr(flow, name, getattr(fields, name))
        return flow

    def dump(self) -> dict[str, Any]:
        """The fields that differ from their defaults, as plain data."""
        fields = self._fields(**{name: getattr(self, name) for name in self._names})
        return msgspec.to_builtins(fields)  # type: ignore[no-any-return]

    def fallback(self, turn: Turn) -> None:
        """Called when no row of the table answers an event; says nothing unless a flow overrides it."""

    @classmethod
    def describe(cls) -> Description:
        """The flow as plain data."""
        rows = tuple((row.trigger, _sources(cls, row), row.target, row.when, row.do) for row in cls.table)
        effects = tuple(sorted(cls.effects))
        return Description(cls.name, cls.version, cls.start, cls.states, rows, cls.final, effects)


def _sources(cls: type[Flow], row: On) -> tuple[str, ...]:
    if row.source == "*":
        return tuple(state for state in cls.states if state not in cls.final)
    return (row.source,) if isinstance(row.source, str) else tuple(row.source)


def _states(cls: type[Flow]) -> tuple[str, ...]:
    """All states that the table, `start` and `final` name, in order of appearance."""
    named: list[str] = [cls.start]
    for row in cls.table:
        if row.source != "*":
            named += [row.source] if isinstance(row.source, str) else row.source
        if row.target != STAY:
            named.append(row.target)
    return tuple(dict.fromkeys([*named, *cls.final]))


def _fields(cls: type[Flow]) -> type[msgspec.Struct]:
    """The declared fields as a struct: annotations of the class that are neither class variables nor `state`."""
    hints = get_type_hints(cls)
    own = [name for klass in reversed(cls.__mro__) for name in inspect.get_annotations(klass)]
    fields: list[tuple[str, Any, Any]] = []
    for name in dict.fromkeys(own):
        if name == "state" or name.startswith("_") or "ClassVar" in str(hints[name]):
            continue
        if not hasattr(cls, name):
            raise FlowError(f"{cls.__name__}.{name}: a field needs a default, since a new run begins with it")
        fields.append((name, hints[name], getattr(cls, name)))
    return msgspec.defstruct(f"{cls.__name__}Fields", fields, omit_defaults=True)


def _check(cls: type[Flow]) -> None:
    """Every name in the table is there and can be called."""
    for row in cls.table:
        for name in filter(None, (row.when, row.do)):
            if not callable(getattr(cls, name, None)):
                raise FlowError(
                    f"{cls.__name__}: row {row.trigger!r} names {name!r}, but there is no such method"
                )
    for name, member in inspect.getmembers(cls, inspect.isfunction):
        state = name.removeprefix("on_enter_")
        if state != name and state not in cls.states:
            raise FlowError(
                f"{cls.__name__}.{name}: there is no state {state!r}; it has {', '.join(cls.states)}"
            )
        if inspect.iscoroutinefunction(member):
            raise FlowError(f"{cls.__name__}.{name}: callbacks only decide; make it an @effect, or not async")


def _machine(cls: type[Flow]) -> Machine:
    machine = Machine(
        model=None, states=list(cls.states), initial=cls.start, auto_transitions=False, send_event=False
    )
    for state in machine.states.values():
        state.on_enter = []
        if callable(getattr(cls, f"on_enter_{state.name}", None)):
            machine.get_state(state.name).add_callback("enter", f"on_enter_{state.name}")
    for row in cls.table:
        machine.add_transition(
            row.trigger,
            list(_sources(cls, row)),
            row.target,
            conditions=row.when or None,
            before=row.do or None,
        )
    return machine


def _version(cls: type[Flow]) -> str:
    """A hash of what decides how the flow runs: table, fields, and the code of its methods."""
    parts: list[str] = [repr(cls.table), cls.start, repr(cls.final)]
    parts += [f"{name}:{cls._fields.__annotations__[name]}" for name in cls._names]
    for name, member in sorted(inspect.getmembers(cls, inspect.isfunction)):
        parts.append(
            f"{name}:{_code(member.__code__.co_code, member.__code__.co_consts, member.__code__.co_names)}"
        )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _code(code: bytes, constants: Iterable[object], names: Iterable[str]) -> str:
    shown = [each for each in constants if not inspect.iscode(each)]
    return f"{code.hex()}:{shown!r}:{tuple(names)!r}"


def begin(cls: type[Flow], snapshot: Snapshot) -> Snapshot:
    """The snapshot of a new run of a flow."""
    return Snapshot(cls.name, cls.version, snapshot.run + 1, cls.start, {}, "bot")
