"""Idempotency keys: what a request with a key writes and the answer it gets are one commit.

Two ways were weighed. Reserving a key first and completing it after leaves, where the process dies in between, a key of
which nobody knows whether its message was queued: asked again it must either double a send or refuse for ever. So the
key's row is put into the operation that does the work: after a crash there are both or neither, and asking again is
safe at any moment. A key that another node is just using makes the operation wait for that node's commit (PostgreSQL's
unique key does that by itself) and then answer what was kept.

Only what was done is kept. A request that was refused changed nothing, so it may be mended and sent with the same key.
"""

import asyncio
from collections.abc import Callable
from secrets import token_hex
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from state.model.ids import now_ms
from state.statements import Fetch, Query, Row, delete, insert, update
from state.store import Store
from state.tables import Ms, idempotency
from state.writer import Op

T = TypeVar("T")
DAY_MS = 24 * 3600 * 1000
_C = idempotency.c
_CLAIM = insert(idempotency, "api_key key digest answer at", ignore=True)
_FOUND = Fetch(idempotency, "digest status answer", "api_key key")
_ANSWER = update(idempotency, "status answer", "api_key key")
_GONE = delete(idempotency, "api_key key")
_KEPT = Query(
    sa.select(_C.digest, _C.status, _C.answer).where(
        _C.api_key == sa.bindparam("api_key", type_=_C.api_key.type),
        _C.key == sa.bindparam("key", type_=_C.key.type),
    ),
    "api_key key",
)
_OLD = Query(
    sa.select(_C.api_key, _C.key)
    .where(_C.at < sa.bindparam("before", type_=Ms))
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "before limit",
)


class Slot(NamedTuple):
    """A key as one caller used it: whose it is, the key, and the digest of what was asked with it."""

    api_key: str
    key: str
    digest: str


class Kept(NamedTuple):
    """The answer that was given: HTTP status and body."""

    status: int
    answer: str


class Reused(Exception):
    """The key was used to ask for something else."""


class Replayed(Exception):
    """The work was done in the meantime; `kept` is the answer it got."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.status)
        self.kept = kept


async def kept(store: Store, slot: Slot) -> Kept | None:
    """The answer kept for a key, or none where nothing was done with it; raises Reused."""
    rows = await store.read(_KEPT, slot.api_key, slot.key)
    return _same(slot, *rows[0]) if rows else None


def _same(slot: Slot, digest: str, status: int, answer: str) -> Kept:
    if digest != slot.digest:
        raise Reused(slot.key)
    return Kept(status, answer)


def once(slot: Slot, answer: Callable[[T], Kept], op: Callable[..., Op[T]], *args: Any) -> Op[T]:
    """An operation that is done once for a key, with `answer` of its result kept; raises Replayed or Reused."""
    key, mine = (slot.api_key, slot.key), token_hex(16)
    yield [(_CLAIM, (*key, slot.digest, mine, now_ms()))]
    (found,) = yield [(_FOUND, key)]
    digest, status, text = found[0][:3]
    if text != mine:
        raise Replayed(_same(slot, digest, status, text))
    result = yield from op(*args)
    yield [(_ANSWER, (*answer(result), *key))]
    return result


class Keyed:
    """An open store as one request with a key sees it: its first write is done once, and its answer kept."""

    def __init__(self, store: Store, slot: Slot, answer: Callable[[Any], Kept]) -> None:
        self._store, self._answer = store, answer
        self._slot: Slot | None = slot

    def write(self, op: Callable[..., Op[T]], *args: Any) -> "asyncio.Future[T]":
        """Run an operation in the next group commit; the first raises Replayed or Reused."""
        return self._put(self._store.write, op, args)

    def alone(self, op: Callable[..., Op[T]], *args: Any) -> "asyncio.Future[T]":
        """The same in a commit of its own."""
        return self._put(self._store.alone, op, args)

    def aside(self, op: Callable[..., Op[T]], *args: Any) -> "asyncio.Future[T]":
        """The same without waiting for a group commit."""
        return self._put(self._store.aside, op, args)

    def _put(
        self, put: Callable[..., "asyncio.Future[T]"], op: Callable[..., Op[T]], args: tuple[Any, ...]
    ) -> "asyncio.Future[T]":
        slot, self._slot = self._slot, None
        return put(op, *args) if slot is None else put(once, slot, self._answer, op, *args)

    async def read(self, query: Query, *row: Any) -> list[Row]:
        """Run a plain read; raises Unavailable."""
        return await self._store.read(query, *row)


async def forget(store: Store, older_than_ms: int = 2 * DAY_MS, limit: int = 1000) -> int:
    """Delete up to `limit` keys older than that; gives how many. Keys are looked for outside the writer."""
    rows = await store.read(_OLD, now_ms() - older_than_ms, limit)
    if rows:
        await store.write(_forget, [(row[0], row[1]) for row in rows])
    return len(rows)


def _forget(keys: list[tuple[str, str]]) -> Op[None]:
    yield [(_GONE, key) for key in keys]
