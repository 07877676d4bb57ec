"""Answers, read as they come over a connection of aiohttp's pool: one at a time, and each as a whole.

aiohttp's own protocol makes a parser, a stream and a queue of each answer; this one keeps its parser (llhttp, as
aiohttp's) and gives what it has read. What is not as it should be ends the connection, and so does what nobody has
asked for: the answer to the next request may not be somebody else's.
"""

import asyncio
import select
import zlib
from typing import Any, cast

from aiohttp import ServerDisconnectedError
from aiohttp.base_protocol import BaseProtocol
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from state.model.wire import Reply

MOST_HEAD = 1 << 16
"""Bytes of an answer's head, with what comes before it (1xx)."""
MOST_HEADERS = 128
_FRAMED = 8
"""Bytes that may come for each byte of a body: a chunk of one byte has six."""
_EITHER, _BARE = 47, -15
"""How zlib is told of what is packed: by a header of gzip or of its own, or by none."""


class Overlong(Exception):
    """The answer has more bytes than are allowed."""


class Garbled(Exception):
    """The answer is none that can be read."""


class _Packed:
    """A body that is packed, against our wish."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._unpacking: Any = None

    def read(self, data: bytes, most: int) -> bytes:
        """What a part of it holds, at most so many bytes; raises Garbled."""
        held = b""
        while data and len(held) < most:  # one may follow the other (RFC 1952, 2.2)
            if self.whole:
                bare = self._kind == "deflate" and data[0] & 15 != 8  # against RFC 9110 (8.4.1.2), but done
                self._unpacking = zlib.decompressobj(_BARE if bare else _EITHER)
            try:
                held += self._unpacking.decompress(data, most - len(held))
            except zlib.error as error:
                raise Garbled(f"the body is not packed as {self._kind}") from error
            data = self._unpacking.unused_data
        return held

    @property
    def whole(self) -> bool:
        """Whether nothing is missing of it."""
        return self._unpacking is None or cast(bool, self._unpacking.eof)


def _packed(kind: str) -> _Packed | None:
    """How to read a body by its `Content-Encoding`; raises Garbled where we cannot."""
    if kind in ("br", "zstd"):
        raise Garbled(f"the body is packed as {kind}")
    return _Packed(kind) if kind in ("gzip", "x-gzip", "deflate") else None


class Answering(BaseProtocol):
    """One connection, as the pool knows it; `ask`, then write the request."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.fresh, self.should_close = True, False
        self._closed: asyncio.Future[None] | None = None
        self._due: asyncio.Future[Reply] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._responses: HttpResponseParser | None = HttpResponseParser(self)
        self._responses.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def ask(self, method: str, limit: int, seconds: float, ends: float) -> "asyncio.Future[Reply]":
        """The answer to the request that is written next: there by `ends` (the loop's time), or TimeoutError.

        It fails with Overlong, Garbled, HttpParserError or OSError as well, or with one of aiohttp's ClientError.
        """
        self.fresh, self._bodiless = False, method == "HEAD"
        self._limit, self._seconds, self._ends = limit, seconds, ends
        self._heading, self._room = True, MOST_HEAD
        if self._alarm is None or ends < self._alarm.when():
            self._wake_at(ends)
        due = self._due = self._loop.create_future()
        return due

    def _wake_at(self, ends: float) -> None:
        """One alarm a connection goes from call to call: to set and to clear it for each costs more than to look."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(ends, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._due is None:
            return
        if self._loop.time() < self._ends:
            self._wake_at(self._ends)
            return
        self.fail(TimeoutError(f"there was no whole answer within {self._seconds:g} seconds"))
        self.abort()

    def stirs(self) -> bool:
        """Whether something has come where nothing is due, as a farewell is, though the loop may not know it yet."""
        return bool(self._poll.poll(0))

    def is_connected(self) -> bool:
        """Whether there is somebody to ask, as far as the loop knows."""
        return self.transport is not None and not self.transport.is_closing()

    @property
    def unsent(self) -> bool:
        """Whether something of the request has not left yet, though there may be an answer."""
        transport = self.transport
        return transport is not None and cast(asyncio.WriteTransport, transport).get_write_buffer_size() > 0

    @property
    def closed(self) -> "asyncio.Future[None] | None":
        """What the pool waits for when it closes; None where the connection is gone already."""
        if self._closed is None and self.transport is not None:
            self._closed = self._loop.create_future()
        return self._closed

    def close(self) -> None:
        """End the connection; who waits for an answer is told when it is gone."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """End the connection and leave unsent what is not sent yet."""
        if self.transport is not None:
            self.transport.abort()

    def fail(self, error: Exception) -> None:
        """There is no whole answer."""
        due, self._due, self.should_close = self._due, None, True
        if due is not None and not due.done():
            due.set_exception(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The pool has connected."""
        super().connection_made(transport)
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is gone; an answer that tells no length of its own ends with it."""
        super().connection_lost(exc)
        if self._due is not None and exc is None and self._endless():
            self._finish()
        words = "the connection was closed before the whole answer was there"
        self.fail(exc if isinstance(exc, OSError) else ServerDisconnectedError(words))
        self._responses = None
        if self._alarm is not None:
            self._alarm.cancel()
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def _endless(self) -> bool:
        """Whether the body is one that ends with the connection."""
        if self._heading:
            return False
        coding = self._headers.get("transfer-encoding", "").lower().rpartition(",")[2].strip()
        return coding != "chunked" and "content-length" not in self._headers

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._due is None or self._responses is None:
            self.close()
            return
        try:
            self._room -= len(data)
            if self._heading and self._room < 0:
                data = self._beyond_the_head(data)
            self._responses.feed_data(data)
            if self._room < 0 and self._due is not None:
                raise self._overlong()
        except HttpParserUpgrade:
            self.should_close = True
        except (HttpParserError, Overlong) as error:
            why = error.__context__
            self.fail(why if isinstance(why, Overlong | Garbled) else error)
            self.close()

    def _beyond_the_head(self, data: bytes) -> bytes:
        """Read the head as far as it may go, and give what is left of the data."""
        assert self._responses is not None
        end = len(data) + self._room
        self._responses.feed_data(data[:end])
        if self._heading:
            raise HttpParserError(f"the head has more than {MOST_HEAD} bytes")
        return data[end:]

    def on_message_begin(self) -> None:
        """The parser sees the first byte of an answer."""
        if self._due is None:
            raise Garbled("there is more than was asked for")
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._size = 0
        self._packed: _Packed | None = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; those behind the body are passed over."""
        if self._heading:
            # It may be kept, and no text that is kept holds surrogates.
            text = value.decode("utf-8", "replace")
            if "\0" in text:
                raise Garbled("a header holds a NUL")
            self._headers[name.decode("utf-8", "replace").lower()] = text.rstrip(" \t")

    def on_headers_complete(self) -> None:
        """The head is whole: of the answer, or of one that comes before it."""
        assert self._responses is not None
        status = self._responses.get_status_code()
        if 100 <= status < 200 and status != 101:
            return
        self._status, self._heading = status, False
        headers = self._headers
        if len(headers) > MOST_HEADERS:
            raise Garbled(f"the head has more than {MOST_HEADERS} headers")
        if self._bodiless:  # the parser waits for a body that never comes
            self._finish()
            self.should_close = True
            return
        told = headers.get("content-length", "")
        if told.isdigit() and int(told) > self._limit:
            raise self._overlong()
        if "content-encoding" in headers:
            self._packed = _packed(headers["content-encoding"].lower())

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        self._room = min(MOST_HEAD, self._room + _FRAMED * len(data))
        if self._packed is not None:
            data = self._packed.read(data, self._limit + 1 - self._size)
        self._size += len(data)
        if self._size > self._limit:
            raise self._overlong()
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """The answer is whole, or one that comes before it."""
        if not self._heading and self._due is not None:
            self._finish()

    def _finish(self) -> None:
        """Give what is read to who waits for it."""
        assert self._responses is not None
        due, self._due = self._due, None
        self.should_close = not self._responses.should_keep_alive()
        if due is None or due.done():
            return
        if self._packed is not None and not self._packed.whole:
            due.set_exception(Garbled("the body ends before what is packed in it does"))
            return
        due.set_result(Reply(self._status, self._headers, b"".join(self._parts)))

    def _overlong(self) -> Overlong:
        return Overlong(f"answered {self._status} with more than the {self._limit} bytes allowed")
