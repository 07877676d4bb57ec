"""Errors over HTTP have one shape, a stable code, and never show what went wrong inside."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from gateway.problems import CODES, Problem, decoded, middleware
from state.model.address import BadAddress, parse
from state.model.wire import BadMessage, Forged
from state.writer import Unavailable

Client = Callable[[web.Application], Awaitable[TestClient[web.Request, web.Application]]]


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    to: str
    counts: list[int] = []
    inner: "Wanted | None" = None


def raising(error: Exception) -> web.Application:
    async def handle(request: web.Request) -> web.Response:
        raise error

    async def read(request: web.Request) -> web.Response:
        return web.json_response(len(await request.read()))

    app = web.Application(middlewares=[middleware], client_max_size=1000)
    app.router.add_get("/", handle)
    app.router.add_post("/", read)
    return app


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Problem("unknown_channel", "there is no channel 'x'"), 404, "unknown_channel"),
        (Forged("no header"), 401, "forged"),
        (BadAddress("'x' is no address"), 422, "invalid_address"),
        (BadMessage("content.text", "longer than 4096 characters"), 422, "invalid_content"),
        (Unavailable("disk is full"), 503, "unavailable"),
        (web.RequestPayloadError("truncated"), 400, "invalid_request"),
        (web.HTTPNotFound(), 404, "not_found"),
        (web.HTTPUnauthorized(), 401, "unauthorized"),
        (web.HTTPForbidden(), 403, "forbidden"),
        (web.HTTPUnprocessableEntity(), 422, "invalid_field"),
        (web.HTTPExpectationFailed(), 400, "invalid_request"),
        (web.HTTPBadGateway(), 500, "internal"),
        (ValueError("planted"), 500, "internal"),
        (ConnectionResetError("planted"), 500, "internal"),
    ],
)
async def test_every_error_has_the_same_shape(
    aiohttp_client: Client, error: Exception, status: int, code: str
) -> None:
    client = await aiohttp_client(raising(error))
    response = await client.get("/")
    body = await response.json()
    assert (response.status, response.content_type) == (status, "application/problem+json")
    assert (body["status"], body["code"], body["title"]) == (status, code, CODES[code].title)
    assert body["type"] == f"urn:parley:problem:{code}"
    assert "planted" not in str(body)


async def test_a_problem_tells_detail_field_and_headers(aiohttp_client: Client) -> None:
    problem = Problem("too_many_requests", "10 a second", field="to", headers={"Retry-After": "3"})
    response = await (await aiohttp_client(raising(problem))).get("/")
    body = await response.json()
    assert (body["detail"], body["field"], response.headers["Retry-After"]) == ("10 a second", "to", "3")


@pytest.mark.parametrize(
    ("error", "detail", "field"),
    [
        (BadMessage("content.text", "longer than 4096"), "content.text: longer than 4096", "content.text"),
        (web.HTTPBadRequest(text="no such colour"), "no such colour", None),
        (web.HTTPNotFound(), None, None),
        (Unavailable("disk is full"), "try again in a moment", None),
    ],
)
async def test_a_known_error_says_what_is_wrong(
    aiohttp_client: Client, error: Exception, detail: str | None, field: str | None
) -> None:
    body = await (await (await aiohttp_client(raising(error))).get("/")).json()
    assert (body.get("detail"), body.get("field")) == (detail, field)


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [(Problem("unauthorized"), "WWW-Authenticate", "Bearer"), (Unavailable("x"), "Retry-After", "1")],
)
async def test_a_client_is_told_how_to_go_on(
    aiohttp_client: Client, error: Exception, header: str, value: str
) -> None:
    response = await (await aiohttp_client(raising(error))).get("/")
    assert response.headers[header] == value


async def test_a_method_that_is_not_allowed_lists_those_that_are(aiohttp_client: Client) -> None:
    response = await (await aiohttp_client(raising(ValueError()))).delete("/")
    assert (response.status, response.headers["Allow"]) == (405, "GET,HEAD,POST")
    assert (await response.json())["code"] == "method_not_allowed"


async def test_a_body_that_is_too_large_is_refused_with_the_limit(aiohttp_client: Client) -> None:
    response = await (await aiohttp_client(raising(ValueError()))).post("/", data=b"x" * 2000)
    body = await response.json()
    assert (response.status, body["code"]) == (413, "too_large")
    assert "1000" in body["detail"]


async def test_a_body_that_cannot_be_unpacked_is_the_callers_fault(aiohttp_client: Client) -> None:
    client = await aiohttp_client(raising(ValueError()))
    response = await client.post("/", data=b"no gzip", headers={"Content-Encoding": "gzip"})
    assert response.status == 400


async def test_a_redirect_passes(aiohttp_client: Client) -> None:
    response = await (await aiohttp_client(raising(web.HTTPFound("/chat")))).get("/", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, "/chat")


async def test_the_unforeseen_is_in_the_log_under_the_number_the_caller_gets(
    aiohttp_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client = await aiohttp_client(raising(ValueError("what happened")))
    with caplog.at_level(logging.ERROR):
        body = await (await client.get("/")).json()
    (record,) = [record for record in caplog.records if record.name == "parley.problems"]
    assert body["incident"] in record.getMessage()
    assert "what happened" in (record.exc_text or "")


async def test_an_answer_that_has_begun_is_broken_off_rather_than_followed_by_another(
    aiohttp_client: Client,
) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"a part")
        raise ValueError

    app = web.Application(middlewares=[middleware])
    app.router.add_get("/", handle)
    response = await (await aiohttp_client(app)).get("/")
    with pytest.raises(Exception, match=r"not completed|disconnected"):
        assert b"problem" not in await response.read()


async def test_cancelling_a_request_is_no_error() -> None:
    async def cancelled(request: web.Request) -> web.Response:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await middleware(None, cancelled)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b'{"to":1}', "invalid_field", "to"),
        (b'{"to":"a","counts":[1,"2"]}', "invalid_field", "counts[1]"),
        (b"{}", "invalid_field", "to"),
        (b'{"to":"a","inner":{"to":"b","colour":1}}', "invalid_field", "inner.colour"),
        (b'{"to":"a","inner":{}}', "invalid_field", "inner.to"),
        (b"[]", "invalid_field", ""),
        (b'{"to":', "invalid_json", ""),
        (b"", "invalid_json", ""),
        (b'{"to":"\xff"}', "invalid_json", ""),
        (b'{"to":"a","inner":' * 50_000, "invalid_json", ""),
    ],
)
def test_a_body_that_cannot_be_read_is_told_with_the_field_at_fault(
    body: bytes, code: str, field: str
) -> None:
    with pytest.raises(Problem) as caught:
        decoded(body, Wanted)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_body_that_can_be_read_is_a_value() -> None:
    assert decoded(b'{"to":"a","counts":[1]}', Wanted) == Wanted("a", [1])


def test_a_wrong_address_from_the_model_is_such_an_error() -> None:
    with pytest.raises(BadAddress):
        parse("fax:1")


def test_every_code_has_a_title() -> None:
    wrong: list[Any] = [name for name, code in CODES.items() if not (400 <= code.status < 600 and code.title)]
    assert wrong == []
