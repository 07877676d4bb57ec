"""Parts of messages that came over a link, kept until the whole is there: they were acknowledged one by one."""

from collections.abc import Iterable

import sqlalchemy as sa

from state.model.ids import now_ms
from state.statements import Query, delete, insert
from state.tables import link_part
from state.writer import Op

_C = link_part.c
_KEEP = insert(link_part, "channel name raw at", ignore=True)
_RELEASE = delete(link_part, "channel name")
KEPT = Query(
    sa.select(_C.name, _C.raw)
    .where(_C.channel == sa.bindparam("channel", type_=_C.channel.type))
    .order_by(_C.at),
    "channel",
)
"""What is kept of a channel: name and octets, oldest first."""


def change(channel: str, keep: Iterable[tuple[str, bytes]], release: Iterable[str]) -> Op[None]:
    """Keep some parts by their names, and forget others."""
    now = now_ms()
    kept = [(_KEEP, (channel, name, raw, now)) for name, raw in keep]
    gone = [(_RELEASE, (channel, name)) for name in release]
    if kept:
        yield kept
    if gone:
        yield gone
