"""One request and its answer, one layer below aiohttp's session, which costs three times as much and does more.

Of aiohttp are the pool of connections (with the look-up of names, TLS, the trying of several addresses) and the parser
of answers. Redirects, cookies and second tries are not for here: what is asked for is sent once, or not at all.
"""

import asyncio
import select
import socket
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import cast

import aiohttp
from aiohttp import ClientRequest, ClientTimeout, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import AddrInfoType, Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage, StreamWriter
from aiohttp.streams import EofStream
from aiohttp.tracing import Trace
from yarl import URL

from state.model.wire import Call, Reply

IDLE_SECONDS = 4.0
"""How long an unused connection is kept; many servers close theirs after 5."""
CONNECT_SECONDS = 10.0
BROKEN = (aiohttp.ClientError, HttpProcessingError, EofStream, OSError)
"""What is raised where a connection or an answer is not as it should be."""
_PIECE = 1 << 18
_ONE_PIECE = 1 << 20
_BUFFER = 1 << 16
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


class Overlong(Exception):
    """The answer has more bytes than are allowed."""


class RoundTrip:
    """One call on its way; `left` says whether a byte of it can have left."""

    __slots__ = ("_call", "_headers", "_late", "_may_leave", "_url", "left")

    def __init__(
        self, call: Call, url: URL, headers: Mapping[str, str], may_leave: Callable[[], None]
    ) -> None:
        self._call, self._url, self._headers, self._may_leave = call, url, headers, may_leave
        self.left = self._late = False

    async def make(self, connections: "Connections", seconds: float) -> Reply:
        """Send the request, read its answer; raises one of BROKEN, ValueError, Overlong, or what `may_leave` does."""
        head, loop = written(self._call, self._url, self._headers), asyncio.get_running_loop()
        ends = loop.time() + seconds
        connection = await connections.lend(self._url, seconds)
        alarm = loop.call_at(ends, self._cut, connection)
        try:
            reply = await self._over(connection, head)
            if self._late:  # the end of a body that tells no length was our own doing
                raise TimeoutError
        except BaseException as error:
            connection.close()
            if self._late and isinstance(error, BROKEN):
                raise TimeoutError(f"there was no whole answer within {seconds:g} seconds") from error
            raise
        finally:
            alarm.cancel()
        connection.release()
        return reply

    def _cut(self, connection: Connection) -> None:
        """The time is over: end the connection, which ends what waits for it, at a fifth of the cost of a timeout."""
        self._late = True
        if connection.transport is not None:
            connection.transport.abort()

    async def _over(self, connection: Connection, head: bytes) -> Reply:
        protocol, transport, body = connection.protocol, connection.transport, self._call.body
        if protocol is None or transport is None or transport.is_closing():
            raise aiohttp.ClientConnectionResetError("the connection was lost")
        protocol.set_response_params(
            skip_payload=self._call.method == "HEAD", read_until_eof=True, read_bufsize=_BUFFER
        )
        self._may_leave()
        self.left = True
        if len(body) <= _ONE_PIECE:
            transport.write(head + body)
            return await self._answer(protocol)
        writing = asyncio.create_task(_write(protocol, head, body))
        try:
            return await self._answer(protocol)
        finally:
            if not writing.done():  # what is left must not come before the next request
                writing.cancel()
                protocol.force_close()
                protocol.abort()

    async def _answer(self, protocol: ResponseHandler) -> Reply:
        message, payload = await protocol.read()
        while 100 <= message.code < 200 and message.code != 101:
            message, payload = await protocol.read()
        body = await _body(message, payload, self._call.limit)
        return Reply(message.code, {name.lower(): value for name, value in message.headers.items()}, body)


async def _write(protocol: ResponseHandler, head: bytes, body: bytes) -> None:
    """Write a long body in pieces, so that it does not hold up the loop; who waits is told of what breaks."""
    writer = StreamWriter(protocol, asyncio.get_running_loop())
    try:
        await writer.write(head)
        for start in range(0, len(body), _PIECE):
            await writer.write(body[start : start + _PIECE])
    except (OSError, aiohttp.ClientError) as error:
        protocol.set_exception(error)


async def _body(message: RawResponseMessage, payload: StreamReader, limit: int) -> bytes:
    """The answer's body, unpacked; raises Overlong."""
    told = message.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit:
        raise _overlong(message, limit)
    if payload.is_eof() and payload.total_bytes <= limit:
        return payload.read_nowait()
    parts, size = [], 0
    async for part in payload.iter_any():
        size += len(part)
        if size > limit:
            raise _overlong(message, limit)
        parts.append(part)
    return b"".join(parts)


def _overlong(message: RawResponseMessage, limit: int) -> Overlong:
    return Overlong(f"answered {message.code} with more than the {limit} bytes allowed")


def written(call: Call, url: URL, headers: Mapping[str, str]) -> bytes:
    """The head of a request; raises ValueError where one of its parts would be more than that."""
    head = _head(call.method, url, tuple(headers.items()))
    if call.body or call.method not in _BODILESS:
        head += f"Content-Length: {len(call.body)}\r\n"
    return f"{head}\r\n".encode()


@lru_cache(maxsize=1024)
def _head(method: str, url: URL, headers: tuple[tuple[str, str], ...]) -> str:
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
    return f"{text}\r\n"


class Connections(aiohttp.TCPConnector):
    """The pool; a kept connection is looked at before it is used again: one the server has closed is thrown away."""

    def __init__(self, limit: int, socket_factory: SocketFactory | None) -> None:
        super().__init__(limit=limit, keepalive_timeout=IDLE_SECONDS, socket_factory=socket_factory)
        self._fresh: set[ResponseHandler] = set()
        self._origins: dict[tuple[str, str | None, int | None], ClientRequest] = {}

    async def lend(self, url: URL, seconds: float) -> Connection:
        """A connection to a URL's origin: a kept one, or a new one within the time; raises one of BROKEN."""
        origin = self._origin(url)
        while True:
            connection = await self.connect(origin, [], _timeout(seconds))
            if connection.protocol in self._fresh or not _readable(connection):
                self._fresh.discard(cast(ResponseHandler, connection.protocol))
                return connection
            connection.close()

    def _origin(self, url: URL) -> ClientRequest:
        """What aiohttp's pool is asked by: a request to the origin, which is never sent."""
        key = (url.scheme, url.raw_host, url.port)
        found = self._origins.get(key)
        if found is None:
            if len(self._origins) >= _MOST_ORIGINS:
                self._origins.clear()
            found = self._origins[key] = ClientRequest("GET", url.origin(), loop=self._loop)
        return found

    async def _create_connection(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109 - theirs
    ) -> ResponseHandler:
        made = await super()._create_connection(req, traces, timeout)
        self._fresh.add(made)
        return made


def _readable(connection: Connection) -> bool:
    """Whether something has arrived where nothing is due: the other end's farewell."""
    if connection.transport is None:
        return True
    poll = select.poll()
    poll.register(connection.transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


@lru_cache(maxsize=64)
def _timeout(seconds: float) -> ClientTimeout:
    return ClientTimeout(total=None, connect=seconds, sock_connect=min(seconds, CONNECT_SECONDS))
