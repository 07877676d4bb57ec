"""The HTTP client knows what was never sent, what was cut off, and where calls may not go."""

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ThreadedResolver
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from gateway import wire
from gateway.logs import Redactor
from gateway.wire import Blocked, CutOff, NeverSent, TooLong, Wire, reachable, trace
from state.model.ids import now_ms
from state.model.wire import Call, Reply
from tests.gateway.sockets import (
    Act,
    Talk,
    answers,
    answers_once_and_leaves_when_told,
    closes_after_reading,
    closes_before_reading,
    closes_in_the_body,
    closes_in_the_head,
    drips,
    hangs,
    hangs_in_the_body,
    resets_after_reading,
    serving,
    talks_nonsense,
)


@pytest.fixture
async def client() -> AsyncIterator[Wire]:
    client = Wire(allow_private=True)
    yield client
    await client.close()


def call(url: str, method: str = "POST", body: bytes = b"hello", **more: Any) -> Call:
    return Call("send", method, url, body=b"" if method == "GET" else body, **{"timeout": 5.0, **more})


async def test_a_call_gets_its_answer_with_header_names_in_lower_case(client: Wire) -> None:
    with serving(answers(201, b"made", "X-Trace-Id: A1")) as server:
        reply = await client.perform(call(server.url + "/a?b=c%2F1", headers={"X-Key": "k"}))
    assert (reply.status, reply.body, reply.headers["x-trace-id"]) == (201, b"made", "A1")
    assert server.heard[0].startswith(b"POST /a?b=c%2F1 HTTP/1.1\r\n")
    assert b"\r\nX-Key: k\r\n" in server.heard[0]
    assert server.heard[0].endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize(
    ("path", "sent"),
    [("/a%2fb%7E?q=%41+b;c", "/a%2fb%7E?q=%41+b;c"), ("/caf\xe9 x", "/caf%C3%A9%20x"), ("?a#b", "/?a")],
)
async def test_a_url_is_sent_as_it_was_written(client: Wire, path: str, sent: str) -> None:
    with serving(answers()) as server:
        await client.perform(call(server.url + path))
    assert server.heard[0].startswith(f"POST {sent} HTTP/1.1".encode())


async def test_calls_to_one_host_share_a_connection(client: Wire) -> None:
    with serving(answers()) as server:
        for _ in range(3):
            await client.perform(call(server.url))
    assert server.connections == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "act",
    [
        closes_after_reading,
        resets_after_reading,
        closes_in_the_head,
        closes_in_the_body,
        talks_nonsense,
    ],
)
async def test_what_breaks_after_the_first_byte_is_cut_off_and_not_sent_again(
    client: Wire, act: Act, method: str
) -> None:
    with serving(act) as server:
        with pytest.raises(CutOff):
            await client.perform(call(server.url, method))
        await asyncio.sleep(0.01)
    assert server.connections == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_a_server_that_hangs_up_at_once_is_called_once(client: Wire, method: str) -> None:
    with serving(closes_before_reading) as server:
        with pytest.raises((NeverSent, CutOff)):  # by whether the farewell was seen before the first byte
            await client.perform(call(server.url, method))
        await asyncio.sleep(0.01)
    assert server.connections == 1


def hangs_without_telling_a_length(talk: Talk) -> None:
    talk.hear()
    talk.connection.sendall(b"HTTP/1.1 200 X\r\n\r\nhalf")
    talk.server.over.wait()


@pytest.mark.parametrize("act", [hangs, hangs_in_the_body, hangs_without_telling_a_length, drips])
async def test_an_answer_that_takes_too_long_is_cut_off(client: Wire, act: Act) -> None:
    with serving(act) as server:
        began = time.monotonic()
        with pytest.raises(CutOff, match=r"no whole answer within 0\.1 seconds"):
            await client.perform(call(server.url, timeout=0.1))
        assert time.monotonic() - began < 1


async def test_a_refused_connection_was_never_sent(client: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NeverSent):
        await client.perform(call(f"http://127.0.0.1:{port}"))


