"""Who somebody is by now: the walk from a contact along its merges, and what of a suspension follows it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import msgspec
import sqlalchemy as sa

from state.model.ids import ID_PATTERN, lane_of_id
from state.model.suspension import Scope, Suspension
from state.statements import Fetch, Query, Statement
from state.store import Store
from state.tables import contact, merge
from state.writer import Op

MOST = 16
"""Merges that are followed one after the other; nobody was merged that often."""
T = TypeVar("T")
_C = contact.c
_WHO = Query(
    sa.select(_C.team, _C.merged_into).where(
        _C.id == sa.bindparam("id", type_=_C.id.type), _C.lane == sa.bindparam("lane", type_=_C.lane.type)
    ),
    "id lane",
)
_LOSERS = Query(
    sa.select(merge.c.loser).where(
        merge.c.winner == sa.bindparam("winner", type_=merge.c.winner.type), merge.c.undone_at.is_(None)
    ),
    "winner",
)
_INTO = Fetch(contact, "merged_into", "id lane")
_LOST = Fetch(merge, "loser undone_at", "winner")


class Person(NamedTuple):
    """Whom a contact was merged into, or the contact itself: the id, its lane and its team."""

    contact: str
    lane: int
    team: str


def follow(contact_id: str) -> Op[Person | None]:
    """Who a contact is by now; None where there is none. It only reads. Raises ValueError for what is no id."""
    for _ in range(MOST):
        lane = lane_of_id(contact_id)
        (rows,) = yield [(_WHO, (contact_id, lane))]
        if not rows:
            return None
        team, following = rows[0]
        if not following:
            return Person(contact_id, lane, team)
        contact_id = following
    return None


def members(contact_id: str) -> Op[list[str]]:
    """A contact and all that are merged into it, one by way of another too."""
    found = [contact_id]
    for each in found:
        (rows,) = yield [(_LOSERS, (each,))]
        found += [row[0] for row in rows if row[0] not in found]
    return found


async def read(store: Store, walk: Op[T]) -> T:
    """Go a walk by plain reads, for those who have a store and write nothing."""
    try:
        asks = next(walk)
        while True:
            asks = walk.send([await store.read(_query(each), *row) for each, row in asks])
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _query(statement: Statement) -> Query:
    assert isinstance(statement, Query)
    return statement


async def found(store: Store, contact_id: str) -> Person | None:
    """Who a contact is by now, by plain reads; raises ValueError for what is no id."""
    return await read(store, follow(contact_id))


def families(contacts: Iterable[str]) -> Op[dict[str, list[str]]]:
    """All who are one person with each of these contacts, itself among them: a statement for each step of the walk."""
    heads = yield from _heads(contacts)
    owner = {head: head for head in heads.values()}
    found = {head: [head] for head in owner}
    fresh = list(owner)
    while fresh:
        rows = yield [(_LOST, (each,)) for each in fresh]
        lost = [
            (owner[each], row[0])
            for each, those in zip(fresh, rows, strict=True)
            for row in those
            if row[1] is None and row[0] not in owner
        ]
        fresh = [loser for _, loser in lost]
        for head, loser in lost:
            owner[loser] = head
            found[head].append(loser)
    return {each: found[head] for each, head in heads.items()}


def _heads(contacts: Iterable[str]) -> Op[dict[str, str]]:
    """Who contacts are by now."""
    now = {each: each for each in contacts}
    for _ in range(MOST):
        asked = sorted(set(now.values()))
        rows = yield [(_INTO, (each, lane_of_id(each))) for each in asked]
        into = {each: row[0][0] for each, row in zip(asked, rows, strict=True) if row and row[0][0]}
        if not into:
            break
        now = {each: into.get(head, head) for each, head in now.items()}
    return now


def following(made: Sequence[Suspension]) -> Op[tuple[Suspension, ...]]:
    """Suspensions, and behind each of a contact the same one of all who are one person with it.

    So a send in a conversation of any of them is covered, whoever its contact was known to be when it was decided.
    """
    named = [each.scope.contact for each in made if ID_PATTERN.fullmatch(each.scope.contact)]
    people = (yield from families(named)) if named else {}
    found: list[Suspension] = []
    for each in made:
        found.append(each)
        for other in people.get(each.scope.contact, ()):
            if other != each.scope.contact:
                scope = msgspec.structs.replace(each.scope, contact=other)
                found.append(msgspec.structs.replace(each, scope=scope))
    return tuple(found)


async def scopes(store: Store, scope: Scope) -> tuple[Scope, ...]:
    """A scope; one of a contact with the same of all who are one person with it."""
    person = await found(store, scope.contact) if ID_PATTERN.fullmatch(scope.contact) else None
    if person is None:
        return (scope,)
    names = await read(store, members(person.contact))
    return tuple(msgspec.structs.replace(scope, contact=each) for each in names)
