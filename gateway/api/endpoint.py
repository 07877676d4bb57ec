"""What an endpoint is: one row of the table from which the routes and the OpenAPI document come."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec

from admin.operations import Actor
from gateway.app import Gateway
from state.idempotency import Keyed
from state.store import Store

Q = TypeVar("Q")
B = TypeVar("B")

Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", description="32 hex digits")]
Word = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[^\x00]*$")]
Reason = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=500, pattern=r"^[^\x00]*$", description="why, for whoever reads the audit"
    ),
]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's body or query; what it does not know is refused by name."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer's body."""


class Nothing(Asked, frozen=True):
    """No parameter at all."""


class Paged(Asked, frozen=True, kw_only=True):
    """A page of a listing: `cursor` is the `next` of the page before, `limit` how many items a page has."""

    cursor: Word = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class Call(NamedTuple, Generic[Q, B]):
    """One request as a handler sees it.

    `store` is what a POST writes with: where the caller sent an `Idempotency-Key`, its first write is done once.
    """

    gateway: Gateway
    store: Store | Keyed
    actor: Actor
    id: str
    query: Q
    body: B


class Endpoint(NamedTuple):
    """One endpoint: a caller needs one of `scopes`; `handler` gives what `show` turns into the answer.

    `show` is called within the operation that does the work, so it reads nothing. With `fenced` the answer (an epoch is
    in it) goes out only when every node has seen that epoch.
    """

    method: str
    path: str
    summary: str
    scopes: tuple[str, ...]
    handler: Callable[[Call[Any, Any]], Awaitable[Any]]
    answer: type[Answer]
    status: int = 200
    query: type[Asked] = Nothing
    body: type[Asked] | None = None
    show: Callable[[Any], Answer] = lambda answer: answer
    problems: tuple[str, ...] = ()
    fenced: bool = False
