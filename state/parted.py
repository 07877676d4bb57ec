"""What suspensions of contacts hold, when a merge is taken back: of each of the two only what is its own."""

from collections.abc import Sequence, Set

import sqlalchemy as sa

from state import fences, merges
from state.model.ids import lane_of_id
from state.statements import Query, Row, Statement, Write
from state.tables import Id, Lane, conversation, outbox
from state.writer import Op

_O = outbox.c
_HELD = Query(
    sa.select(_O.id, _O.lane, _O.held_by)
    .select_from(outbox)
    .join(conversation, sa.and_(conversation.c.id == _O.conversation, conversation.c.lane == _O.lane))
    .where(
        conversation.c.contact == sa.bindparam("contact", type_=Id),
        conversation.c.lane == sa.bindparam("lane", type_=Lane),
        _O.state == sa.literal_column("'held'"),
    ),
    "contact lane",
)
_FREE = Write(
    sa.update(outbox)
    .values(held_by=sa.bindparam("by", type_=sa.Text))
    .where(
        _O.id == sa.bindparam("k_id", type_=Id),
        _O.lane == sa.bindparam("k_lane", type_=Lane),
        _O.held_by == sa.bindparam("before", type_=sa.Text),
    ),
    "by k_id k_lane before",
    "k_id k_lane",
)


def asks(winner: str, loser: str) -> Op[list[tuple[Statement, Row]]]:
    """The statements after which what one of the two is suspended for holds nothing of the other any more.

    What other suspensions hold stays theirs until their lift. Ask before the merge is taken back.
    """
    people = yield from merges.families([winner])
    going = yield from merges.members(loser)
    staying = [each for each in people[winner] if each not in going]
    made = yield from fences.active()
    found: list[tuple[Statement, Row]] = []
    for those, others in ((staying, going), (going, staying)):
        ended = {each.id for each in made if each.scope.contact in others}
        found += (yield from _freed(those, ended)) if ended else []
    return found


def _freed(contacts: Sequence[str], ended: Set[str]) -> Op[list[tuple[Statement, Row]]]:
    answers = yield [(_HELD, (each, lane_of_id(each))) for each in contacts]
    return [
        (_FREE, (" ".join(each for each in by.split() if each not in ended), row, lane, by))
        for rows in answers
        for row, lane, by in rows
        if not ended.isdisjoint(by.split())
    ]
