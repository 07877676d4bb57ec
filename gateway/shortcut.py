"""The shortcut of webhooks: straight from aiohttp's server to their handler, and an answer written in one piece.

It does what the router, the middleware and aiohttp's response would do for them, with a third of the work; whatever is
out of the ordinary goes through those.
"""

import re
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from gateway import problems
from state.model.wire import Answer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_plain = re.compile(r"/webhooks/([\w.~-]+)(?:\?[!-~]*)?", re.ASCII).fullmatch


def past_the_router(
    router: Handler, answer: Callable[[web.Request, str], Awaitable[web.StreamResponse]]
) -> Handler:
    """A server's handler: `answer` gets a webhook's request and its channel's name, `router` everything else."""

    async def handle(request: web.Request) -> web.StreamResponse:
        found = _plain(request.raw_path)
        try:
            if found is None or "Expect" in request.headers:
                return await router(request)  # it refuses an Expect before any middleware is asked
            return await answer(request, found[1])
        except Exception as error:
            return problems.response(request, error)

    return handle


def response(request: web.Request, answer: Answer) -> web.StreamResponse:
    """The response of an answer."""
    if request.version == HttpVersion11 and request.keep_alive and request.method != "HEAD":
        return _written(answer)
    return whole(answer)


def whole(answer: Answer) -> web.Response:
    """The response of an answer as aiohttp writes it."""
    return web.Response(status=answer.status, body=answer.body, content_type=answer.mime)


class _Written(web.StreamResponse):
    """An answer on a connection that stays: head and body leave together; it has no headers but those it needs.

    It keeps nothing of the request it answers, so the same one does for all equal answers.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(status=answer.status)
        reason, body = HTTPStatus(answer.status).phrase, answer.body
        lines = (
            f"HTTP/1.1 {answer.status} {reason}",
            f"Content-Type: {answer.mime}",
            f"Content-Length: {len(body)}",
            "Date: ",
        )
        self._head, self._rest = "\r\n".join(lines).encode(), b"\r\n\r\n" + body

    @property
    def keep_alive(self) -> bool:
        """The connection stays."""
        return True

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter:
        """Write all of it."""
        await request.writer.write(self._head + _date(int(time.time())) + self._rest)
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


_written = lru_cache(maxsize=64)(_Written)


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    """A time as HTTP writes it (RFC 9110, 5.6.7)."""
    return formatdate(second, usegmt=True).encode()
