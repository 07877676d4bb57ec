"""Licences for content: what a template or a file may be used for until when, and what proves it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from state.consent_tables import licence
from state.model.ids import new_id, now_ms
from state.statements import Fetch, Query, insert, update
from state.writer import Op

_C = licence.c
_NEW = insert(licence, "id team subject body ends_at")
_ONE = Fetch(licence, "team subject body ends_at removed_at", "id")
_REMOVE = update(licence, "removed_at", "id")
LIST = Query(
    sa.select(_C.id, _C.team, _C.subject, _C.body, _C.ends_at)
    .where(_C.removed_at.is_(None))
    .order_by(_C.team, _C.subject, _C.id),
    "",
)
"""All licences that were not removed, also those that ended: rows of `Record`."""


class NoLicence(Exception):
    """There is no such licence, or it was removed already."""


class Record(NamedTuple):
    """A licence as stored: `subject` is `template:NAME` or `media:ID`, `ends_at` in milliseconds, UTC (0: never)."""

    id: str
    team: str
    subject: str
    body: str
    ends_at: int

    @property
    def evidence(self) -> Mapping[str, Any]:
        """What proves it."""
        found: Mapping[str, Any] = msgspec.json.decode(self.body)["evidence"]
        return found


def add(team: str, subject: str, evidence: Mapping[str, Any], ends_at: int) -> Op[Record]:
    """Add a licence; one that ended before stays, as evidence."""
    body = msgspec.json.encode({"evidence": evidence}).decode()
    made = Record(new_id(0), team, subject, body, ends_at)
    yield [(_NEW, made)]
    return made


def remove(licence_id: str) -> Op[Record]:
    """Take a licence out of use; raises NoLicence. Its subject needs none any more where no other is left."""
    (found,) = yield [(_ONE, (licence_id,))]
    if not found or found[0][4] is not None:
        raise NoLicence(licence_id)
    yield [(_REMOVE, (now_ms(), licence_id))]
    return Record(licence_id, *found[0][:4])
