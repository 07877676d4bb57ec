"""Requests as they are written, and answers that come in other ways than whole and at once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.wire import Blocked, Wire
from state.model.wire import Call
from tests.gateway.sockets import Talk, answers, serving


@pytest.fixture
async def client() -> AsyncIterator[Wire]:
    client = Wire(allow_private=True)
    yield client
    await client.close()


def call(url: str, method: str = "POST", body: bytes = b"hello", **more: Any) -> Call:
    return Call("send", method, url, body=b"" if method == "GET" else body, timeout=5.0, **more)


async def test_headers_that_are_given_stand_for_those_the_client_has_itself(client: Wire) -> None:
    headers = {
        "user-agent": "mine",
        "HOST": "other.example",
        "Content-Length": "1",
        "Transfer-Encoding": "chunked",
    }
    with serving(answers()) as server:
        await client.perform(call(server.url, headers=headers))
    head = server.heard[0].partition(b"\r\n\r\n")[0]
    assert sorted(head.split(b"\r\n")[1:]) == [
        b"Accept-Encoding: identity", b"Accept: */*", b"Content-Length: 5",
        b"Content-Type: application/octet-stream", b"Host: other.example", b"user-agent: mine",
    ]  # fmt: skip


async def test_credentials_of_a_url_go_in_the_header_and_only_there(client: Wire) -> None:
    with serving(answers()) as server:
        url = server.url.replace("//", "//me:p%40ss@")
        await client.perform(call(url))
        with pytest.raises(Blocked, match="credentials"):
            await client.perform(call(url, headers={"Authorization": "Bearer planted"}))
    assert b"\r\nAuthorization: Basic bWU6cEBzcw==\r\n" in server.heard[0]
    assert (len(server.heard), b"ss@" in server.heard[0]) == (1, False)


@pytest.mark.parametrize(
    ("method", "body", "length"), [("GET", b"", None), ("DELETE", b"", 0), ("POST", b"", 0), ("PUT", b"x", 1)]
)
async def test_a_length_is_told_where_a_body_may_be(
    client: Wire, method: str, body: bytes, length: int | None
) -> None:
    with serving(answers()) as server:
        await client.perform(call(server.url, method, body))
    head = server.heard[0]
    assert (f"\r\nContent-Length: {length}\r\n".encode() in head) is (length is not None)
    assert (b"Content-Length" in head) is (length is not None)


async def test_what_comes_before_the_answer_is_passed_over(client: Wire) -> None:
    def act(talk: Talk) -> None:
        talk.hear()
        talk.connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        talk.say(200, b"the answer")

    with serving(act) as server:
        assert (await client.perform(call(server.url))).body == b"the answer"


async def test_a_connection_that_answered_before_it_had_the_whole_body_is_not_used_again(
    client: Wire,
) -> None:
    def act(talk: Talk) -> None:
        talk.connection.recv(100)
        talk.say(413, b"too large")
        talk.server.over.wait()

    with serving(act, answers(200, b"second")) as server:
        refused = await client.perform(call(server.url, body=b"x" * 50_000_000))
        reply = await client.perform(call(server.url))
    assert (refused.status, reply.body, server.connections) == (413, b"second", 2)


@pytest.mark.parametrize("value", ["1\0", "1\n2", "1\r2"])
async def test_a_header_with_a_break_in_it_is_blocked(client: Wire, value: str) -> None:
    with serving(answers()) as server, pytest.raises(Blocked):
        await client.perform(call(server.url, headers={"X-A": value}))
    assert server.heard == []
