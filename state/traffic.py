"""What our own traffic looks like: counts by channel, hour and kind, added up over the nodes that counted them.

What detectors find in them is kept as a signal, once for each channel, code and hour.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from state.consent_tables import suspension, traffic
from state.inbox import sign_ask
from state.model.address import lane_of
from state.model.event import Notice
from state.statements import Fetch, Now, Query, Write, upsert
from state.tables import Ms, node, signal
from state.writer import Op

HOUR, DAY, WEEK = 3_600_000, 86_400_000, 7 * 86_400_000
"""Milliseconds."""

_C = traffic.c
_SUM = sa.cast(sa.func.sum(_C["count"]), sa.BigInteger)
_CHANNEL = _C.channel == sa.bindparam("channel", type_=_C.channel.type)
_SINCE = _C.hour >= sa.bindparam("since", type_=Ms)
_BEFORE = _C.hour < sa.bindparam("until", type_=Ms)
_DAYS_AGO = (sa.bindparam("until", type_=Ms) - _C.hour - sa.literal_column("1", Ms)) // sa.literal_column(
    str(DAY), Ms
)

_ADD = upsert(
    traffic, "channel hour kind node count", lambda new: {"count": traffic.c["count"] + new["count"]}
)
SPAN = Query(
    sa.select(_C.hour, _C.kind, _SUM).where(_CHANNEL, _SINCE, _BEFORE).group_by(_C.hour, _C.kind),
    "channel since until",
)
"""A channel's counts from an hour to before another (milliseconds, UTC): hour, kind, count over all nodes."""
DAYS = Query(
    sa.select(_DAYS_AGO.label("days"), _SUM)
    .where(_CHANNEL, _SINCE, _BEFORE, _C.kind == sa.bindparam("kind", type_=_C.kind.type))
    .group_by("days"),
    "channel since until kind",
)
"""A channel's counts of a kind by how many times 24 hours they lie before `until`: days, count."""
FIRST = Query(sa.select(sa.func.min(_C.hour)).where(_CHANNEL), "channel")
"""The first hour in which a channel was counted (milliseconds, UTC), or null."""
CHANNELS = Query(sa.select(_C.channel).where(_SINCE).distinct().order_by(_C.channel), "since")
"""The channels with traffic since an hour."""
LATEST = Query(
    sa.select(_C.channel, _C.hour, _C.kind, _SUM)
    .where(_SINCE)
    .group_by(_C.channel, _C.hour, _C.kind)
    .order_by(_C.hour.desc(), _C.channel, _C.kind),
    "since",
)
"""All counts since an hour: channel, hour, kind, count over all nodes; the newest hour first."""
LAST_LIFT = Query(
    sa.select(suspension.c.lifted_at, suspension.c.body)
    .where(
        suspension.c.key == sa.bindparam("key", type_=suspension.c.key.type),
        suspension.c.lifted_at > sa.literal_column("0"),
    )
    .order_by(suspension.c.lifted_at.desc())
    .limit(sa.literal_column("1")),
    "key",
)
"""The suspension of a key that was lifted last, or whose notice was taken back: when (ms, UTC), and its body (JSON)."""
ELDEST = Query(
    sa.select(node.c.id)
    .where(node.c.permit_until > Now())
    .order_by(node.c.started_at, node.c.id)
    .limit(sa.literal_column("1")),
    "",
)
"""The live node that has run for the longest time: it does what one node does for all."""
_FORGET = Write(sa.delete(traffic).where(_C.hour < sa.bindparam("before", type_=Ms)), "before")
_KNOWN = Fetch(signal, "id", "key channel lane")


class Counted(NamedTuple):
    """So many of a kind on a channel."""

    channel: str
    kind: str
    n: int


def hour_of(ms: int) -> int:
    """The hour of a time: both in milliseconds, UTC."""
    return ms - ms % HOUR


def add(node_id: str, hour: int, counted: Sequence[Counted]) -> Op[None]:
    """Add what a node has counted in an hour (its beginning in milliseconds, UTC)."""
    yield [(_ADD, (each.channel, hour, each.kind, node_id, each.n)) for each in counted]


def forget(before: int) -> Op[None]:
    """Delete the counts of the hours before one."""
    yield [(_FORGET, (before,))]


def note(channel_id: str, sign: Notice) -> Op[bool]:
    """Keep what a detector has found; false where it is there already."""
    (rows,) = yield [(_KNOWN, (sign.key, channel_id, lane_of(channel_id)))]
    if rows:
        return False
    yield [sign_ask(channel_id, sign)]
    return True
