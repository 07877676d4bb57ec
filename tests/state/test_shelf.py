"""What comes in while inbound is suspended is put away by its turn, and comes back in order."""

import asyncpg
import pytest

from state import shelf
from state.conversations import Taken
from state.lease import LeaseLost
from state.model.consent import Consent
from state.model.ids import new_id
from state.shelf import Shelf
from state.store import Store
from tests.state.acts import accept, blocked, count, message, rows, take


async def put(store: Store) -> Shelf:
    """Take the one conversation, and put its events on the shelf."""
    (taken,) = await take(store)
    made = Shelf(taken.id, taken.lane, taken.epoch, tuple(each for each, _ in taken.events))
    await store.write(shelf.shelve, made)
    return made


def stop(taken: Taken) -> Consent:
    """A customer wants nothing any more."""
    return Consent(
        id=new_id(taken.lane), team="default", contact=taken.contact, change="withdrawn", purpose="service",
        source="message", at=1, actor="customer",
    )  # fmt: skip


async def test_events_stay_in_the_inbox_marked_and_their_conversation_is_free(store: Store) -> None:
    await accept(store, message("k1"), message("k2"))
    made = await put(store)
    assert [row[0] for row in await rows(store, "inbox.held")] == [1, 1]
    assert (await rows(store, "conversation.held conversation.lease_until")) == [(1, 0)]
    ((found, lane, _, channel),) = await store.read(shelf.HELD, 10)
    assert (found, lane, channel) == (made.id, made.lane, "wa")


async def test_released_events_are_taken_in_the_order_in_which_they_came(store: Store) -> None:
    await accept(store, message("k1"))
    made = await put(store)
    await accept(store, message("k2"))
    await put(store)
    await store.write(shelf.release, [(made.id, made.lane)])
    assert [row[0] for row in await rows(store, "inbox.held")] == [0, 0]
    assert await store.read(shelf.HELD, 10) == []
    (taken,) = await take(store)
    assert [event.key for _, event in taken.events] == ["k1", "k2"]


async def test_what_a_customer_withdrew_is_written_with_it(store: Store) -> None:
    await accept(store, message("k1"))
    (taken,) = await take(store)
    made = Shelf(taken.id, taken.lane, taken.epoch, (taken.events[0][0],))
    await store.write(shelf.shelve, made, [stop(taken)])
    assert (await count(store, "consent"), await count(store, "standing")) == (1, 1)


async def test_it_waits_for_a_customer_without_holding_the_conversation(plain: str) -> None:
    store, other = await Store(plain).open(), await asyncpg.connect(plain)
    await accept(store, message("k1"))
    (taken,) = await take(store)
    made = Shelf(taken.id, taken.lane, taken.epoch, (taken.events[0][0],))
    async with other.transaction():  # a message that is marked: the customer's row, then its conversation's
        await other.execute("SELECT FROM contact FOR UPDATE")
        writing = store.write(shelf.shelve, made, [stop(taken)])
        await blocked(other)
        await other.execute("SELECT FROM conversation FOR UPDATE NOWAIT")
    await writing
    await other.close()
    await store.close()


async def test_a_node_that_lost_the_conversation_puts_nothing_away(store: Store) -> None:
    await accept(store, message("k1"))
    (taken,) = await take(store)
    lost = Shelf(taken.id, taken.lane, taken.epoch + 1, (taken.events[0][0],))
    with pytest.raises(LeaseLost):
        await store.write(shelf.shelve, lost)
    assert [row[0] for row in await rows(store, "inbox.held")] == [0]
