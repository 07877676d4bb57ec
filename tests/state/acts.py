"""What tests of the store do over and over: make an event, store it, take its turn, look into a table."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa

from state import conversations, inbox, outbox
from state.conversations import Taken
from state.inbox import Arrived, Envelope, Placed
from state.model.content import Text
from state.model.event import Event, MessageReceived
from state.model.ids import new_id, now_ms
from state.model.message import Decision
from state.model.turn import Played, Say, Snapshot
from state.outbox import Going, Leased, Queued
from state.statements import Query, Row
from state.store import Store
from state.turned import Turned, commit

PHONE, BSUID = "whatsapp:15551234567", "whatsapp-bsuid:US.13491208655302741918"
LETTER = Envelope("wa", "{}", b"{}")
LEASE = 30_000
DAY = 86_400_000


def message(key: str, *urns: str, at: int = 1_000) -> MessageReceived:
    """A customer's words, from one phone where no address is given."""
    return MessageReceived(
        key=key, at=at, addresses=urns or (PHONE,), provider_id=key, content=Text(key), name="Ann"
    )


async def accept(store: Store, *events: Event, channel: str = "wa") -> Placed:
    """Store events as one envelope."""
    arrived = [Arrived(event, channel, "default") for event in events]
    return await store.write(inbox.accept, LETTER, arrived, {})


async def take(store: Store, node: str = "n1", lease: int = LEASE, limit: int = 100) -> list[Taken]:
    """Take the conversations with work, as a turn loop does."""
    return await store.write(conversations.take, node, store.shared, limit, lease)


def turned(taken: Taken, *says: str, due_at: int = 0, priority: int = outbox.NORMAL, **after: Any) -> Turned:
    """A turn of a conversation that says some words and leaves a state."""
    now = now_ms()
    queued = tuple(
        Queued(
            new_id(taken.lane), taken.lane, taken.id, taken.channel, "message", "", due_at or now, now + DAY,
            priority, Say(Text(words)),
        )
        for words in says
    )  # fmt: skip
    after = {"flow": "f", "version": "1", "run": 1, **after}
    return Turned(taken, Played(Snapshot(**after)), queued, now)


async def converse(store: Store, key: str, *says: str, urn: str = PHONE, **how: Any) -> Turned:
    """Take one customer's message through its turn, with some replies queued."""
    await accept(store, message(key, urn))
    (taken,) = await take(store)
    turn = turned(taken, *says, **how)
    await store.write(commit, turn)
    return turn


async def lease(store: Store, node: str = "n1", *, channel: str = "wa", limit: int = 100, ms: int = LEASE,
                now: int = 0) -> list[Leased]:  # fmt: skip
    """Take what is due in the outbox, as a delivery loop does."""
    batch = await store.write(outbox.take, channel, node, limit, now or now_ms() + 1, ms)
    return batch.rows


def words(rows: list[Leased]) -> list[str]:
    """What leased messages say."""
    return [str(msgspec.json.decode(row.message.content)["text"]) for row in rows if row.message]


def sent() -> Going:
    """A decision that lets a message go."""
    return Going(Decision("send", now_ms()))


async def rows(store: Store, columns: str) -> list[Row]:
    """All rows of some columns, as `table.column table.column`, in their order."""
    table = columns.split(".", maxsplit=1)[0]
    names = [name.split(".")[1] for name in columns.split()]
    listing: Any = sa.select(*(sa.column(name) for name in names)).select_from(sa.table(table))
    found = await store.read(Query(listing.order_by(*(sa.column(name) for name in names)), ""))
    return [tuple(row) for row in found]


async def count(store: Store, table: str) -> int:
    """How many rows a table has."""
    found = await store.read(Query(sa.select(sa.func.count()).select_from(sa.table(table)), ""))
    return int(found[0][0])


async def blocked(other: asyncpg.Connection) -> None:
    """Wait until somebody waits for a lock."""
    for _ in range(2_000):
        if await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            return
        await asyncio.sleep(0.001)
    raise TimeoutError("nobody waits for a lock")
