"""The audit: who did what to what, why, with what before and after."""

from typing import Any

import msgspec
import sqlalchemy as sa

from state.model.ids import new_id
from state.statements import Query, insert
from state.tables import audit
from state.writer import Op

_NEW = insert(audit, "id actor action subject reason body")
LATEST = Query(
    sa.select(audit.c.id, audit.c.actor, audit.c.action, audit.c.subject, audit.c.reason, audit.c.body)
    .order_by(audit.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "limit",
)
"""The latest entries, newest first: id, actor, action, subject, reason, body (JSON)."""


def note(actor: str, action: str, subject: str, reason: str = "", **body: Any) -> Op[str]:
    """Add an entry as part of an operation; gives its id."""
    entry = new_id(0)
    yield [(_NEW, (entry, actor, action, subject, reason, msgspec.json.encode(body).decode()))]
    return entry
