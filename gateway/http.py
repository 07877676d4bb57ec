"""The HTTP helper of effects, over the one client."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from gateway.wire import Wire
from state.model.wire import Call


class HttpAnswer(NamedTuple):
    """What a back-end answered."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON; raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body)


class Http:
    """Makes a back-end's calls; raises the wire's errors where there is no answer."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes = b"",
    ) -> HttpAnswer:
        """One request; `json` is encoded and gets its content type."""
        wanted = dict(headers or {})
        if json is not None:
            wanted.setdefault("content-type", "application/json")
            body = msgspec.json.encode(json)
        reply = await self._wire.perform(Call("effect", method, url, wanted, body))
        return HttpAnswer(reply.status, reply.body)
