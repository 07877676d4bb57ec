"""`/healthz`, `/readyz`, `/metrics`: for those who watch the process."""

import asyncio

import msgspec
from aiohttp import web

from gateway.app import Gateway
from state import fences
from state.writer import Unavailable


def routes(gateway: Gateway, *, demo: bool) -> list[web.RouteDef]:
    """The three routes."""

    async def alive(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(request: web.Request) -> web.Response:
        reasons = await _reasons(gateway)
        body = msgspec.json.encode({"ready": not reasons, "reasons": reasons})
        return web.Response(status=503 if reasons else 200, body=body, content_type="application/json")

    async def metrics(request: web.Request) -> web.Response:
        body = await asyncio.to_thread(gateway.metrics.render)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)]


async def _reasons(gateway: Gateway) -> list[str]:
    """Why this process should get no traffic just now."""
    reasons = []
    try:
        await asyncio.wait_for(gateway.store.read(fences.ACTIVE), 2)
    except (Unavailable, TimeoutError):
        reasons.append("the database does not answer")
    if gateway.fence.lapsed():
        reasons.append("the permit to send has lapsed")
    return reasons
