"""Which versions of their terms channels have accepted. A channel that is connected anew begins without any."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from state.consent_tables import acceptance, terms_version
from state.statements import Query, delete, insert
from state.writer import Op, Writes

_C = acceptance.c
_COLUMNS = (_C.channel, _C.version, _C.actor, _C.at)
_NEW = insert(acceptance, "channel version actor at", ignore=True)
OF = Query(
    sa.select(*_COLUMNS)
    .where(_C.channel == sa.bindparam("channel", type_=_C.channel.type))
    .order_by(_C.at, _C.version),
    "channel",
)
"""What a channel has accepted, the oldest first: rows of `Acceptance`."""
LIST = Query(sa.select(*_COLUMNS).order_by(_C.at, _C.channel, _C.version), "")
"""All there are, the oldest first: rows of `Acceptance`."""
STATE = Query(sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(_C.at), 0)), "")
"""What changes when something is accepted."""
_KNOW = insert(terms_version, "version known_at", ignore=True)
KNOWN = Query(sa.select(terms_version.c.version, terms_version.c.known_at), "")
"""Since when a gateway on this database has known each version: version, and when (milliseconds, UTC)."""
NONE = delete(acceptance, "channel")
"""Forget what a channel accepted."""


def know(versions: Collection[str], at: int) -> Writes[None]:
    """Note that these versions are known; those that were known before stay as they are."""
    return Writes([(_KNOW, (each, at)) for each in sorted(versions)], None)


class Acceptance(NamedTuple):
    """That a version of a channel's terms was accepted: by whom, and when (milliseconds, UTC)."""

    channel: str
    version: str
    actor: str
    at: int


def accept(new: Acceptance) -> Op[Acceptance]:
    """Note that a version was accepted; gives what stands, which is the first acceptance where there is one."""
    (known,) = yield [(OF, (new.channel,))]
    for row in known:
        if row[1] == new.version:
            return Acceptance(*row[:4])
    yield [(_NEW, tuple(new))]
    return new
