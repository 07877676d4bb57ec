"""What is checked when a flow class is made: each error names the class, the row or method, and the remedy."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from conversations import table
from conversations.effects import Declared
from conversations.errors import FlowError, perhaps
from conversations.source import lines_of
from conversations.table import On, Question

if TYPE_CHECKING:
    from conversations.flow import Flow

_TUPLES = ("table", "final", "keywords", "channels", "locales", "referrals", "events", "campaigns")
_OURS = ("state", "plan", "describe")
_ALIKE = 0.85


def check_names(cls: "type[Flow]") -> None:
    """Raise FlowError where a class takes a name that has a meaning in every flow."""
    if "__init__" in vars(cls):
        raise FlowError(f"{cls.__name__}.__init__ is never called: declare fields, as in `guests: int = 0`")
    for name in _OURS:
        if name in vars(cls):
            raise FlowError(f"{cls.__name__}.{name}: the name has a meaning in every flow; call it otherwise")


def check_table(cls: "type[Flow]") -> None:
    """Raise FlowError where the table cannot work; where errors are gathered, all there are."""
    _check_tuples(cls)
    for row in cls.table:
        _check_words(cls, row)
    named = table.states(cls.table, cls.start, cls.final)
    for row in cls.table:
        with perhaps():
            _check_row(cls, row, named)
    for state, question in cls.asks.items():
        with perhaps():
            _check_question(cls, state, question, named)
    with perhaps():
        _check_start(cls, named)
    _check_callbacks(cls, named)


def _check_tuples(cls: "type[Flow]") -> None:
    for name in _TUPLES:
        value = getattr(cls, name)
        if not isinstance(value, tuple) or isinstance(value, On):
            remedy = "with one member it needs a comma, as in `(one,)`"
            if isinstance(value, list | set):
                remedy = f"it is a {type(value).__name__}, which could change: write it in round brackets"
            raise FlowError(f"{cls.__name__}.{name} is no tuple: {remedy}")


def _check_start(cls: "type[Flow]", named: tuple[str, ...]) -> None:
    if not any(cls.start in table.sources(row, named, cls.final) for row in cls.table):
        raise FlowError(
            f"{cls.__name__}: no row begins in {cls.start!r}: set `start` to the state a run begins in"
        )


def _check_words(cls: "type[Flow]", row: On) -> None:
    if not isinstance(row, On):
        raise FlowError(f"{cls.__name__}: {row!r} is no row of a table: write On(trigger, source, target)")
    for word in (row.trigger, row.target):
        if not (isinstance(word, str) and word):
            raise FlowError(
                f"{cls.__name__}: {row}: trigger and target are names; to stay, the target is STAY"
            )


def _check_question(cls: "type[Flow]", state: str, question: object, named: tuple[str, ...]) -> None:
    """A state that asks is one, is answered, and hears no message in another way."""
    if not isinstance(question, Question):
        raise FlowError(f'{cls.__name__}.asks[{state!r}] is no question: write Question("…", reader)')
    if state not in named or state in cls.final:
        near = get_close_matches(state, set(named) - set(cls.final), n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"the states are {', '.join(named)}"
        raise FlowError(f"{cls.__name__}.asks: nothing is asked in {state!r}; {remedy}")
    rows = [row for row in cls.table if state in table.sources(row, named, cls.final)]
    if not any(row.trigger == "answered" for row in rows):
        raise FlowError(
            f'{cls.__name__}: no row takes the answer in {state!r}: add On("answered", {state!r}, …)'
        )
    unheard = next((row for row in rows if row.trigger in ("message", "chosen") and row.source != "*"), None)
    if unheard:
        raise FlowError(
            f"{cls.__name__}: {unheard} is never heard: {state!r} asks, and its reader takes the messages;"
            " write answered or not_understood"
        )


def _check_row(cls: "type[Flow]", row: On, named: tuple[str, ...]) -> None:
    ended = [state for state in table.sources(row, named, cls.final) if state in cls.final]
    if ended:
        raise FlowError(
            f"{cls.__name__}: {row}: a run ends in {ended[0]!r}; take it out of `final`, or drop the row"
        )
    for name in filter(None, (row.when, row.do)):
        with perhaps(), written_at(cls, name):
            function_of(cls, name, str(row))


@contextmanager
def written_at(cls: "type[Flow]", word: str) -> Iterator[None]:
    """Give what is raised within it the line of a class where a word stands, if it has no other."""
    try:
        yield
    except FlowError as error:
        line = lines_of(cls).get(word)
        if line and not error.place[0]:
            error.place = (line.file, line.line)
        raise


def _check_callbacks(cls: "type[Flow]", named: Iterable[str]) -> None:
    """Every `on_enter_…` and `on_exit_…` belongs to a state, and nothing looks as if it was meant to."""
    known = {f"{prefix}{state}": state for state in named for prefix in ("on_enter_", "on_exit_")}
    for name in dir(cls):
        with perhaps():
            if name in known:
                function_of(cls, name, f"state {known[name]!r}")
            elif inspect.isfunction(inspect.getattr_static(cls, name)):
                _check_called(cls, name, known)


def _check_called(cls: "type[Flow]", name: str, known: Mapping[str, str]) -> None:
    near = get_close_matches(name, known, n=1, cutoff=_ALIKE)
    if near or name.startswith(("on_enter_", "on_exit_")):
        remedy = f"did you mean {near[0]!r}?" if near else f"the states are {', '.join(known.values())}"
        code = inspect.unwrap(inspect.getattr_static(cls, name)).__code__
        raise FlowError(
            f"{cls.__name__}.{name} is never called, since no state has that name; {remedy}",
            place=(code.co_filename, code.co_firstlineno),
        )


def function_of(cls: type, name: str, where: str) -> Callable[..., Any]:
    """The method of that name, which takes a turn and does not wait; raises FlowError."""
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, Declared):
        raise FlowError(
            f"{cls.__name__}: {where} names the effect {name!r}: ask for it by turn.effect({name!r}, …)"
        )
    if not inspect.isfunction(found):
        near = get_close_matches(name, [each for each in dir(cls) if not each.startswith("__")], n=1)
        remedy = f"did you mean {near[0]!r}?" if near and found is None else f"write `def {name}(self, turn)`"
        raise FlowError(f"{cls.__name__}: {where} names {name!r}, which is no method; {remedy}")
    if inspect.iscoroutinefunction(found) or inspect.isgeneratorfunction(found):
        raise FlowError(
            f"{place(cls, found)} only decides and cannot wait: make it an @effect, or not async",
            place=(found.__code__.co_filename, found.__code__.co_firstlineno),
        )
    try:
        inspect.signature(found).bind(None, None)
    except TypeError as error:
        raise FlowError(
            f"{place(cls, found)} is called with a turn: write `def {name}(self, turn)`"
        ) from error
    return found


def place(cls: type, function: Callable[..., Any]) -> str:
    """A method and where it is written."""
    code = inspect.unwrap(function).__code__
    return f"{cls.__name__}.{function.__name__} ({code.co_filename.rpartition('/')[2]}:{code.co_firstlineno})"
