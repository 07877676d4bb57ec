"""How an endpoint is declared and called: scope, body, idempotency key, answer."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from aiohttp import web

from admin.operations import Actor, Denied, Refused
from gateway.app import Gateway
from gateway.auth import Auth
from gateway.problems import Problem, decoded
from state import idempotency
from state.model.ids import ID_PATTERN
from state.statements import Query, Row
from state.store import Store
from state.writer import Duplicate, Op

T = TypeVar("T")
_KEY_MOST = 255


class Writing:
    """The store as a handler sees it: with an idempotency key, its first operation is done once for that key."""

    def __init__(self, store: Store, once: Callable[..., Op[Any]] | None) -> None:
        self._store, self._once = store, once

    async def write(self, op: Callable[..., Op[T]], *args: Any) -> T:
        """Run an operation in the next group commit."""
        once, self._once = self._once, None
        if once is None:
            return await self._store.write(op, *args)
        return await self._store.write(once, op, *args)

    async def read(self, query: Query, *row: Any) -> list[Row]:
        """Run a plain read."""
        return await self._store.read(query, *row)


class Call(NamedTuple):
    """What a handler gets: the request, who calls, the decoded body, and the store to write by."""

    gateway: Gateway
    request: web.Request
    actor: Actor
    body: Any
    store: Writing

    def path_id(self) -> str:
        """The id in the path; raises Problem where it is none."""
        text = self.request.match_info["id"]
        if not ID_PATTERN.fullmatch(text):
            raise Problem("not_found", f"{text!r} is no id")
        return text


class Endpoint(NamedTuple):
    """One endpoint. `body` and `answer` are structs; `query` are the parameters it knows."""

    method: str
    path: str
    scope: str
    summary: str
    handler: Callable[[Call], Awaitable[Any]]
    answer: Any
    body: Any = None
    status: int = 200
    query: tuple[str, ...] = ()


def route(gateway: Gateway, auth: Auth, endpoint: Endpoint) -> web.RouteDef:
    """The aiohttp route of an endpoint."""

    async def handle(request: web.Request) -> web.Response:
        actor = await auth.caller(request)
        try:
            actor.needs(endpoint.scope)
            _known_query(request, endpoint)
            raw = await request.read() if endpoint.body else b""
            body = decoded(raw, endpoint.body) if endpoint.body else None
            once = _once(request, actor, endpoint, raw)
            call = Call(gateway, request, actor, body, Writing(gateway.store, once))
            return _answer(endpoint.status, msgspec.json.encode(await endpoint.handler(call)))
        except Denied as error:
            raise Problem("forbidden", str(error)) from error
        except Refused as error:
            raise Problem("invalid_field", str(error), field=error.field) from error
        except idempotency.Replayed as before:
            return _answer(before.status, before.answer.encode(), {"Idempotency-Replayed": "true"})
        except idempotency.Reused as error:
            raise Problem("key_reused", "this Idempotency-Key was used with another body") from error
        except Duplicate as error:
            raise Problem("in_progress", "the same request is under way") from error

    return web.route(endpoint.method, endpoint.path, handle)


def _known_query(request: web.Request, endpoint: Endpoint) -> None:
    for name in request.query:
        if name not in endpoint.query:
            known = ", ".join(endpoint.query) or "none"
            raise Problem("invalid_field", f"there is no such parameter; there are: {known}", field=name)


def _once(
    request: web.Request, actor: Actor, endpoint: Endpoint, raw: bytes
) -> Callable[..., Op[Any]] | None:
    """How the first operation is done where the caller gave an Idempotency-Key."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or request.method != "POST":
        return None
    if len(key) > _KEY_MOST:
        raise Problem("invalid_field", f"a key has {_KEY_MOST} characters at most", field="Idempotency-Key")
    digest = hashlib.sha256(b"\n".join((request.method.encode(), request.path.encode(), raw))).hexdigest()

    def render(result: Any) -> str:
        return msgspec.json.encode(result).decode()

    def once(op: Callable[..., Op[Any]], *args: Any) -> Op[Any]:
        return idempotency.once(actor.name[:64], key, digest, endpoint.status, render, op, *args)

    return once


def _answer(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    shown = {"Cache-Control": "no-store", **(headers or {})}
    return web.Response(status=status, body=body, content_type="application/json", headers=shown)
