"""Errors as problem+json (RFC 9457) with a stable `code` and the field at fault."""

import logging
import secrets
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

log = logging.getLogger("parley.problems")

CODES: dict[str, tuple[int, str]] = {
    "invalid_request": (400, "The request cannot be read"),
    "unauthorized": (401, "A key is needed"),
    "forged": (401, "The signature is missing or wrong"),
    "forbidden": (403, "The key has not the scope"),
    "not_found": (404, "There is no such thing"),
    "unknown_channel": (404, "There is no such channel"),
    "method_not_allowed": (405, "The method is not allowed here"),
    "conflict": (409, "It is not in a state for that"),
    "in_progress": (409, "The same request is under way"),
    "too_large": (413, "The body is too large"),
    "invalid_content": (422, "The channel cannot take this content"),
    "invalid_field": (422, "A field is wrong"),
    "key_reused": (422, "The idempotency key was used with another body"),
    "internal": (500, "Something went wrong on our side"),
    "unavailable": (503, "The database cannot be reached"),
}
"""Code -> HTTP status and title."""


class Problem(Exception):
    """An answer that says what is wrong: a code of `CODES`, the detail, and the field at fault."""

    def __init__(self, code: str, detail: str = "", *, field: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.field = code, detail, field


def answer(code: str, detail: str = "", field: str = "", **more: str) -> web.Response:
    """The response of a problem."""
    status, title = CODES[code]
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    body |= {name: value for name, value in (("detail", detail), ("field", field), *more.items()) if value}
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/problem+json")


_BY_STATUS = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what is raised into a problem; the unforeseen gets an id that the log has too."""
    from state.writer import Unavailable

    try:
        return await handler(request)
    except Problem as problem:
        return answer(problem.code, problem.detail, problem.field)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return answer(_BY_STATUS.get(error.status, "invalid_request"), error.reason)
    except Unavailable as error:
        log.warning("%s %s: %s", request.method, request.path, error)
        return answer("unavailable", "try again in a moment")
    except Exception:
        number = secrets.token_hex(6)
        log.exception("%s %s failed, incident %s", request.method, request.path, number)
        return answer("internal", "the log has more under this id", incident=number)
