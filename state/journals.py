"""The journal of a conversation: its turns as they were played, with what they heard and what they said."""

from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state.model.content import Content
from state.model.event import Event
from state.model.ids import lane_of_id
from state.model.journal import Turn
from state.model.receipts import Fault
from state.statements import Query
from state.store import Store
from state.tables import conversation, event, journal, message

_J = journal.c
_TURNS = Query(
    sa.select(_J.id, _J.body)
    .where(
        _J.conversation == sa.bindparam("conversation", type_=_J.conversation.type),
        _J.lane == sa.bindparam("lane", type_=_J.lane.type),
    )
    .order_by(_J.id),
    "conversation lane",
)

_LAST = Query(
    sa.select(_J.body)
    .where(
        _J.conversation == sa.bindparam("conversation", type_=_J.conversation.type),
        _J.lane == sa.bindparam("lane", type_=_J.lane.type),
    )
    .order_by(_J.id.desc())
    .limit(10),
    "conversation lane",
)
"""The last turns, newest first: after the one that failed there are only moves by hand."""


def _by_id(table: sa.Table, columns: str) -> Query:
    found = sa.select(*(table.c[name] for name in columns.split())).where(
        table.c.id == sa.bindparam("id", type_=table.c.id.type),
        table.c.lane == sa.bindparam("lane", type_=table.c.lane.type),
    )
    return Query(found, "id lane")


_EVENT = _by_id(event, "body")
_SAID = _by_id(message, "content")
_WHO = _by_id(conversation, "contact channel urns")
_turn = msgspec.json.Decoder(Turn)
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_content: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)


class Told(NamedTuple):
    """A turn with its events and its messages; None where they have left by retention."""

    turn: Turn
    events: list[Event] | None
    says: list[Content] | None


class Whose(NamedTuple):
    """Whose conversation it is: the contact, the channel, and the addresses."""

    contact: str
    channel: str
    urns: tuple[str, ...]


async def read(store: Store, conversation_id: str) -> tuple[Whose, list[Told]]:
    """A conversation's turns, oldest first; raises LookupError where there is none, ValueError where it is no id."""
    lane = lane_of_id(conversation_id)
    found = await store.read(_WHO, conversation_id, lane)
    if not found:
        raise LookupError(f"there is no conversation {conversation_id}")
    contact, channel, urns = found[0]
    rows = await store.read(_TURNS, conversation_id, lane)
    told = [await _told(store, _turn.decode(row[1]), lane) for row in rows]
    return Whose(contact, channel, tuple(msgspec.json.decode(urns or "[]"))), told


async def fault(store: Store, conversation_id: str) -> Fault | None:
    """The error that a conversation, which is parked, was parked by; None where the journal holds none any more."""
    rows = await store.read(_LAST, conversation_id, lane_of_id(conversation_id))
    return next((each.fault for row in rows if (each := _turn.decode(row[0])).fault), None)


async def _told(store: Store, turn: Turn, lane: int) -> Told:
    events = [turn.heard.get(each) or await _one(store, each, lane) for each in turn.events]
    says = [await store.read(_SAID, each, lane) for each in turn.replies]
    return Told(
        turn,
        None if None in events else [each for each in events if each],
        [_content.decode(rows[0][0]) for rows in says] if all(says) else None,
    )


async def _one(store: Store, event_id: str, lane: int) -> Event | None:
    rows = await store.read(_EVENT, event_id, lane)
    return _event.decode(rows[0][0]) if rows and rows[0][0] else None
