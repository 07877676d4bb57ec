"""Answers as servers give them: in every form, whole or not, and with more than was asked for."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.connector import AddrInfoType

from gateway import outgoing
from gateway.answers import MOST_HEAD
from gateway.round_trip import Connections
from gateway.wire import CutOff, TooLong, Wire, trace
from state.model.wire import Call
from tests.gateway.smsc_server import certificate
from tests.gateway.sockets import Act, Talk, answers, hangs, serving

OK = b"HTTP/1.1 200 OK\r\n"
EARLY = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"
LONG = b"x" * 5000
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
PACKED = gzip.compress(b"hi", mtime=0)


@pytest.fixture
async def client() -> AsyncIterator[Wire]:
    client = Wire(allow_private=True)
    yield client
    await client.close()


def call(url: str, method: str = "POST", **more: Any) -> Call:
    return Call("send", method, url, **{"timeout": 5.0, **more})


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def says(*pieces: bytes, pause: float = 0.0, keeps: bool = True) -> Act:
    """Answer every request with these pieces; one that does not keep the connection ends it after the first."""

    def act(talk: Talk) -> None:
        while talk.hear():
            for piece in pieces:
                talk.connection.sendall(piece)
                time.sleep(pause)
            if not keeps:
                return

    return act


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK + b"Content-Length: 2\r\n\r\nhi", 200, b"hi"),
        (OK + b"Content-Length: 0\r\n\r\n", 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3;a=b\r\n yo\r\n0\r\n\r\n", 200, b"hi yo"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2 \r\nhi\r\n0\r\nX-Late: 1\r\n\r\n", 200, b"hi"),
        (EARLY + OK + b"Content-Length: 2\r\n\r\nhi", 200, b"hi"),
        (OK + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.1 200\nContent-Length: 2\n\nhi", 200, b"hi"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("cut", [0, 1])
async def test_a_whole_answer_leaves_the_connection_for_the_next(
    client: Wire, answer: bytes, status: int, body: bytes, cut: int
) -> None:
    pieces = [answer] if not cut else [answer[:20], answer[20:-1], answer[-1:]]
    with serving(says(*pieces, pause=cut * 0.005)) as server:
        replies = [await client.perform(call(server.url)) for _ in range(3)]
    assert [(each.status, each.body) for each in replies] == [(status, body)] * 3
    assert server.connections == 1
    assert not {"x-late", "a"} & replies[0].headers.keys()


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        OK + b"Content-Length: 2\r\n\r\nhi" + OK + b"Content-Length: 2\r\n\r\nho",
        OK + b"Content-Length: 2\r\n\r\nhi rubbish",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nHTTP",
    ],
)
async def test_a_connection_that_said_more_than_it_should_or_says_farewell_is_not_used_again(
    client: Wire, answer: bytes
) -> None:
    with serving(says(answer)) as server:
        replies = [await client.perform(call(server.url)) for _ in range(3)]
    assert [each.body for each in replies] == [b"hi"] * 3
    assert server.connections == 3


@pytest.mark.parametrize("loop_sees", [True, False])
async def test_what_comes_unasked_is_not_taken_for_the_next_answer(client: Wire, loop_sees: bool) -> None:
    def act(talk: Talk) -> None:
        talk.hear()
        talk.say(200, b"first")
        talk.server.leave.wait()
        talk.say(200, b"nobody's")
        talk.server.left.set()
        talk.server.over.wait()

    with serving(act, answers(200, b"second")) as server:
        first = await client.perform(call(server.url))
        server.leave.set()
        server.left.wait(1)
        if loop_sees:
            await asyncio.sleep(0.02)
        second = await client.perform(call(server.url))
    assert (first.body, second.body, server.connections) == (b"first", b"second", 2)


async def test_a_cancelled_call_s_answer_is_not_given_to_the_next(client: Wire) -> None:
    def slow(talk: Talk) -> None:
        talk.hear()
        talk.server.leave.wait()
        talk.say(200, b"first")

    with serving(slow, answers(200, b"second")) as server:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.perform(call(server.url)), 0.05)
        server.leave.set()
        assert (await client.perform(call(server.url))).body == b"second"


def narrow(info: AddrInfoType) -> socket.socket:
    """A socket that takes little at a time."""
    made = socket.socket(*info[:3])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return made


@pytest.mark.parametrize("size", [1_000_000, 30_000_000])
async def test_a_request_that_was_answered_before_it_has_left_ends_its_connection(size: int) -> None:
    def early(talk: Talk) -> None:
        talk.connection.recv(1000)
        talk.say(413)
        talk.server.over.wait()

    client = Wire(allow_private=True)
    client._connections = Connections(10, narrow)
    with serving(early, answers(200)) as server:
        calls = [call(server.url, body=bytes(length), timeout=1.0) for length in (size, 2)]
        statuses = [(await client.perform(each)).status for each in calls]
    await client.close()
    assert (statuses, server.connections) == ([413, 200], 2)


async def test_the_answer_to_a_head_request_has_no_body_and_may_tell_of_any_length(client: Wire) -> None:
    with serving(says(OK + b"Content-Length: 5000000\r\nETag: a\r\n\r\n")) as server:
        replies = [await client.perform(call(server.url, "HEAD", limit=10)) for _ in range(2)]
    assert [(each.body, each.headers["etag"]) for each in replies] == [(b"", "a")] * 2


async def test_a_switch_of_protocols_is_an_answer_and_the_end_of_the_connection(client: Wire) -> None:
    answer = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
    with serving(says(answer)) as server:
        statuses = [(await client.perform(call(server.url))).status for _ in range(2)]
    assert (statuses, server.connections) == ([101, 101], 2)


@pytest.mark.parametrize("header", [b"A: b", b"Transfer-Encoding: identity"])
async def test_a_body_that_tells_no_length_ends_with_the_connection(client: Wire, header: bytes) -> None:
    with serving(says(OK + header + b"\r\n\r\nha", b"lf", pause=0.01, keeps=False)) as server:
        assert (await client.perform(call(server.url))).body == b"half"


def resets_in_a_body_without_length(talk: Talk) -> None:
    talk.hear()
    talk.connection.sendall(OK + b"\r\nhalf")
    talk.server.leave.wait(0.05)
    talk.reset()


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nhi",
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi",
        OK + b"X-A: 1\0\r\nContent-Length: 2\r\n\r\nhi",
    ],
)
async def test_an_answer_that_is_not_whole_or_not_http_is_cut_off(client: Wire, answer: bytes) -> None:
    with serving(says(answer, keeps=False)) as server, pytest.raises(CutOff):
        await client.perform(call(server.url))
    assert len(server.heard) == 1


async def test_a_body_that_tells_no_length_is_cut_off_where_the_connection_breaks(client: Wire) -> None:
    with serving(resets_in_a_body_without_length) as server, pytest.raises(CutOff):
        await client.perform(call(server.url))


@pytest.mark.parametrize(
    "pieces",
    [
        [OK + b"X-A: " + b"a" * MOST_HEAD + b"\r\nContent-Length: 0\r\n\r\n"],
        [OK + b"X-A: ", *[b"a" * 1000] * 70, b"\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 102 Processing\r\n\r\n" * 3000],
        [OK + b"".join(b"X-%d: 1\r\n" % number for number in range(130)) + b"Content-Length: 0\r\n\r\n"],
    ],
    ids=["in one piece", "in many", "before the answer", "many headers"],
)
async def test_a_head_has_an_end(client: Wire, pieces: list[bytes]) -> None:
    with serving(says(*pieces)) as server, pytest.raises(CutOff, match="the head has more than"):
        await client.perform(call(server.url))


async def test_a_long_body_may_come_with_its_head(client: Wire) -> None:
    body = b"x" * (3 * MOST_HEAD)
    with serving(answers(200, body)) as server:
        assert (await client.perform(call(server.url))).body == body


@pytest.mark.parametrize(
    ("kind", "packed"),
    [
        ("gzip", gzip.compress(LONG, mtime=0)),
        ("GZip", gzip.compress(LONG, mtime=0)),
        ("x-gzip", gzip.compress(LONG, mtime=0)),
        ("deflate", zlib.compress(LONG)),
        ("deflate", zlib.compress(LONG)[2:-4]),
        ("identity", LONG),
    ],
)
async def test_a_body_packed_against_our_wish_is_unpacked(client: Wire, kind: str, packed: bytes) -> None:
    head = OK + f"Content-Encoding: {kind}\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    with serving(says(head + packed[:5], packed[5:], pause=0.005)) as server:
        assert (await client.perform(call(server.url))).body == LONG
        assert (await client.perform(call(server.url, "HEAD"))).body == b""


@pytest.mark.parametrize(
    ("kind", "packed"),
    [
        ("gzip", gzip.compress(LONG, mtime=0)[:-9]),
        ("gzip", LONG),
        ("deflate", LONG),
        ("br", LONG),
        ("zstd", LONG),
    ],
)
async def test_a_body_that_cannot_be_unpacked_is_cut_off(client: Wire, kind: str, packed: bytes) -> None:
    with serving(answers(200, packed, f"Content-Encoding: {kind}")) as server, pytest.raises(CutOff):
        await client.perform(call(server.url))


async def test_what_is_packed_small_may_not_be_unpacked_to_more_than_the_limit(client: Wire) -> None:
    packed = gzip.compress(bytes(50_000_000), mtime=0)
    with serving(answers(200, packed, "Content-Encoding: gzip")) as server, pytest.raises(TooLong):
        await client.perform(call(server.url, limit=100_000))


async def test_what_is_packed_in_several_members_is_unpacked_whole(client: Wire) -> None:
    packed = gzip.compress(b"first ", mtime=0) + gzip.compress(b"second", mtime=0)
    head = OK + f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    with serving(says(head + packed[:30], packed[30:], pause=0.005)) as server:
        assert (await client.perform(call(server.url))).body == b"first second"


@pytest.mark.parametrize(
    ("before", "word", "why"),
    [
        (CHUNKED + b"\r\n2\r\nhi\r\n0\r\nX: ", b"a" * 1000, "more than the 100 bytes"),
        (CHUNKED + b"\r\n2\r\nhi\r\n0\r\n", b"X: a\r\n" * 100, "more than the 100 bytes"),
        (CHUNKED + b"\r\n2;a=", b"a" * 1000, "more than the 100 bytes"),
        (
            CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + chunk(PACKED),
            chunk(b"a" * 1000),
            "not packed as gzip",
        ),
    ],
    ids=["a trailer", "trailers", "a chunk's extension", "behind what is packed"],
)
async def test_what_is_no_body_has_an_end_too(client: Wire, before: bytes, word: bytes, why: str) -> None:
    with serving(says(before, *[word] * 200)) as server, pytest.raises(CutOff, match=why):
        await client.perform(call(server.url, limit=100))


async def test_a_body_in_chunks_of_a_byte_may_be_long(client: Wire) -> None:
    answer = CHUNKED + b"\r\n" + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n"
    with serving(says(answer)) as server:
        replies = [await client.perform(call(server.url, limit=50_000)) for _ in range(2)]
    assert [len(each.body) for each in replies] == [50_000] * 2


async def test_a_header_that_is_no_utf_8_can_be_kept(client: Wire) -> None:
    answer = OK + b"Content-Type: image/\xff\r\nContent-Length: 2\r\n\r\nhi"
    with serving(says(answer)) as server:
        reply = await client.perform(call(server.url))
    assert "image/\ufffd" in outgoing.trace([trace(call("http://a/"), 0, reply)])


async def test_closing_the_client_ends_the_calls_under_way() -> None:
    client = Wire(allow_private=True)
    with serving(hangs) as server:
        under_way = asyncio.create_task(client.perform(call(server.url)))
        await asyncio.sleep(0.05)
        await client.close()
        with pytest.raises(CutOff, match="the connection was closed"):
            await asyncio.wait_for(under_way, 1)


async def test_each_call_over_a_connection_has_its_own_time(client: Wire) -> None:
    def act(talk: Talk) -> None:
        for pause in (0.0, 0.2, 0.0, 10.0):
            talk.hear()
            talk.server.over.wait(pause)
            talk.say(200, b"%.1f" % pause)

    with serving(act) as server:
        times = (0.1, 5.0, 5.0)  # what was set for the first call rings in the second
        bodies = [(await client.perform(call(server.url, timeout=each))).body for each in times]
        with pytest.raises(CutOff, match=r"no whole answer within 0\.1 seconds"):
            await client.perform(call(server.url, timeout=0.1))
    assert (bodies, server.connections) == ([b"0.0", b"0.2", b"0.0"], 1)


async def test_calls_over_tls_share_a_connection_too(
    client: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(OK + b"Content-Length: 2\r\n\r\nhi")

    authority, context = certificate(tmp_path)
    trusting = ssl.create_default_context(cadata=authority)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert [(await client.perform(call(url))).body for _ in range(3)] == [b"hi"] * 3
        await client.close()
    assert len(connections) == 1
