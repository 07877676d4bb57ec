"""Errors as problem+json (RFC 9457) with a stable `code` and, where there is one, the field at fault.

`docs/errors.md` explains every code; a test compares the two.
"""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, TypeVar

import msgspec
from aiohttp import web

from gateway.refusals import said
from state.model.address import BadAddress
from state.model.wire import BadMessage, Forged
from state.writer import Unavailable

log = logging.getLogger("parley.problems")
T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Code(NamedTuple):
    """What a code stands for: the HTTP status and a title."""

    status: int
    title: str


CODES: Mapping[str, Code] = {
    "invalid_request": Code(400, "The request cannot be read"),
    "invalid_json": Code(400, "The body is not JSON"),
    "invalid_cursor": Code(400, "The cursor is none of ours"),
    "unauthorized": Code(401, "A key is needed"),
    "forged": Code(401, "The signature is missing or wrong"),
    "forbidden": Code(403, "The key has not the scope"),
    "under_age": Code(403, "Somebody is below the age of consent"),
    "not_found": Code(404, "There is no such thing"),
    "unknown_channel": Code(404, "There is no such channel"),
    "method_not_allowed": Code(405, "The method is not allowed here"),
    "conflict": Code(409, "It is not in a state for that"),
    "in_progress": Code(409, "The same request is under way"),
    "too_large": Code(413, "The body is too large"),
    "unsupported_media_type": Code(415, "The body's type is not taken here"),
    "invalid_field": Code(422, "A field is wrong"),
    "invalid_address": Code(422, "The address cannot be read"),
    "invalid_content": Code(422, "The channel cannot take this content"),
    "key_reused": Code(422, "The idempotency key was used with another body"),
    "too_many_requests": Code(429, "There were too many requests"),
    "internal": Code(500, "Something went wrong on our side"),
    "unavailable": Code(503, "The database cannot be reached"),
}
_BY_STATUS = {code.status: name for name, code in reversed(list(CODES.items()))}
_KEPT = ("Allow", "Retry-After", "WWW-Authenticate")
_ADDED = {"unauthorized": {"WWW-Authenticate": "Bearer"}, "unavailable": {"Retry-After": "1"}}
_AT = re.compile(r"^(?P<why>.*?)(?: - at `\$\.?(?P<where>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(?:missing required|unknown) field `(.*)`$", re.DOTALL)


class Problem(Exception):
    """An answer that says what is wrong: a code of `CODES`, the detail, the field at fault, and headers."""

    def __init__(
        self, code: str, detail: str = "", *, field: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.field, self.headers = code, detail, field, headers or {}


def decoded(body: bytes, kind: type[T]) -> T:
    """A request's JSON as a value; raises Problem, with the path of the field at fault."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        why, where = _AT.fullmatch(str(error)).groups("")  # type: ignore[union-attr]  # it matches anything
        name = _NAMED.search(why)
        field = ".".join(filter(None, (where, name and name[1])))
        raise Problem("invalid_field", said(why, kind, field), field=field) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("invalid_json", str(error)) from error
    except RecursionError as error:
        raise Problem("invalid_json", "it is nested too deeply") from error


def answer(
    code: str, detail: str = "", field: str = "", headers: Mapping[str, str] | None = None, **more: str
) -> web.Response:
    """The response of a problem; `more` are further members."""
    status, title = CODES[code]
    body = {"type": f"urn:parley:problem:{code}", "title": title, "status": status, "code": code}
    body |= {name: value for name, value in (("detail", detail), ("field", field), *more.items()) if value}
    return web.Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers={**_ADDED.get(code, {}), **(headers or {})},
    )


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what is raised into a problem."""
    try:
        return await handler(request)
    except Exception as error:
        return response(request, error)


def response(request: web.Request, error: Exception) -> web.Response:
    """The response of what a handler raised; what nobody foresaw gets a number that the log has too.

    Raises it again where it is no failure, or nobody is left to be told.
    """
    if isinstance(error, web.HTTPException):
        if error.status < 400:
            raise error
        return _of_http(error)
    if request.transport is None or request.writer.output_size:
        raise error  # the client is gone, or has a part of the answer already
    return _known(error) or _unforeseen(request, error)


def _of_http(error: web.HTTPException) -> web.Response:
    code = _BY_STATUS.get(error.status, "invalid_request" if error.status < 500 else "internal")
    said = error.text or ""
    detail = "" if said.startswith(f"{error.status}:") else said
    return answer(
        code, detail, headers={name: error.headers[name] for name in _KEPT if name in error.headers}
    )


def _known(error: Exception) -> web.Response | None:
    match error:
        case Problem():
            return answer(error.code, error.detail, error.field, error.headers)
        case Forged():
            return answer("forged")
        case BadMessage():
            return answer("invalid_content", error.reason, error.field)
        case BadAddress():
            return answer("invalid_address", str(error))
        case web.RequestPayloadError():
            return answer("invalid_request", "the body did not arrive whole")
        case Unavailable():
            log.warning("the database cannot be reached: %s", error)
            return answer("unavailable", "try again in a moment")
    return None


def _unforeseen(request: web.Request, error: Exception) -> web.Response:
    number = secrets.token_hex(6)
    log.error("%s %s failed, incident %s", request.method, request.path, number, exc_info=error)
    return answer("internal", "the log has more under this number", incident=number)
