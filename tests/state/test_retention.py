"""What is old leaves in batches, unless something still waits for it."""

from datetime import UTC, datetime, timedelta

import time_machine

from state import activities, outbox, receipts, retention
from state.model.event import Receipt
from state.outbox import Settled
from state.store import Store
from state.turned import commit
from tests.state.acts import accept, converse, count, lease, message, sent, take, turned

TOMORROW = -1
"""Days: what is younger than minus one day is everything."""


async def test_what_is_young_stays(store: Store) -> None:
    await converse(store, "m1", "hello")
    for kind in retention.KINDS:
        assert await store.write(retention.sweep, kind, 1) == 0


async def test_what_is_old_leaves_in_batches(store: Store) -> None:
    for n in range(5):
        await accept(store, message(f"m{n}"))
    (taken,) = await take(store)
    await store.write(commit, turned(taken))
    gone = [await store.write(retention.sweep, "envelopes", TOMORROW, 2) for _ in range(4)]
    assert gone == [4, 4, 2, 0]


async def test_an_event_that_waits_for_its_turn_stays(store: Store) -> None:
    await accept(store, message("m1"))
    assert await store.write(retention.sweep, "envelopes", TOMORROW) == 1
    (taken,) = await take(store)
    assert [event.key for _, event in taken.events] == ["m1"]


async def test_a_message_that_is_on_its_way_stays_until_it_is_settled(store: Store) -> None:
    await converse(store, "m1", "hello")
    (row,) = await lease(store)
    assert await store.write(retention.sweep, "messages", TOMORROW) == 1
    await store.write(outbox.sending, row, sent())
    await store.write(outbox.settle, Settled(row, trace="[]"))
    assert await store.write(retention.sweep, "messages", TOMORROW) == 3
    assert [await count(store, table) for table in ("message", "decision", "exchange")] == [0, 0, 0]


async def test_an_app_s_transcript_leaves_with_the_messages(store: Store) -> None:
    turn = await converse(store, "m1", "hello")
    await store.write(activities.append, turn.taken.id, "k", "{}")
    assert await store.write(retention.sweep, "messages", 1) == 0
    await store.write(retention.sweep, "messages", TOMORROW)
    assert await count(store, "activity") == 0


async def test_receipts_of_messages_we_never_sent_are_forgotten_after_a_week(store: Store) -> None:
    await accept(store, Receipt(key="k", at=1, provider_id="wamid.theirs", status="read"))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=6), tick=True):
        assert await store.write(receipts.forget) == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8), tick=True):
        assert await store.write(receipts.forget) == 1
    assert await count(store, "receipt") == 0
