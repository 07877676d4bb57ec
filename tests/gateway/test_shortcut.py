"""Webhooks by the shortcut are answered as by the router: the same problems, and connections kept or closed alike."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway import problems
from gateway.shortcut import past_the_router, response
from state.model.wire import Answer

SAYS = Answer(202, b"taken", "text/xml")


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server that answers webhooks of the channel `wa` with `SAYS`, and tells by `X-Way` which way they came."""

    async def answer(request: web.Request, channel: str) -> web.StreamResponse:
        if channel != "wa":
            raise problems.Problem("unknown_channel", channel)
        await request.read()
        return response(request, SAYS)

    async def routed(request: web.Request) -> web.StreamResponse:
        await answer(request, request.match_info["channel"])
        return web.Response(status=SAYS.status, headers={"X-Way": "router"})

    app = web.Application(middlewares=[problems.middleware], client_max_size=1000)
    app.router.add_route("*", "/webhooks/{channel}", routed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    runner.server.request_handler = past_the_router(runner.server.request_handler, answer)  # type: ignore[assignment]
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
"""What ends a connection that is kept."""


async def asked(port: int, *requests: bytes) -> bytes:
    """All that the server says to requests that come one behind the other on a connection; the last ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(requests))
    said = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return said


def post(path: str = "/webhooks/wa", *lines: str, version: str = "1.1", body: bytes = b"x") -> bytes:
    head = "\r\n".join((f"POST {path} HTTP/{version}", "Host: a", f"Content-Length: {len(body)}", *lines))
    return head.encode() + b"\r\n\r\n" + body


async def test_an_answer_has_its_status_its_type_its_length_and_a_date(port: int) -> None:
    head, _, body = (await asked(port, post(), LAST)).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[:3] == ["HTTP/1.1 202 Accepted", "Content-Type: text/xml", "Content-Length: 5"]
    assert lines[3].startswith("Date: ")
    assert lines[3].endswith(" GMT")
    assert body.startswith(b"takenHTTP/1.1 404 ")


async def test_a_connection_is_kept_unless_its_client_wants_it_closed(port: int) -> None:
    said = await asked(port, post(), post(), post("/webhooks/wa", "Connection: close"))
    assert said.count(b"HTTP/1.1 202 Accepted") == 3
    assert said.count(b"Connection: close") == 1


async def test_an_old_client_is_answered_in_its_own_version(port: int) -> None:
    assert (await asked(port, post(version="1.0"))).startswith(b"HTTP/1.0 202 Accepted\r\n")


async def test_a_head_is_answered_without_a_body(port: int) -> None:
    said = await asked(port, b"HEAD /webhooks/wa HTTP/1.1\r\nHost: a\r\n\r\n", LAST)
    assert said.startswith(b"HTTP/1.1 202 ")
    assert said.partition(b"\r\n\r\n")[2].startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    ("path", "lines", "routed"),
    [
        ("/webhooks/wa", (), False),
        ("/webhooks/wa?a=b%2F", (), False),
        ("/webhooks/w%61", (), True),
        ("/webhooks/wa", ("Expect: 100-continue",), True),
    ],
)
async def test_what_is_out_of_the_ordinary_goes_by_the_router(
    port: int, path: str, lines: tuple[str, ...], routed: bool
) -> None:
    said = await asked(port, post(path, *lines), LAST)
    assert b"202 Accepted" in said
    assert (b"X-Way: router" in said) is routed


@pytest.mark.parametrize("lines", [(), ("Expect: 100-continue",)], ids=["shortcut", "router"])
@pytest.mark.parametrize(
    ("path", "size", "code"),
    [("/webhooks/none", 1, b"unknown_channel"), ("/webhooks/wa", 1001, b"too_large")],
)
async def test_a_problem_is_the_same_on_both_ways(
    port: int, path: str, size: int, code: bytes, lines: tuple[str, ...]
) -> None:
    said = await asked(port, post(path, *lines, "Connection: close", body=b"x" * size))
    assert b"application/problem+json" in said
    assert code in said
