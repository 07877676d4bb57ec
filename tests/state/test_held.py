"""What waits is listed and ended by those who suspend; what is on its way stays."""

import asyncio

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from state import held, messages, outbox
from state.held import FIRST, LAST, End, Waiting
from state.model import cause
from state.model.cause import Cause
from state.model.ids import now_ms
from state.outbox import Settled
from state.postgres import prepare
from state.store import Store
from state.turned import commit
from tests.state.acts import DAY, accept, blocked, converse, count, lease, message, rows, sent, take, turned

DISCARD = End("canceled", "it was a fraud", "s1", 5)
EXPIRE = End("expired", "nobody wants it any more", "s1", 5)


async def page(store: Store, channel: str = "") -> list[Waiting]:
    return [held.waiting(row) for row in await store.read(held.PAGE, FIRST, LAST, channel, 100)]


async def test_what_waits_is_listed_as_its_sender_would_be_given_it(store: Store) -> None:
    await converse(store, "k1", "one", "two")
    found = await page(store, "wa")
    assert [msgspec.json.decode(each.row.message.content)["text"] for each in found if each.row.message] == [
        "one",
        "two",
    ]
    (taken,) = await lease(store)
    assert replace(taken, epoch=0, known=None) == replace(found[0].row, epoch=0, known=None)
    assert await page(store, "wb") == []
    assert await page(store) != []


@pytest.mark.parametrize(("end", "failed"), [(DISCARD, 0), (EXPIRE, 5)])
async def test_what_is_ended_says_why(store: Store, end: End, failed: int) -> None:
    await converse(store, "k1", "one", "two", "three")
    keys = [(each.row.id, each.row.lane) for each in await page(store)]
    assert await store.write(held.settle, keys, end) == 3
    assert (await count(store, "outbox"), await count(store, "decision")) == (0, 3)
    found = await messages.one(store, keys[0][0])
    assert found is not None
    assert (found.outcome, found.facts.failed) == (end.outcome, failed)
    (decided,) = await messages.decisions(store, keys[0][0])
    assert (decided.verdict, decided.reason) == ("refuse", end.reason)
    assert await store.write(held.settle, keys, end) == 0


async def test_what_is_on_its_way_or_being_decided_stays(store: Store) -> None:
    await converse(store, "k1", "flying", urn="whatsapp:1")
    await converse(store, "k2", "leased", urn="whatsapp:2")
    flying, leased = await lease(store)
    await store.write(outbox.sending, flying, sent())
    keys = [(each.row.id, each.row.lane) for each in await page(store)]
    assert await store.write(held.settle, keys, DISCARD) == 0
    await store.write(outbox.settle, Settled(leased, again_at=1, held=True))
    assert await store.write(held.settle, keys, DISCARD) == 1
    assert [row[0] for row in await rows(store, "outbox.state")] == ["sending"]


@pytest.mark.parametrize("by", ["a lift", "a caller"])
async def test_a_notice_that_is_taken_back_was_not_given(store: Store, by: str) -> None:
    await accept(store, message("k1"))
    (taken,) = await take(store)
    turn = turned(taken, "who has access", "hello")
    tells = replace(turn.queued[0], body=cause.written(Cause(tells="1/en")))
    await store.write(commit, replace(turn, queued=(tells, turn.queued[1]), told="1/en"))
    assert await rows(store, "conversation.told") == [("1/en",)]
    if by == "a lift":
        await store.write(held.settle, [(tells.id, tells.lane)], DISCARD)
    else:
        await store.write(outbox.cancel, tells.id)
    assert await rows(store, "conversation.told") == [("",)]


async def test_held_messages_whose_validity_is_over_are_found(store: Store) -> None:
    await converse(store, "k1", "one")
    (row,) = await lease(store)
    await store.write(outbox.settle, Settled(row, again_at=1, held=True))
    assert await store.read(held.EXPIRED, now_ms(), 10) == []
    found = await store.read(held.EXPIRED, now_ms() + 2 * DAY, 10)
    assert [tuple(each) for each in found] == [(row.id, row.lane)]


async def holding(store: Store, *urns: str) -> list[tuple[str, int]]:
    """A message held in a conversation with each of these customers: id and lane, by lane."""
    for urn in urns:
        await converse(store, urn, "held", urn=urn)
    leased = await lease(store)
    for row in leased:
        await store.write(outbox.settle, Settled(row, again_at=1, held=True))
    return sorted(((row.id, row.lane) for row in leased), key=lambda key: key[1])


@pytest.mark.parametrize("how", ["requeued", "marked"])
async def test_who_waits_for_a_held_row_has_none_that_comes_after_it(plain: str, how: str) -> None:
    store, other = await Store(plain).open(), await asyncpg.connect(plain)
    await prepare(other)
    # by lane, which is not the order in which they were written
    (first, lane), (last, greater) = await holding(store, "whatsapp:2", "whatsapp:1")
    lock = "SELECT FROM outbox WHERE id = $1 FOR UPDATE"
    async with other.transaction():
        await other.execute(lock, first)
        if how == "requeued":
            writing = [store.write(held.requeue, [(each, "")], 1) for each in (greater, lane)]
        else:
            writing = [store.write(held.mark, [(last, greater), (first, lane)], "s1")]
        await blocked(other)
        await other.execute(f"{lock} NOWAIT", last)
    await asyncio.gather(*writing)
    await other.close()
    await store.close()


async def test_what_is_marked_while_it_is_requeued_stays_held(plain: str) -> None:
    store, other = await Store(plain).open(), await asyncpg.connect(plain)
    await prepare(other)
    ((row, lane),) = await holding(store, "whatsapp:1")
    async with other.transaction():
        await other.execute("UPDATE outbox SET held_by = 's1' WHERE id = $1", row)
        requeuing = store.alone(held.requeue, [(lane, "")], 1)
        await blocked(other)
    await requeuing
    assert await rows(store, "outbox.state outbox.held_by") == [("held", "s1")]
    await other.close()
    await store.close()
