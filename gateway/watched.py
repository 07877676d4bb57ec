"""What the console shows of signals and of hooks that fail: gathered from what is stored, with no credentials in it."""

from urllib.parse import urlsplit

import msgspec

from admin.pages.pages import SIGNAL_DAYS, SIGNALS, HookRow, SignalRow
from gateway.api.records import hidden
from gateway.logs import redactor
from state import deliveries, hooks, signals
from state.hooks import Hook
from state.model.event import Event, Notice, Receipt
from state.model.exchange import Exchange
from state.model.ids import time_of_id
from state.signals import Sign, floor
from state.store import Store

_EVIDENCE = 600
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encode = msgspec.json.Encoder(order="sorted").encode


async def signals_of(store: Store, channel: str, now: int) -> tuple[SignalRow, ...]:
    """The latest signals of a channel, the newest first: one more than are to be shown, where there are more."""
    since = floor(now - SIGNAL_DAYS * 86_400_000)
    rows = await store.read(signals.SINCE, channel, since, SIGNALS + 1)
    return tuple(_signal(Sign(*row)) for row in rows)


def _signal(sign: Sign) -> SignalRow:
    event = _event.decode(sign.body)
    reason, evidence = "", {}
    if isinstance(event, Notice):
        reason, evidence = event.reason, dict(event.evidence)
    elif isinstance(event, Receipt):
        reason = event.fault.reason if event.fault else ""
        evidence = {"message": event.message_id, "provider_id": event.provider_id, "status": event.status}
    shown = _encode({name: each for name, each in hidden(evidence).items() if each}).decode()
    return SignalRow(
        id=sign.id, at=time_of_id(sign.id), action=sign.action, code=sign.code, reason=redactor.hide(reason),
        evidence=shown[:_EVIDENCE] if evidence else "",
    )  # fmt: skip


async def failing(store: Store) -> tuple[HookRow, ...]:
    """The hooks that are disabled, or whose latest tries have failed."""
    waiting = {row[0]: row[1] for row in await store.read(deliveries.WAITING)}
    last: dict[str, tuple[str, str]] = {}
    for hook, kind, answer in await store.read(deliveries.FAILING):
        last.setdefault(hook, (kind, answer))
    rows = []
    for one in (Hook(*row) for row in await store.read(hooks.ALL)):
        kind, answer = last.get(one.id, ("", ""))
        tried = msgspec.json.decode(answer, type=Exchange) if answer else None
        if one.disabled_at is None and (tried is None or tried.at < one.worked_at):
            continue
        rows.append(
            HookRow(
                id=one.id,
                where=_where(one.url),
                disabled_at=one.disabled_at or 0,
                disabled_for=one.disabled_for,
                failed_at=tried.at if tried else 0,
                failed=f"{kind}: {tried.status or tried.fault}" if tried else "",
                waiting=waiting.get(one.id, 0),
            )
        )
    return tuple(rows)


def _where(url: str) -> str:
    """An address without what may be a credential in it."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return redactor.hide(f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}")
