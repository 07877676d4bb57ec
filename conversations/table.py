"""The table of a flow: one row says what a trigger does in a state."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from conversations.readers import Reader
from conversations.readers import text as words
from state.model.content import Content, Text

STAY = "="
"""As a target: the same state, entered again."""
BACK = "<"
"""As a target: the state before this one, entered again."""
RESTART = "<<"
"""As a target: the beginning, with all fields as they were."""
END = "."
"""As a target: the end of the run."""
MOVES = (STAY, BACK, RESTART, END)
"""The targets that are no states."""
EVERYWHERE = "*"
"""As a source: every state that is not final."""


class On(NamedTuple):
    """A row: on `trigger` in `source` (a state, several, or "*"), go to `target` (a state, or one of the moves).

    `when` names a guard that must pass, `do` a method to call, `say` is said after that; then the target is entered.
    With `after` (seconds) the trigger comes by itself when nothing has happened in the state for so long.
    """

    trigger: str
    source: str | tuple[str, ...]
    target: str
    when: str = ""
    do: str = ""
    say: str | Content = ""
    after: float = 0

    @property
    def event(self) -> str:
        """The trigger as the machine knows it: of a row with `after` that of its timer."""
        return f"timer_{self.trigger}" if self.after else self.trigger

    def __str__(self) -> str:
        """The row as it was written, so that it can be searched for."""
        named = [f"{name}={value!r}" for name, value in zip(self._fields[3:], self[3:], strict=True) if value]
        return f"On({', '.join([repr(self.trigger), repr(self.source), repr(self.target), *named])})"


_WORDS = words()


@dataclass(frozen=True)
class Question:
    """What a state asks: said when it is entered, and read by `reader` (any words); then the trigger is `answered`.

    The value is kept in the field of the state's name, or `field`, where the flow has one. An answer that cannot be
    read is met with `retry`; the `limit`th sets off `not_understood`, and where no row answers that, a person is asked
    for.
    """

    prompt: str | Content
    reader: Reader[Any] = _WORDS
    retry: str = ""
    limit: int = 3
    field: str = ""

    @property
    def shown(self) -> Content:
        """The question as it is said."""
        return self.reader.asked(Text(self.prompt) if isinstance(self.prompt, str) else self.prompt)

    @property
    def content(self) -> tuple[object, ...]:
        """What a flow's version depends on."""
        reader = self.reader
        return (
            self.prompt,
            reader.kind,
            dict(reader.values),
            inspect.getclosurevars(reader.take).nonlocals,
            reader.options,
            self.retry,
            self.limit,
            self.field,
        )


STOPPED = "All right, we stop here."
"""What a customer is told who stops."""
HANDED_OVER = "One moment, a colleague will answer."
"""What a customer is told whom a person answers from now on."""
WAYS_OUT = (
    On("stop", EVERYWHERE, END, say=STOPPED),
    On("restart", EVERYWHERE, RESTART),
    On("back", EVERYWHERE, BACK),
    On("agent", EVERYWHERE, STAY, do="to_person", say=HANDED_OVER),
)
"""Rows for the words that are heard everywhere: `table = (*WAYS_OUT, …)`."""


def states(table: Sequence[On], start: str, final: Sequence[str]) -> tuple[str, ...]:
    """Every state that the table, `start` or `final` names, in order of appearance."""
    named = [start]
    for row in table:
        named += [state for state in _written(row) if state != EVERYWHERE]
        named += [row.target] if row.target not in MOVES else []
    return tuple(dict.fromkeys([*named, *final]))


def sources(row: On, named: Sequence[str], final: Sequence[str]) -> tuple[str, ...]:
    """The states a row holds in; "*" stands for all that are not final."""
    if row.source == EVERYWHERE:
        return tuple(state for state in named if state not in final)
    return _written(row)


def _written(row: On) -> tuple[str, ...]:
    return (row.source,) if isinstance(row.source, str) else tuple(row.source)