async def test_a_name_nobody_knows_was_never_sent(client: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(ThreadedResolver, "resolve", unknown)
    with pytest.raises(NeverSent):
        await client.perform(call("https://nowhere.example"))


async def test_a_failed_tls_handshake_was_never_sent(client: Wire) -> None:
    with serving(closes_before_reading) as server, pytest.raises(NeverSent):
        await client.perform(call(server.url.replace("http:", "https:")))


async def test_waiting_in_vain_for_a_free_connection_was_never_sent() -> None:
    client = Wire(allow_private=True, connections=1)
    with serving(hangs) as server:
        first = asyncio.create_task(client.perform(call(server.url, timeout=0.6)))
        await asyncio.sleep(0.05)
        with pytest.raises(NeverSent):
            await client.perform(call(server.url, timeout=0.1))
        with pytest.raises(CutOff):
            await first
        assert (server.connections, len(server.heard)) == (1, 1)
    await client.close()


async def test_a_closed_client_never_sends() -> None:
    client = Wire(allow_private=True)
    await client.close()
    with serving(answers()) as server, pytest.raises(NeverSent):
        await client.perform(call(server.url))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_the_server_left_while_we_were_busy_is_not_used_again(
    client: Wire, method: str
) -> None:
    with serving(answers_once_and_leaves_when_told, answers(200, b"second")) as server:
        await client.perform(call(server.url, method))
        server.leave.set()
        server.left.wait(1)  # the loop stands still here, as a busy one would
        reply = await client.perform(call(server.url, method))
    assert (reply.body, server.connections, len(server.heard)) == (b"second", 2, 2)


async def test_a_cancelled_call_stays_cancelled(client: Wire) -> None:
    with serving(hangs) as server:
        task = asyncio.create_task(client.perform(call(server.url)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("body", [b"x" * 5000, gzip.compress(b"x" * 5000)], ids=["plain", "packed"])
async def test_an_answer_longer_than_the_limit_is_cut_off(client: Wire, body: bytes) -> None:
    packed = ("Content-Encoding: gzip",) if body[:1] != b"x" else ()
    with serving(answers(200, body, *packed)) as server:
        with pytest.raises(TooLong, match="more than the 4999 bytes allowed"):
            await client.perform(call(server.url, limit=4999))
        assert (await client.perform(call(server.url, limit=5000))).body == b"x" * 5000


async def test_a_long_body_arrives_whole(client: Wire) -> None:
    body = bytes(range(256)) * 12_000
    with serving(answers()) as server:
        await client.perform(call(server.url, body=body))
    assert server.heard[0].partition(b"\r\n\r\n")[2] == body


async def test_a_get_follows_redirects_and_keeps_its_headers_at_the_same_origin(client: Wire) -> None:
    with serving(answers(302, b"", "Location: /b", "Connection: close"), answers(200, b"file")) as server:
        headers = {"Authorization": "Bearer planted"}
        reply = await client.perform(call(server.url + "/a", "GET", headers=headers))
    assert reply.body == b"file"
    assert server.heard[1].startswith(b"GET /b ")
    assert b"Bearer planted" in server.heard[1]


async def test_another_origin_gets_none_of_the_headers(client: Wire) -> None:
    with (
        serving(answers(200, b"file")) as other,
        serving(answers(307, b"", f"Location: {other.url}/x")) as server,
    ):
        reply = await client.perform(call(server.url, "GET", headers={"X-Api-Key": "planted"}))
    assert reply.body == b"file"
    assert b"planted" not in other.heard[0]


async def test_only_a_get_is_redirected(client: Wire) -> None:
    with serving(answers(307, b"", "Location: /b")) as server:
        reply = await client.perform(call(server.url))
    assert (reply.status, len(server.heard)) == (307, 1)


async def test_redirects_come_to_an_end(client: Wire) -> None:
    with (
        serving(answers(302, b"", "Location: /again")) as server,
        pytest.raises(Blocked, match="more than 5 redirects"),
    ):
        await client.perform(call(server.url, "GET"))
    assert len(server.heard) == 6


async def test_redirects_share_one_time_limit(client: Wire) -> None:
    with serving(answers(302, b"", "Location: /again", "Connection: close"), hangs) as server:
        began = time.monotonic()
        with pytest.raises(CutOff):
            await client.perform(call(server.url, "GET", timeout=0.2))
        assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "location", ["ftp://files.example/x", "http://[", "javascript:alert(1)", "http:///x"]
)
async def test_a_redirect_to_something_else_than_the_web_is_blocked(client: Wire, location: str) -> None:
    with serving(answers(302, b"", f"Location: {location}")) as server, pytest.raises(Blocked):
        await client.perform(call(server.url, "GET"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example",
        "file:///etc/passwd",
        "ws://a.example",
        "tcp://a.example",
        "/a",
        "",
        "http://",
        "http://[",
    ],
)
async def test_what_is_no_web_address_is_blocked(client: Wire, url: str) -> None:
    with pytest.raises(Blocked):
        await client.perform(call(url))


async def test_a_header_that_would_smuggle_another_is_blocked(client: Wire) -> None:
    with serving(answers()) as server, pytest.raises(Blocked):
        await client.perform(call(server.url, headers={"X-A": "1\r\nX-B: 2"}))
    assert server.heard == []


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]"),
        *(
            "[2002:7f00:1::]",
            "[::7f00:1]",
            "0.0.0.0",
            "[::]",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
        ),
        *("127.0.0.1.", "localhost.", "１２７.0.0.1"),
    ],
)
async def test_no_way_of_writing_our_own_address_gets_through(host: str) -> None:
    client = Wire()
    with serving(answers()) as server:
        with pytest.raises((Blocked, NeverSent)) as caught:
            await client.perform(call(f"http://{host}:{server.port}/", timeout=2))
        await asyncio.sleep(0.005)
    await client.close()
    assert server.connections == 0
    assert caught.type is Blocked or host.endswith(".")  # such a name may also be unknown


