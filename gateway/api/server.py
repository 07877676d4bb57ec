"""The routes of `/v1`, and the document that describes them."""

from functools import cache, partial

import msgspec
from aiohttp import web

from gateway.api.door import Door
from gateway.api.endpoints import ENDPOINTS
from gateway.api.openapi import document
from gateway.app import Gateway
from gateway.auth import Auth

VERSION = "1"
"""Of the interface, not of the program."""


def routes(gateway: Gateway, *, demo: bool) -> list[web.RouteDef]:
    """A route for each endpoint, and one for the document that describes them."""
    door = Door(gateway, Auth(gateway.store, gateway.settings.seal_key, demo=demo))
    found = [web.route(each.method, each.path, partial(door.handle, each)) for each in ENDPOINTS]
    return [*found, web.get("/v1/openapi.json", _openapi)]


async def _openapi(request: web.Request) -> web.Response:
    return web.Response(body=_described(), content_type="application/json")


@cache
def _described() -> bytes:
    """The document, written when it is first asked for: it takes as long as a fifth of a start."""
    return msgspec.json.encode(document(ENDPOINTS, VERSION))
