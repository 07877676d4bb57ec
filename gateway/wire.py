"""The one HTTP client. It says of every call that failed whether a byte of it can have left this machine.

aiohttp sends idempotent requests a second time by itself when a kept-alive connection turns out to be dead. Here nothing
is ever sent twice: a connection is looked at before it is used again, and what breaks after the first byte is CutOff.
"""

import ipaddress
import select
import socket
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import ClientRequest, ClientResponse, ClientTimeout, TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from yarl import URL

from gateway.logs import redactor
from state.model.exchange import Exchange
from state.model.ids import now_ms
from state.model.wire import Call, Reply

if TYPE_CHECKING:
    from aiohttp.client_middlewares import ClientHandlerType
    from aiohttp.tracing import Trace

IDLE_SECONDS = 4.0
"""How long an unused connection is kept: servers often close theirs after 5 seconds."""
CONNECT_SECONDS = 10.0
MOST_CONNECTIONS = 1000
MOST_REDIRECTS = 5
EXCERPT = 500
_IN_ONE_PIECE = 1 << 20


class NoAnswer(Exception):
    """There is no whole answer to a call; the kind of exception says what that means."""


class NeverSent(NoAnswer):
    """Nothing of the call left this machine: it may be made again."""


class CutOff(NoAnswer):
    """The call left, or a part of it, and its answer is missing or not whole: what came of it is unknown."""


class Blocked(NoAnswer):
    """The address is none that calls may reach; nothing was sent."""


class Wire:
    """Makes calls; to be made and closed inside the event loop."""

    def __init__(self, *, allow_private: bool = False, connections: int = MOST_CONNECTIONS) -> None:
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                limit=connections,
                keepalive_timeout=IDLE_SECONDS,
                socket_factory=None if allow_private else _guarded_socket,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            request_class=_Request,
            headers={"User-Agent": "Parley"},
            skip_auto_headers=("Accept-Encoding",),
        )

    async def perform(self, call: Call) -> Reply:
        """Make one call. A GET follows redirects. Raises NeverSent, CutOff or Blocked."""
        url, headers = URL(call.url), call.headers
        for _ in range(MOST_REDIRECTS + 1):
            reply = await self._once(call, url, headers)
            target = reply.headers.get("location")
            if call.method != "GET" or reply.status not in _REDIRECTS or not target:
                return reply
            url, headers = _redirect(url, target, headers)
        raise Blocked(f"{call.name}: more than {MOST_REDIRECTS} redirects")

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
