"""What is kept about what happened: the audit, and the signs that a channel's terms are at stake."""

from datetime import datetime
from typing import Any

import msgspec

from gateway.api import cursors
from gateway.api.endpoint import Answer, Call, Paged
from gateway.api.views import time_of
from gateway.logs import redactor
from state import listings
from state.statements import Query, Row


class AuditEntry(Answer, frozen=True, kw_only=True):
    """Who did what to what, when and why; `body` holds what it was about."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    reason: str
    body: dict[str, Any]


class Audit(Answer, frozen=True, kw_only=True):
    """A page of the audit, the newest first."""

    items: tuple[AuditEntry, ...]
    next: str | None


class SignalView(Answer, frozen=True, kw_only=True):
    """A provider's notice or a telling fault: `action` is what it asks for, `evidence` the event as it came."""

    id: str
    at: datetime
    channel: str
    action: str
    code: str
    evidence: dict[str, Any]


class Signals(Answer, frozen=True, kw_only=True):
    """A page of signals, the newest first."""

    items: tuple[SignalView, ...]
    next: str | None


async def audit(call: Call[Paged, None]) -> Audit:
    """A page of the audit."""
    rows, more = await _page(call, listings.AUDIT)
    return Audit(items=tuple(map(_entry, rows)), next=more)


async def signals(call: Call[Paged, None]) -> Signals:
    """A page of the signals of all channels."""
    rows, more = await _page(call, listings.SIGNALS)
    return Signals(items=tuple(map(_signal, rows)), next=more)


async def _page(call: Call[Paged, None], query: Query) -> tuple[tuple[Row, ...], str | None]:
    limit, before = call.query.limit, cursors.read(call.query.cursor)
    rows = await call.gateway.store.read(query, before, limit + 1)
    return cursors.page(rows, [row[0] for row in rows], limit)


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row[0], at=time_of(row[0]), actor=row[1], action=row[2], subject=row[3], reason=row[4],
        body=hidden(msgspec.json.decode(row[5])),
    )  # fmt: skip


def _signal(row: Row) -> SignalView:
    return SignalView(
        id=row[0], at=time_of(row[0]), channel=row[1], action=row[2], code=row[3],
        evidence=hidden(msgspec.json.decode(row[4])),
    )  # fmt: skip


def hidden(value: Any) -> Any:
    """JSON whose texts hold no credentials."""
    if isinstance(value, dict):
        return {name: hidden(each) for name, each in value.items()}
    if isinstance(value, list):
        return [hidden(each) for each in value]
    return redactor.hide(value) if isinstance(value, str) else value
