"""Teams: the tree of those whom channels belong to, each with its country, its settings and since when it is active."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from state.model.team import Team
from state.statements import Query, Row, insert, update
from state.tables import team
from state.writer import Op

_C = team.c
LIST = Query(
    sa.select(
        _C.id, _C.name, _C.parent, _C.country, _C.settings, _C.created_at, _C.activated_at
    ).order_by(_C.created_at, _C.id),
    "",
)  # fmt: skip
"""All teams, the oldest first: rows for `read_row`."""
_NEW = insert(team, "id name parent country settings created_at activated_at")
_FIRST = insert(team, "id name created_at", ignore=True)
_CHANGE = update(team, "name parent country settings activated_at", "id")
_encode = msgspec.json.Encoder().encode


class Exists(Exception):
    """There is a team of that name already."""


def read_row(row: Row) -> Team:
    """A team from its row."""
    settings = msgspec.json.decode(row[4]) if row[4] else {}
    return Team(
        id=row[0], name=row[1], parent=row[2] or "", country=row[3], settings=settings, created_at=row[5],
        active_since=row[6] or 0,
    )  # fmt: skip


def by_id(rows: Sequence[Row]) -> Mapping[str, Team]:
    """Rows of LIST as teams, by id."""
    return {row[0]: read_row(row) for row in rows}


def everyone() -> Op[Mapping[str, Team]]:
    """All teams, as part of an operation."""
    (rows,) = yield [(LIST, ())]
    return by_id(rows)


def add(new: Team) -> Op[None]:
    """Store a new team; raises Exists."""
    if new.id in (yield from everyone()):
        raise Exists(new.id)
    values = _values(new)
    yield [(_NEW, (new.id, *values[:4], new.created_at, values[4]))]


def ensure(new: Team) -> Op[None]:
    """Store a team unless there is one of its id, also where another node does so at the same time."""
    yield [(_FIRST, (new.id, new.name, new.created_at))]


def change(changed: Team) -> Op[None]:
    """Put a team in place of the one of its id."""
    yield [(_CHANGE, (*_values(changed), changed.id))]


def _values(each: Team) -> Row:
    settings = _encode(each.settings).decode()
    return each.name, each.parent or None, each.country, settings, each.active_since or None
