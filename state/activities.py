"""Activities: what an app's conversation shows, an append-only log that can be replayed from any place."""

import sqlalchemy as sa

from state.model.ids import lane_of_id, now_ms
from state.statements import Fetch, Query, insert
from state.store import Store
from state.tables import activity, conversation
from state.writer import Op

_C = activity.c
_HELD = Fetch(conversation, "id", "id lane", lock="wait")
_THERE = Fetch(activity, "seq", "conversation key lane")
_LAST = Query(
    sa.select(sa.func.max(_C.seq)).where(
        _C.conversation == sa.bindparam("conversation", type_=_C.conversation.type),
        _C.lane == sa.bindparam("lane", type_=_C.lane.type),
    ),
    "conversation lane",
)
_NEW = insert(activity, "conversation seq lane key body at")
_AFTER = Query(
    sa.select(_C.seq, _C.body)
    .where(
        _C.conversation == sa.bindparam("conversation", type_=_C.conversation.type),
        _C.lane == sa.bindparam("lane", type_=_C.lane.type),
        _C.seq > sa.bindparam("seq", type_=_C.seq.type),
    )
    .order_by(_C.seq)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "conversation lane seq limit",
)


def append(conversation_id: str, key: str, body: str) -> Op[int]:
    """Add an activity (JSON) and give its number; one whose key is there already keeps its number."""
    lane = lane_of_id(conversation_id)
    yield [(_HELD, (conversation_id, lane))]
    there, last = yield [(_THERE, (conversation_id, key, lane)), (_LAST, (conversation_id, lane))]
    if there:
        return int(there[0][0])
    seq = (last[0][0] or 0) + 1
    yield [(_NEW, (conversation_id, seq, lane, key, body, now_ms()))]
    return int(seq)


async def after(store: Store, conversation_id: str, seq: int, limit: int = 100) -> list[tuple[int, str]]:
    """The activities after a number, oldest first: number and JSON."""
    rows = await store.read(_AFTER, conversation_id, lane_of_id(conversation_id), seq, limit)
    return [(row[0], row[1]) for row in rows]
