"""The way of every request: who calls, what is asked, done once, answered.

An answer kept for an `Idempotency-Key` is sent again before anything else is looked at: what was asked for may not be
possible any more. While the first request with a key is under way in this process, a second is told so.
"""

import hashlib
import re
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from admin.operations import Actor, Denied, Refused
from gateway import nesting
from gateway.api.endpoint import Asked, Call, Endpoint
from gateway.app import Gateway
from gateway.auth import Auth
from gateway.problems import Problem, decoded
from gateway.refusals import said
from state import idempotency, keys
from state.idempotency import Kept, Keyed, Replayed, Reused, Slot

A = TypeVar("A", bound=Asked)
_ID = re.compile("[0-9a-f]{32}").fullmatch
_KEY = re.compile("[!-~]{1,255}").fullmatch
_encode = msgspec.json.Encoder().encode


class Door:
    """Lets requests in and answers them."""

    def __init__(self, gateway: Gateway, auth: Auth) -> None:
        self._gateway, self._auth = gateway, auth
        self._under_way: set[tuple[str, str]] = set()

    async def handle(self, endpoint: Endpoint, request: web.Request) -> web.Response:
        """Answer a request; raises Problem."""
        actor = await self._caller(endpoint, request)
        query = _query(request, endpoint.query)
        raw = await _body(request) if endpoint.body else b""
        slot = self._slot(request, raw) if endpoint.method == "POST" else None
        call = Call(self._gateway, self._gateway.store, actor, _id(request), query, None)
        try:
            if slot is None:
                return await self._fresh(endpoint, call, raw)
            return await self._once(endpoint, call, raw, slot)
        except Denied as error:
            raise Problem("forbidden", str(error)) from error
        except Refused as error:
            raise Problem("invalid_field", str(error), field=error.field) from error

    async def _caller(self, endpoint: Endpoint, request: web.Request) -> Actor:
        if not request.headers.get("Authorization", "").isascii():
            raise Problem("unauthorized", "an API key has ASCII characters alone")
        actor = await self._auth.caller(request)
        if not {*endpoint.scopes, "admin"} & actor.scopes:
            raise Problem("forbidden", f"this needs a key with the scope {' or '.join(endpoint.scopes)}")
        return actor

    def _slot(self, request: web.Request, raw: bytes) -> Slot | None:
        """The place of an answer: keys of different callers, told by the digests of their API keys, do not meet."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not _KEY(key):
            raise Problem(
                "invalid_request", "1 to 255 printable ASCII characters are allowed", field="Idempotency-Key"
            )
        secret = request.headers.get("Authorization", "").partition(" ")[2].strip()
        asked = hashlib.sha256(f"{request.method} {request.path}\n".encode() + raw)
        return Slot(keys.digest(secret) if secret else "demo", key, asked.hexdigest())

    async def _once(self, endpoint: Endpoint, call: Call[Any, Any], raw: bytes, slot: Slot) -> web.Response:
        if slot[:2] in self._under_way:
            raise Problem("in_progress", "the first request with this Idempotency-Key has no answer yet")
        self._under_way.add(slot[:2])
        try:
            kept = await idempotency.kept(self._gateway.store, slot)
            if kept is None:
                store = Keyed(self._gateway.store, slot, lambda done: _kept(endpoint, done))
                return await self._fresh(endpoint, call._replace(store=store), raw)
        except Replayed as error:
            kept = error.kept
        except Reused as error:
            raise Problem(
                "key_reused", "another request was made with it", field="Idempotency-Key"
            ) from error
        finally:
            self._under_way.discard(slot[:2])
        return await self._answer(endpoint, kept, {"Idempotency-Replayed": "true"})

    async def _fresh(self, endpoint: Endpoint, call: Call[Any, Any], raw: bytes) -> web.Response:
        body = decoded(raw, endpoint.body) if endpoint.body else None
        done = await endpoint.handler(call._replace(body=body))
        return await self._answer(endpoint, _kept(endpoint, done), {})

    async def _answer(self, endpoint: Endpoint, kept: Kept, headers: dict[str, str]) -> web.Response:
        if endpoint.fenced:
            await self._gateway.fence.settled(msgspec.json.decode(kept.answer, type=_Fenced).epoch)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **headers}
        return web.Response(
            status=kept.status, text=kept.answer, content_type="application/json", headers=headers
        )


class _Fenced(msgspec.Struct):
    """The part of an answer that says which epoch every node must have seen."""

    epoch: int


def _kept(endpoint: Endpoint, done: Any) -> Kept:
    return Kept(endpoint.status, _encode(endpoint.show(done)).decode())


def _id(request: web.Request) -> str:
    """The id or the name in the path; raises Problem where it is none."""
    if "name" in request.match_info:
        return request.match_info["name"]
    found = request.match_info.get("id", "")
    if "id" in request.match_info and not _ID(found):
        raise Problem("not_found", "an id is 32 hex digits in lower case")
    return found


def _query(request: web.Request, kind: type[A]) -> A:
    """The parameters after the question mark; raises Problem naming the one that is wrong."""
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for name, value in request.query.items():
        if name not in types:
            known = f"it has {', '.join(types)}" if types else "it has none"
            raise Problem("invalid_field", f"there is no such parameter here; {known}", field=name)
        if name in values:
            raise Problem("invalid_field", "is given twice", field=name)
        try:
            values[name] = msgspec.convert(value, types[name], strict=False)
        except msgspec.ValidationError as error:
            raise Problem("invalid_field", said(str(error), types[name], ""), field=name) from error
    return kind(**values)


async def _body(request: web.Request) -> bytes:
    """The raw JSON body; raises Problem where it is of another type, or nested too deeply for what reads it later."""
    if request.content_type != "application/json":
        raise Problem("unsupported_media_type", "send Content-Type: application/json")
    return await nesting.read(request)
