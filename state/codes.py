"""One-time codes that were used: noted once for each message, by whoever signs people in with them."""

from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state.model import cause
from state.model.ids import lane_of_id
from state.statements import Fetch, Query, update
from state.tables import conversation, message
from state.writer import Op

_M, _T = message.c, conversation.c
_MESSAGE = Fetch(message, "conversation channel direction cause used", "id lane", lock="wait")
_URNS = Query(
    sa.select(_T.urns).where(
        _T.id == sa.bindparam("id", type_=_T.id.type), _T.lane == sa.bindparam("lane", type_=_T.lane.type)
    ),
    "id lane",
)
_USED = update(message, "used", "id lane")
BY_REF = Query(
    sa.select(_M.id)
    .where(
        _M.client_ref == sa.bindparam("ref", type_=_M.client_ref.type),
        _M.client_ref != sa.literal_column("''"),
        _M.direction == sa.literal_column("'out'"),
        sa.or_(
            _M.channel == sa.bindparam("channel", type_=_M.channel.type),
            sa.bindparam("channel", type_=_M.channel.type) == sa.literal_column("''"),
        ),
    )
    .order_by(_M.id.desc())
    .limit(sa.literal_column("1")),
    "ref channel",
)
"""The latest message of a caller's reference, on one channel or (\"\") any: its id."""


class NoMessage(LookupError):
    """There is no such message of ours."""


class NoCode(Exception):
    """The message is none that a one-time code was sent with."""


class Used(NamedTuple):
    """A code that was used: the message, its channel, the customer's addresses, when (ms, UTC), whether just now."""

    message: str
    channel: str
    urns: tuple[str, ...]
    at: int
    first: bool


def used(message_id: str, at: int) -> Op[Used]:
    """Note that the code of a message was used at a time (ms, UTC); the first time stays. Raises NoMessage, NoCode."""
    key = (message_id, lane_of_id(message_id))
    (rows,) = yield [(_MESSAGE, key)]
    if not rows or rows[0][2] != "out":
        raise NoMessage(f"there is no message {message_id} of ours")
    talk, channel, _, why, before = rows[0][:5]
    if cause.read(why).purpose != "one_time_codes":
        raise NoCode(f"message {message_id} has not the purpose one_time_codes")
    (found,) = yield [(_URNS, (talk, key[1]))]
    urns = msgspec.json.decode(found[0][0], type=tuple[str, ...]) if found and found[0][0] else ()
    if not before:
        yield [(_USED, (at, *key))]
    return Used(message_id, channel, urns, before or at, first=not before)
