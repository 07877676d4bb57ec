"""What came in while nobody may answer: stored, not played, and put back in order when somebody may again.

So it is while inbound is suspended, and while a conversation is parked. A turn that finds its conversation so puts its
events on the shelf (`shelve`) instead of playing them; it
has looked for stop words first, since those count all the same. What comes later is taken again, looked at and shelved
too. Events keep their place in the inbox, so they are played in the order in which they came.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from state import consent
from state.lease import updating
from state.model.consent import Consent
from state.statements import Query, Write, update
from state.tables import conversation, inbox
from state.writer import Op

_C = conversation.c
HELD = Query(
    sa.select(_C.id, _C.lane, _C.contact, _C.channel)
    .where(_C.held == sa.literal_column("1"), _C.mode != sa.literal_column("'parked'"))
    .order_by(_C.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "limit",
)
"""Conversations with events on the shelf that are not parked: rows of Shelved."""
_SHELVE = update(inbox, "held", "id lane")
_MARK = updating(conversation, "held lease_until")
_FREE = update(conversation, "held", "id lane")
_BACK = Write(
    sa.update(inbox)
    .values(held=sa.literal_column("0"))
    .where(
        inbox.c.conversation == sa.bindparam("k_conversation", type_=inbox.c.conversation.type),
        inbox.c.lane == sa.bindparam("k_lane", type_=inbox.c.lane.type),
        inbox.c.held == sa.literal_column("1"),
    ),
    "k_conversation k_lane",
    "k_conversation k_lane",
)


class Shelved(NamedTuple):
    """A conversation with events on the shelf."""

    id: str
    lane: int
    contact: str
    channel: str


class Shelf(NamedTuple):
    """A conversation as its turn took it, and the ids of the events to put away."""

    id: str
    lane: int
    epoch: int
    events: tuple[str, ...]


def shelve(shelf: Shelf, facts: Sequence[Consent] = ()) -> Op[None]:
    """Put events away and give the conversation back; what they say of consent is noted. Raises LeaseLost."""
    # The contact's row first, as in every turn: who marks a message locks it before the conversation.
    people = consent.lock_asks(*{fact.contact for fact in facts})
    put = [(_SHELVE, (1, event_id, shelf.lane)) for event_id in shelf.events]
    yield [*people, (_MARK, (1, 0, shelf.id, shelf.lane, shelf.epoch)), *put]
    if facts:
        yield from consent.record(facts)


def release(keys: Sequence[tuple[str, int]]) -> Op[None]:
    """Let what these conversations (id and lane) have on the shelf be played."""
    ordered = sorted(keys)
    yield [(_FREE, (0, *key)) for key in ordered]
    yield [(_BACK, key) for key in ordered]
