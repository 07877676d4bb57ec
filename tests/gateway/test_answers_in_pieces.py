"""However an answer is cut on its way, it reads the same, and as aiohttp's own client reads it."""

import asyncio
import gzip
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest
from aiohttp import ClientError
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError
from hypothesis import given
from hypothesis import strategies as st

from gateway.answers import Answering
from state.model.wire import Reply


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


class Nowhere(asyncio.Transport):
    """The way to nobody: what comes is told by the test."""

    def __init__(self) -> None:
        self._socket, self._end = socket.socketpair()
        self._closing = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._socket if name == "socket" else default

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    abort = close

    def gone(self) -> None:
        self._socket.close()
        self._end.close()


def ours(loop: asyncio.AbstractEventLoop, method: str, pieces: Sequence[bytes]) -> Reply | None:
    """What our protocol makes of an answer and of the end of the connection."""
    protocol, transport = Answering(loop), Nowhere()
    protocol.connection_made(transport)
    due = protocol.ask(method, 10_000, 5.0, loop.time() + 5)
    for piece in pieces:
        protocol.data_received(piece)
    protocol.connection_lost(None)
    transport.gone()
    return None if due.exception() else due.result()


async def theirs(method: str, data: bytes) -> Reply | None:
    """What aiohttp's client makes of it."""
    protocol, transport = ResponseHandler(asyncio.get_running_loop()), Nowhere()
    protocol.connection_made(transport)
    protocol.set_response_params(skip_payload=method == "HEAD", read_until_eof=True)
    with suppress(ClientError, HttpProcessingError):
        protocol.data_received(data)
        protocol.connection_lost(None)
        message, payload = await protocol.read()
        while 100 <= message.code < 200:
            message, payload = await protocol.read()
        headers = {name.lower(): value for name, value in message.headers.items()}
        transport.gone()
        return Reply(message.code, headers, await payload.read())
    transport.gone()
    return None


def chunked(parts: Sequence[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"


def written(
    method: str, status: int, headers: dict[str, str], parts: list[bytes], form: str, early: bool
) -> tuple[str, bytes]:
    """A request's method, and an answer to it as a server writes it."""
    body = b"".join(parts)
    if form == "packed":
        body = gzip.compress(body, mtime=0)
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    lines += {
        "chunked": ["Transfer-Encoding: chunked"],
        "packed": ["Content-Encoding: gzip", f"Content-Length: {len(body)}"],
        "length": [f"Content-Length: {len(body)}"],
    }.get(form, [])
    head = "\r\n".join([*lines, "", ""]).encode()
    before = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" if early else b""
    whole = b"" if method == "HEAD" else chunked(parts) if form == "chunked" else body
    return method, before + head + whole


NAMES = st.sampled_from(["X-A", "x-b", "Set-Cookie", "Content-Type", "Date"])
VALUES = st.text("abc ,;=é\t'\"", max_size=12)
ANSWERS = st.builds(
    written,
    st.sampled_from(["GET", "POST", "HEAD"]),
    st.sampled_from([200, 201, 302, 400, 404, 429, 500, 503]),
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.lists(st.binary(max_size=40), max_size=3),
    st.sampled_from(["length", "chunked", "packed", "end"]),
    st.booleans(),
)


@given(answer=ANSWERS, cuts=st.lists(st.integers(1, 400), max_size=6))
def test_an_answer_in_pieces_reads_as_the_whole_does(
    loop: asyncio.AbstractEventLoop, answer: tuple[str, bytes], cuts: list[int]
) -> None:
    method, data = answer
    at = sorted({0, *cuts})
    pieces = [data[start:end] for start, end in zip(at, [*at[1:], None], strict=True) if data[start:end]]
    assert b"".join(pieces) == data
    reply = ours(loop, method, pieces)
    assert reply is not None
    assert reply == ours(loop, method, [data])


@given(answer=ANSWERS, length=st.integers(0, 400) | st.none())
def test_an_answer_reads_as_with_aiohttp_whole_or_broken_off(
    loop: asyncio.AbstractEventLoop, answer: tuple[str, bytes], length: int | None
) -> None:
    method, data = answer[0], answer[1][:length]
    assert ours(loop, method, [data]) == loop.run_until_complete(theirs(method, data))
