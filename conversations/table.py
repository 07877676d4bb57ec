"""The table of a flow: one row says what a trigger does in a state."""

from collections.abc import Sequence
from typing import NamedTuple

from state.model.content import Content

STAY = "="
"""As a target: the same state, entered again."""
EVERYWHERE = "*"
"""As a source: every state that is not final."""


class On(NamedTuple):
    """A row: on `trigger` in `source` (a state, several, or "*"), go to `target` (a state, or STAY).

    `when` names a guard that must pass, `do` a method to call, `say` is said after that; then the target is entered.
    """

    trigger: str
    source: str | tuple[str, ...]
    target: str
    when: str = ""
    do: str = ""
    say: str | Content = ""

    def __str__(self) -> str:
        """The row as it was written, so that it can be searched for."""
        named = [f"{name}={value!r}" for name, value in zip(self._fields[3:], self[3:], strict=True) if value]
        return f"On({', '.join([repr(self.trigger), repr(self.source), repr(self.target), *named])})"


def states(table: Sequence[On], start: str, final: Sequence[str]) -> tuple[str, ...]:
    """Every state that the table, `start` or `final` names, in order of appearance."""
    named = [start]
    for row in table:
        named += [state for state in _written(row) if state != EVERYWHERE]
        named += [row.target] if row.target != STAY else []
    return tuple(dict.fromkeys([*named, *final]))


def sources(row: On, named: Sequence[str], final: Sequence[str]) -> tuple[str, ...]:
    """The states a row holds in; "*" stands for all that are not final."""
    if row.source == EVERYWHERE:
        return tuple(state for state in named if state not in final)
    return _written(row)


def _written(row: On) -> tuple[str, ...]:
    return (row.source,) if isinstance(row.source, str) else tuple(row.source)
