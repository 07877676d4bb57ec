"""Channels: connected accounts, their sealed credentials and their last error; and the teams they belong to."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state.statements import Query, Row, Write, delete, insert, update
from state.tables import channel, team, token
from state.terms import NONE
from state.writer import Op

_C = channel.c
_LIST = Query(
    sa.select(
        _C.id, _C.type, _C.team, _C.account, _C.settings, _C.sealed, _C.simulated, _C.flow, _C.created_at,
        _C.last_error, _C.last_error_at,
    ).where(_C.removed_at.is_(None)).order_by(_C.created_at, _C.id),
    "",
)  # fmt: skip
LIST = _LIST
"""All channels that are not removed."""
_FIND = Query(sa.select(_C.id).where(_C.id == sa.bindparam("id", type_=_C.id.type)), "id")
_NEW = insert(channel, "id type team account settings sealed simulated flow created_at")
_CHANGE = update(channel, "account settings sealed flow last_error", "id")
_GONE = update(channel, "removed_at", "id")
_ERROR = update(channel, "last_error last_error_at", "id")
_NO_TOKEN = delete(token, "channel")
_TEAM = insert(team, "id name created_at", ignore=True)
_REPLACE = Write(
    sa.update(channel)
    .values(
        {
            name: sa.bindparam(name, type_=_C[name].type)
            for name in ("type", "team", "account", "settings", "sealed", "simulated", "flow", "created_at")
        }
        | {"removed_at": sa.null(), "last_error": sa.literal_column("''")}
    )
    .where(_C.id == sa.bindparam("k_id", type_=_C.id.type), _C.removed_at.is_not(None)),
    "type team account settings sealed simulated flow created_at k_id",
)


class Record(NamedTuple):
    """A channel as stored: settings are JSON, credentials sealed."""

    id: str
    type: str
    team: str
    account: str
    settings: str
    sealed: bytes
    simulated: bool
    flow: str
    created_at: int
    last_error: str = ""
    last_error_at: int | None = None

    def public(self) -> dict[str, str]:
        """The settings that are no secrets."""
        return msgspec.json.decode(self.settings, type=dict[str, str])


class Exists(Exception):
    """There is a channel of that name already."""


class Connected(Exception):
    """The account at the provider is another channel's, which is named."""


def _alone(record: Record, live: Sequence[Row]) -> None:
    """Raise Connected where another channel has the account: what the provider says of it has one reader."""
    for other in (Record(*row) for row in live):
        same = (other.type, other.account) == (record.type, record.account)
        if record.account and same and other.id != record.id:
            raise Connected(other.id)


def add(record: Record) -> Op[None]:
    """Store a new channel; the name of a removed one may be used again. Raises Exists and Connected."""
    (live,) = yield [(_LIST, ())]
    if any(row[0] == record.id for row in live):
        raise Exists(record.id)
    _alone(record, live)
    (old,) = yield [(_FIND, (record.id,))]
    values = record[1:9]
    yield [(_TEAM, (record.team, record.team, record.created_at))]
    yield [(_NO_TOKEN, (record.id,)), (NONE, (record.id,))]
    yield [(_REPLACE, (*values, record.id)) if old else (_NEW, (record.id, *values))]


def change(record: Record) -> Op[None]:
    """Put settings, credentials, account and flow in place of those a channel has; its tokens are asked for anew.

    Raises Connected.
    """
    (live,) = yield [(_LIST, ())]
    _alone(record, live)
    yield [(_CHANGE, (record.account, record.settings, record.sealed, record.flow, "", record.id))]
    yield [(_NO_TOKEN, (record.id,))]


def remove(channel_id: str, at: int) -> Op[bool]:
    """Take a channel out of use (its messages stay); says whether there was one."""
    (live,) = yield [(_LIST, ())]
    yield [(_GONE, (at, channel_id))]
    return any(row[0] == channel_id for row in live)


def failed(channel_id: str, error: str, at: int) -> Op[None]:
    """Note the last error of a channel (milliseconds, UTC)."""
    yield [(_ERROR, (error, at, channel_id))]
