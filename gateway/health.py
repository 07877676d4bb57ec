"""`/healthz`, `/readyz`, `/metrics`: for those who watch the process."""

import asyncio
from collections.abc import Mapping

import msgspec
from aiohttp import web

from gateway.app import Gateway
from gateway.metrics import CONTENT_TYPE, Labels
from state import deliveries, fences, messages
from state.writer import Unavailable

_PATIENCE = 2.0
"""Seconds the database has to answer."""
_FRESH = {"Cache-Control": "no-store"}


class Health:
    """Answers whether the process lives and may be given work, and what it has counted."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._queued: dict[Labels, float] = {}
        self._undelivered: dict[Labels, float] = {}
        self._waiting, self._database = 0, False
        watch = gateway.metrics.watch
        watch("parley_outbox_rows", "Rows that wait to be sent or run", self._rows, "channel", "state")
        told = "Deliveries to hooks that wait to be told, or told again"
        watch("parley_hook_deliveries_waiting", told, lambda: self._undelivered, "hook")
        watch("parley_inbox_events", "Events that wait for their turn", lambda: self._waiting)
        watch("parley_database_up", "Whether the database answers", lambda: self._database)
        watch(
            "parley_suspensions",
            "Suspensions in force",
            lambda: len({each.id for each in gateway.fence.suspensions}),
        )
        watch("parley_channels_broken", "Channels that cannot work", lambda: len(gateway.channels.broken))
        watch("parley_may_send", "Whether the permit to send holds", lambda: not gateway.fence.lapsed())

    def _rows(self) -> Mapping[Labels, float]:
        return self._queued

    async def alive(self, request: web.Request) -> web.Response:
        """The loop turns: that is all this says."""
        return web.Response(text="ok\n", headers=_FRESH)

    async def ready(self, request: web.Request) -> web.Response:
        """200 where this process may be given traffic, else 503 with the reasons."""
        reasons = await self._reasons()
        body = msgspec.json.encode({"ready": not reasons, "reasons": reasons})
        status = 503 if reasons else 200
        return web.Response(status=status, body=body, content_type="application/json", headers=_FRESH)

    async def _reasons(self) -> list[str]:
        reasons = []
        try:
            await asyncio.wait_for(self._gateway.store.read(fences.ACTIVE), _PATIENCE)
        except (Unavailable, TimeoutError):
            reasons.append("the database does not answer")
        if self._gateway.stopping:
            reasons.append("the process is being stopped")
        if self._gateway.fence.lapsed():
            reasons.append("the permit to send has lapsed: the database takes no writes")
        return reasons

    async def metrics(self, request: web.Request) -> web.Response:
        """All metrics in Prometheus' text format; without a database the queues are told as they were last known."""
        try:
            counting = messages.counts(self._gateway.store, messages.LAST)
            _, queued, self._waiting = await asyncio.wait_for(counting, _PATIENCE)
            rows = await asyncio.wait_for(self._gateway.store.read(deliveries.WAITING), _PATIENCE)
            self._undelivered = {(hook,): count for hook, count in rows}
            self._queued = {(channel, state): count for channel, state, count in queued}
            self._database = True
        except (Unavailable, TimeoutError):
            self._database = False
        body = await asyncio.to_thread(self._gateway.metrics.render)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE, **_FRESH})


def routes(gateway: Gateway, *, demo: bool) -> list[web.RouteDef]:
    """The three routes."""
    health = Health(gateway)
    return [
        web.get("/healthz", health.alive),
        web.get("/readyz", health.ready),
        web.get("/metrics", health.metrics),
    ]
