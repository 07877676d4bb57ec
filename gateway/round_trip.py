"""One request and its answer, one layer below aiohttp's session, which costs three times as much and does more.

Of aiohttp is the pool of connections (with the look-up of names, TLS, the trying of several addresses). Redirects,
cookies and second tries are not for here: what is asked for is sent once, or not at all.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache, partial
from typing import cast

import aiohttp
from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import AddrInfoType, Connection
from aiohttp.http import StreamWriter
from httptools import HttpParserError
from yarl import URL

from gateway.answers import Answering, Garbled
from state.model.wire import Call, Reply

IDLE_SECONDS = 4.0
"""How long an unused connection is kept; many servers close theirs after 5."""
CONNECT_SECONDS = 10.0
BROKEN = (aiohttp.ClientError, HttpParserError, Garbled, OSError)
"""What is raised where a connection or an answer is not as it should be."""
_PIECE = 1 << 18
_ONE_PIECE = 1 << 20
_MOST_ORIGINS = 1024
_BODILESS = ("GET", "HEAD", "OPTIONS", "TRACE")
_TYPED = ("POST", "PUT", "PATCH")
_ALWAYS = (
    ("user-agent", "User-Agent: Parley"),
    ("accept", "Accept: */*"),
    ("accept-encoding", "Accept-Encoding: identity"),
)
_OURS = frozenset(("host", "content-length", "transfer-encoding"))
"""Headers that the client writes itself, whatever is given."""
SocketFactory = Callable[[AddrInfoType], socket.socket]


class RoundTrip:
    """One call on its way; `left` says whether a byte of it can have left."""

    __slots__ = ("_call", "_headers", "_may_leave", "_url", "left")

    def __init__(
        self, call: Call, url: URL, headers: Mapping[str, str], may_leave: Callable[[], None]
    ) -> None:
        self._call, self._url, self._headers, self._may_leave = call, url, headers, may_leave
        self.left = False

    async def make(self, connections: "Connections", seconds: float) -> Reply:
        """Send the request, read its answer; raises one of BROKEN, ValueError, Overlong, or what `may_leave` does."""
        call = self._call
        head = written(call, self._url, self._headers)
        ends = asyncio.get_running_loop().time() + seconds
        connection = await connections.lend(self._url, seconds)
        try:
            protocol = cast(Answering, connection.protocol)
            if not protocol.is_connected():
                raise aiohttp.ClientConnectionResetError("the connection was lost")
            self._may_leave()
            self.left = True
            answer = protocol.ask(call.method, call.limit, seconds, ends)
            if len(call.body) <= _ONE_PIECE:
                protocol.transport.write(head + call.body)  # type: ignore[union-attr] # it is connected
                reply = await answer
            else:
                reply = await _in_pieces(protocol, head, call.body, answer)
            if protocol.unsent:  # it must not come before the next request
                protocol.abort()
        except BaseException:
            connection.close()
            raise
        connection.release()
        return reply


async def _in_pieces(protocol: Answering, head: bytes, body: bytes, answer: "asyncio.Future[Reply]") -> Reply:
    """Write a long body so that it does not hold up the loop; the answer may come before it is written."""
    writing = asyncio.create_task(_write(protocol, head, body))
    try:
        return await answer
    finally:
        if not writing.done():  # what is left must not come before the next request
            writing.cancel()
            protocol.abort()


async def _write(protocol: Answering, head: bytes, body: bytes) -> None:
    """Write piece by piece; who waits for the answer is told of what breaks."""
    writer = StreamWriter(protocol, asyncio.get_running_loop())
    try:
        await writer.write(head)
        for start in range(0, len(body), _PIECE):
            await writer.write(body[start : start + _PIECE])
    except (OSError, aiohttp.ClientError) as error:
        protocol.fail(error)


def written(call: Call, url: URL, headers: Mapping[str, str]) -> bytes:
    """The head of a request; raises ValueError where one of its parts would be more than that."""
    head = _head(call.method, url, tuple(headers.items()))
    if call.body or call.method not in _BODILESS:
        return b"%bContent-Length: %d\r\n\r\n" % (head, len(call.body))
    return head + b"\r\n"


@lru_cache(maxsize=1024)
def _head(method: str, url: URL, headers: tuple[tuple[str, str], ...]) -> bytes:
    """All of a head but the length: many calls differ in nothing else."""
    given = {name.lower(): value for name, value in headers}
    host = given.get("host", url.host_port_subcomponent)
    lines = [f"{method} {url.raw_path_qs} HTTP/1.1", f"Host: {host}"]
    lines += [line for name, line in _ALWAYS if name not in given]
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _OURS]
    if url.raw_user or url.raw_password:
        if "authorization" in given:
            raise ValueError("credentials are in the URL and in the header Authorization")
        lines.append(f"Authorization: {aiohttp.encode_basic_auth(url.user or '', url.password or '')}")
    if "content-type" not in given and method in _TYPED:
        lines.append("Content-Type: application/octet-stream")
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1 or "\0" in text:
        raise ValueError("a line break or a NUL in a header")
    return f"{text}\r\n".encode()


class Connections(aiohttp.TCPConnector):
    """The pool; a kept connection is looked at before it is used again: one the server has closed is thrown away."""

    def __init__(self, limit: int, socket_factory: SocketFactory | None) -> None:
        super().__init__(limit=limit, keepalive_timeout=IDLE_SECONDS, socket_factory=socket_factory)
        self._factory = cast("partial[ResponseHandler]", partial(Answering, self._loop))
        self._origins: dict[tuple[str, str | None, int | None], _Origin] = {}

    async def lend(self, url: URL, seconds: float) -> Connection:
        """A connection to a URL's origin: a kept one, or a new one within the time; raises one of BROKEN."""
        origin = self._origin(url)
        while True:
            connection = await self._get(origin.connection_key, [])
            if connection is None:
                connection = await self.connect(origin, [], _timeout(seconds))
            protocol = cast(Answering, connection.protocol)
            if protocol.fresh or not protocol.stirs():
                return connection
            connection.close()

    def _origin(self, url: URL) -> "_Origin":
        key = (url.scheme, url.raw_host, url.port)
        found = self._origins.get(key)
        if found is None:
            if len(self._origins) >= _MOST_ORIGINS:
                self._origins.clear()
            found = self._origins[key] = _Origin("GET", url.origin(), loop=self._loop)
        return found


class _Origin(ClientRequest):
    """What aiohttp's pool is asked by: a request to the origin, which is never sent."""

    @cached_property
    def connection_key(self) -> ConnectionKey:
        """By what the pool keeps its connections."""
        return super().connection_key


@lru_cache(maxsize=64)
def _timeout(seconds: float) -> ClientTimeout:
    return ClientTimeout(total=None, connect=seconds, sock_connect=min(seconds, CONNECT_SECONDS))
