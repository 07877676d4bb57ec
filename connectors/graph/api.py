"""Calls to the Graph API for one account: addresses, credentials, and the outcome of an answer."""

import hashlib
import hmac
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from connectors.graph.errors import GraphError, Rule, undelivered
from connectors.values import body_of
from state.model.wire import Call, Reply

Json = dict[str, Any]


def proof(secret: str, token: str) -> str:
    """`appsecret_proof`: binds a call to the app (Meta: securing Graph API calls)."""
    return hmac.digest(secret.encode(), token.encode(), hashlib.sha256).hex()


class Api(NamedTuple):
    """One account's door: the address with its version, the token, and the rules of its error codes.

    `proof` is the `appsecret_proof` that every call carries, where the app asks for one.
    """

    base: str
    token: str
    rule_of: Callable[[GraphError], Rule | None]
    proof: str = ""

    @property
    def bearer(self) -> dict[str, str]:
        """The header that carries the token."""
        return {"authorization": f"Bearer {self.token}"}

    def url(self, edge: str, query: Mapping[str, str] | None = None) -> str:
        """The address of an edge."""
        asked = {**(query or {}), **({"appsecret_proof": self.proof} if self.proof else {})}
        return f"{self.base}/{edge}" + (f"?{urlencode(asked)}" if asked else "")

    def accepted(self, reply: Reply, attempt: int = 1) -> Json:
        """The JSON object of an answer of success, empty where it holds none; raises Undelivered."""
        body = body_of(reply)
        error = undelivered(reply, body, self.rule_of, attempt)
        if error is not None:
            raise error
        return body

    def ask(
        self,
        name: str,
        method: str,
        edge: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Generator[Call, Reply, Json]:
        """One call that may be made twice, and the JSON object of its answer; raises Undelivered."""
        headers = {**self.bearer, "content-type": "application/json"} if body else self.bearer
        raw = msgspec.json.encode(body) if body else b""
        reply = yield Call(name, method, self.url(edge, query), headers, raw, repeatable=True)
        return self.accepted(reply)
