"""Access tokens that run out: one a channel for all nodes, sealed; one node at a time gets a fresh one."""

from typing import Literal, NamedTuple

import sqlalchemy as sa

from state.model.ids import now_ms
from state.statements import Query, insert, update
from state.tables import token
from state.writer import Op

Claim = Literal["ours", "wait", "fresh"]
_C = token.c
LIST = Query(sa.select(_C.channel, _C.sealed, _C.made_at, _C.expires_at), "")
"""All tokens: channel, sealed, when it was made and when it ends (milliseconds, UTC; 0 before the first)."""
_ONE = Query(
    sa.select(_C.made_at, _C.claimed_until)
    .where(_C.channel == sa.bindparam("channel", type_=_C.channel.type))
    .with_for_update(),
    "channel",
)
_NEW = insert(token, "channel sealed made_at expires_at claimed_until", ignore=True)
_CLAIM = update(token, "claimed_until", "channel")
_KEEP = update(token, "sealed made_at expires_at claimed_until", "channel")
_PATIENCE = 30_000
"""Milliseconds a node has to get a fresh token before another may try."""


class Row(NamedTuple):
    """A token as it is kept."""

    channel: str
    sealed: bytes
    made_at: int
    expires_at: int


def claim(channel: str, seen: int) -> Op[Claim]:
    """Ask to be the one that gets a fresh token for the one made at `seen` (0: for the first).

    `ours`: do it, then `keep`; `wait`: another node is at it; `fresh`: it is there already. To be run `alone`.
    """
    now = now_ms()
    yield [(_NEW, (channel, b"", 0, 0, 0))]
    ((made_at, claimed_until),) = (yield [(_ONE, (channel,))])[0]
    if made_at > seen:
        return "fresh"
    if claimed_until > now:
        return "wait"
    yield [(_CLAIM, (now + _PATIENCE, channel))]
    return "ours"


def keep(channel: str, sealed: bytes, seconds: float) -> Op[None]:
    """Keep a fresh token that lasts so many seconds."""
    now = now_ms()
    yield [(_KEEP, (sealed, now, now + int(seconds * 1000), 0, channel))]


def give_up(channel: str, seconds: float) -> Op[None]:
    """No token was got: another try may be made after so many seconds."""
    yield [(_CLAIM, (now_ms() + int(seconds * 1000), channel))]
