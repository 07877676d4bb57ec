"""Effects: the async functions of a flow that call back-ends, run after the turn's commit, at least once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class HttpAnswer(Protocol):
    """What a back-end answered."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def body(self) -> bytes:
        """The raw body."""

    def json(self) -> Any:
        """The body as JSON."""


class Http(Protocol):
    """The one HTTP client, as effects see it; private addresses are refused unless a setting allows them."""

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


@dataclass(frozen=True)
class Effect:
    """What an effect's function gets first: the idempotency `key` (always the same for this effect) and the client."""

    key: str
    http: Http
    settings: Mapping[str, str] = field(default_factory=dict)


EffectFunction = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Declared:
    """A function declared as an effect, with its time limit in seconds."""

    call: EffectFunction
    timeout: float


def effect(*, timeout: float = 20.0) -> Callable[[EffectFunction], Declared]:
    """Declare an async function of a flow as an effect: `async def lookup(call, order)`; `timeout` in seconds."""

    def declare(function: EffectFunction) -> Declared:
        return Declared(function, timeout)

    return declare
