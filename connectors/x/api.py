"""Calls to the X API for one account: addresses, who we are, and the outcome of an answer."""

from collections.abc import Generator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from connectors.values import body_of
from connectors.x.codes import Json, undelivered
from connectors.x.oauth import Authorize
from state.model.action import Action
from state.model.wire import Call, Reply


class Api(NamedTuple):
    """One account's door."""

    base: str
    authorize: Authorize

    def call(
        self,
        name: str,
        method: str,
        path: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Call:
        """A call with a JSON body, or without one."""
        raw = msgspec.json.encode(body) if body is not None else b""
        return self.raw(name, method, path, raw, "application/json" if raw else "", query)

    def raw(
        self,
        name: str,
        method: str,
        path: str,
        body: bytes = b"",
        mime: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Call:
        """A call with any body."""
        url = f"{self.base}/2/{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"authorization": self.authorize(method, url)}
        return Call(name, method, url, headers | ({"content-type": mime} if mime else {}), body)


def ask(call: Call, missing: Action = Action.FAIL_MSG) -> Generator[Call, Reply, Json]:
    """Make a call that may be made twice, and give the JSON object of its answer; raises Undelivered."""
    reply = yield msgspec.structs.replace(call, repeatable=True)
    return accepted(reply, missing=missing)


def accepted(reply: Reply, attempt: int = 1, missing: Action = Action.FAIL_RCPT) -> Json:
    """The JSON object of an answer of success, empty where it holds none; raises Undelivered."""
    body = body_of(reply)
    error = undelivered(reply, body, attempt, missing)
    if error is not None:
        raise error
    return body


def data_of(body: Json) -> Json:
    """The `data` of an answer; empty where there is none."""
    found = body.get("data")
    return found if isinstance(found, dict) else {}