async def test_a_redirect_to_a_private_address_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "reachable", lambda text: text == "127.0.0.1")
    client = Wire()
    with (
        serving(answers(302, b"", "Location: http://127.0.0.2:9/latest/meta-data")) as server,
        pytest.raises(Blocked, match=r"127\.0\.0\.2 is at a private or local address"),
    ):
        await client.perform(call(server.url, "GET"))
    await client.close()


@given(
    text=st.one_of(
        st.text(max_size=30), st.text("htps:/[]@%.0123x#?\\ é", max_size=25).map("http://".__add__)
    )
)
def test_any_text_is_a_web_address_or_blocked(text: str) -> None:
    for read in (wire._address, lambda text: wire._follow(URL("https://a.example"), text, {})[0]):
        try:
            url = read(text)
        except Blocked:
            continue
        assert url.scheme in ("http", "https")
        assert url.host


@pytest.mark.parametrize(
    ("address", "open_"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:4001::1", True),
        ("64:ff9b::808:808", True),
        ("10.1.2.3", False),
        ("172.31.0.1", False),
        ("192.168.1.1", False),
        ("100.100.100.200", False),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("198.19.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("2001:0:7f00:1::", False),
        ("::ffff:0:8.8.8.8", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::808:808", False),
    ],
)
def test_only_public_addresses_may_be_reached(address: str, open_: bool) -> None:
    assert reachable(address) is open_


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Redactor:
    made = Redactor()
    made.learn("planted-value-1")
    monkeypatch.setattr(wire, "redactor", made)
    return made


@pytest.mark.usefixtures("secrets")
def test_a_trace_says_what_passed_without_secrets() -> None:
    asked = Call("send", "POST", "https://a.example/m?access_token=planted&x=planted-value-1", body=b"12345")
    reply = Reply(400, {"content-type": "application/json"}, b'{"error":"planted-value-1 is bad"}')
    made = trace(asked, now_ms() - 20, reply)
    assert made.url == "https://a.example/m?access_token=***&x=***"
    assert made.answer == '{"error":"*** is bad"}'
    assert (made.name, made.method, made.status, made.sent, made.received) == ("send", "POST", 400, 5, 34)
    assert 20 <= made.took_ms < 1000


@pytest.mark.usefixtures("secrets")
def test_a_trace_of_a_call_without_an_answer_says_why() -> None:
    made = trace(Call("send", "POST", "https://a.example"), now_ms(), CutOff("planted-value-1 is gone"))
    assert (made.status, made.fault, made.answer) == (0, "CutOff", "*** is gone")


def test_a_trace_keeps_the_start_of_words_and_nothing_of_a_picture() -> None:
    words = trace(call("https://a.example"), now_ms(), Reply(200, {}, b"x" * 2000))
    picture = trace(
        call("https://a.example"), now_ms(), Reply(200, {"content-type": "image/png"}, b"\x89PNG")
    )
    assert (len(words.answer), picture.answer) == (500, "image/png")
