"""What goes out leaves in order, is held where it must be, and is settled by the node that has it."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from state import held, inbox, messages, outbox
from state.lease import LeaseLost
from state.model import cause
from state.model.cause import Cause
from state.model.event import EffectDone
from state.model.ids import new_id, now_ms
from state.model.receipts import Facts, Fault
from state.outbox import BULK, NORMAL, URGENT, Leased, Letter, Queued, Settled, Talk
from state.store import Store
from state.turned import commit
from state.writer import Op
from tests.state.acts import (
    DAY,
    LEASE,
    accept,
    converse,
    count,
    lease,
    message,
    rows,
    sent,
    take,
    turned,
    words,
)

LATER = now_ms() + DAY


async def go(store: Store, row: Leased) -> None:
    """Send and settle a row."""
    await store.write(outbox.sending, row, sent())
    await store.write(outbox.settle, Settled(row, Facts(accepted=now_ms())))


async def test_replies_of_a_conversation_leave_one_after_the_other(store: Store) -> None:
    await converse(store, "m1", "a", "b")
    await converse(store, "m2", "c")
    left = []
    while leased := await lease(store):
        left.append(words(leased))
        await go(store, leased[0])
    assert left == [["a"], ["b"], ["c"]]


async def test_conversations_do_not_wait_for_each_other(store: Store) -> None:
    for n in range(3):
        await converse(store, f"m{n}", f"a{n}", f"b{n}", urn=f"tel:{n}")
    assert words(await lease(store)) == ["a0", "a1", "a2"]


async def test_the_urgent_overtake_the_rest_of_their_channel(store: Store) -> None:
    for name, priority in (("bulk", BULK), ("reply", NORMAL), ("code", URGENT)):
        await converse(store, name, name, urn=f"tel:{name}", priority=priority)
    assert [words(await lease(store, limit=1)) for _ in range(3)] == [["code"], ["reply"], ["bulk"]]


async def test_what_is_less_urgent_does_not_hold_a_reply_in_its_own_conversation(store: Store) -> None:
    await converse(store, "m1", "campaign", priority=BULK)
    await converse(store, "m2", "reply")
    assert words(await lease(store)) == ["reply", "campaign"]


async def test_a_row_that_was_put_back_is_not_leased_again_by_who_renews_what_is_under_way(
    store: Store,
) -> None:
    await converse(store, "m1", "hello")
    for late in (False, True):
        (row,) = await lease(store)
        put_back = store.write(outbox.settle, Settled(row, again_at=now_ms()))
        if late:
            await put_back
        await asyncio.gather(put_back, store.write(outbox.renew, [row], LEASE))
    assert words(await lease(store)) == ["hello"]


async def test_a_row_waits_until_it_is_due(store: Store) -> None:
    await converse(store, "m1", "hello")
    (row,) = await lease(store)
    await store.write(outbox.settle, Settled(row, again_at=LATER, attempt=1))
    assert await lease(store) == []
    assert await store.read(outbox.NEXT_DUE, "wa", now_ms()) == [(LATER,)]
    (again,) = await lease(store, now=LATER)
    assert (again.id, again.attempt) == (row.id, 1)


async def test_a_reply_that_is_tried_again_holds_those_behind_it(store: Store) -> None:
    await converse(store, "m1", "a", "b")
    (row,) = await lease(store)
    await store.write(outbox.settle, Settled(row, again_at=LATER, attempt=1))
    assert await lease(store) == []
    assert words(await lease(store, now=LATER)) == ["a"]


async def test_a_message_for_a_later_time_holds_nobody_before_it_is_due(store: Store) -> None:
    await converse(store, "m1", "tomorrow", due_at=LATER)
    await converse(store, "m2", "now")
    (row,) = await lease(store)
    assert words([row]) == ["now"]
    await go(store, row)
    await converse(store, "m3", "then")
    assert words(await lease(store, now=LATER)) == ["tomorrow"]


async def test_a_held_row_holds_those_behind_it(store: Store) -> None:
    await converse(store, "m1", "a", "b")
    (row,) = await lease(store)
    await store.write(outbox.settle, Settled(row, held=True, decision=sent().decision))
    assert await lease(store, now=LATER) == []
    assert await rows(store, "outbox.state") == [("held",), ("queued",)]


async def test_what_was_held_is_decided_again_in_order(store: Store) -> None:
    for n in range(3):
        await converse(store, f"m{n}", f"a{n}", f"b{n}", urn=f"tel:{n}")
    for row in await lease(store):
        await store.write(outbox.settle, Settled(row, held=True))
    found = [(row[0], row[1]) for row in await store.read(held.HELD)]
    await store.write(held.requeue, found, now_ms())
    first = await lease(store)
    for row in first:
        await go(store, row)
    assert [words(first), words(await lease(store))] == [["a0", "a1", "a2"], ["b0", "b1", "b2"]]


async def test_a_row_is_one_node_s_at_a_time(stores: tuple[Store, Store]) -> None:
    for n in range(12):
        await converse(stores[0], f"m{n}", f"a{n}", urn=f"tel:{n}")
    seen: list[str] = []
    while len(seen) < 12:
        took = await asyncio.gather(*(lease(store, f"n{n}", limit=5) for n, store in enumerate(stores)))
        seen += [row.id for leased in took for row in leased]
    assert len(set(seen)) == len(seen) == 12


async def test_a_node_that_lost_its_lease_neither_sends_nor_settles(store: Store) -> None:
    await converse(store, "m1", "hello")
    (first,) = await lease(store, "n1", ms=0)
    await asyncio.sleep(0.005)
    (second,) = await lease(store, "n2")
    assert (second.id, second.epoch) == (first.id, first.epoch + 1)
    for ask in ((outbox.sending, first, sent()), (outbox.settle, Settled(first)), (outbox.finish, first)):
        with pytest.raises(LeaseLost):
            await store.write(*ask)
    assert (await count(store, "decision"), await rows(store, "outbox.state")) == (0, [("queued",)])
    await go(store, second)
    assert await count(store, "outbox") == 0


async def test_a_row_that_is_settled_is_settled_for_good(store: Store) -> None:
    await converse(store, "m1", "hello")
    (row,) = await lease(store)
    await go(store, row)
    with pytest.raises(LeaseLost):
        await store.write(outbox.settle, Settled(row, again_at=now_ms()))


async def test_a_send_cut_off_is_seen_by_who_comes_after(store: Store) -> None:
    await converse(store, "m1", "a", "b")
    (row,) = await lease(store, ms=0)
    await store.write(outbox.sending, row, sent())
    await asyncio.sleep(0.005)
    (again,) = await lease(store, "n2")
    assert (again.id, again.state, again.attempt) == (row.id, "sending", 1)
    await store.write(outbox.settle, Settled(again, outcome="unknown"))
    found = await messages.one(store, row.id)
    assert found
    assert (found.outcome, found.facts.status) == ("unknown", "queued")
    assert words(await lease(store)) == ["b"]


async def test_what_became_of_a_message_is_kept_beside_it(store: Store) -> None:
    await converse(store, "m1", "hello")
    (row,) = await lease(store)
    await store.write(outbox.sending, row, sent())
    trace, fault = '[{"name":"messages","status":400}]', Fault("131000", "no", "RETRY", "third_party")
    await store.write(outbox.settle, Settled(row, Facts(failed=5, fault=fault), "wamid.1", trace=trace))
    found = await messages.one(store, row.id)
    assert found
    assert (found.facts, found.provider_id) == (Facts(failed=5, fault=fault), "wamid.1")
    assert [each.verdict for each in await messages.decisions(store, row.id)] == ["send"]
    (exchange,) = await messages.exchanges(store, row.id)
    assert (exchange["attempt"], exchange["calls"][0]["status"]) == (1, 400)


async def test_a_leased_row_knows_its_customer_and_its_words(store: Store) -> None:
    turn = await converse(store, "m1", "hello")
    (row,) = await lease(store)
    assert row.talk == Talk(turn.taken.contact, 1_000, "m1", '["whatsapp:15551234567"]')
    assert row.message == Letter('{"type":"text","text":"hello"}', "", "")


async def test_an_effect_runs_beside_the_replies_and_ends_with_its_result(store: Store) -> None:
    turn = await converse(store, "m1", "hello")
    now, taken = now_ms(), turn.taken

    def queue() -> Op[None]:
        key = (new_id(taken.lane), taken.lane, taken.id)
        yield outbox.queue_asks(Queued(*key, outbox.EFFECTS, "effect", '{"flow":"f"}', now, now + DAY))

    await store.write(queue)
    (row,) = await lease(store, channel=outbox.EFFECTS)
    assert (row.kind, row.body, row.message) == ("effect", '{"flow":"f"}', None)
    done = EffectDone(key=f"effect:{row.id}", at=now, effect="look", effect_id=row.id)

    def finish() -> Op[None]:
        yield from outbox.finish(row)
        yield from inbox.put(row.conversation, row.lane, "wa", done)

    await store.write(finish)
    with pytest.raises(LeaseLost):
        await store.write(finish)
    assert (await count(store, "inbox"), await rows(store, "outbox.kind")) == (1, [("message",)])


async def test_a_gateway_that_starts_alone_frees_what_it_held(sqlite: str) -> None:
    store = await Store(sqlite).open()
    await converse(store, "m1", "hello")
    await lease(store)
    assert await lease(store) == []
    await store.write(outbox.free_all)
    assert words(await lease(store)) == ["hello"]
    await store.close()


async def test_what_is_given_back_can_be_taken_at_once(store: Store) -> None:
    for n in range(2):
        await converse(store, f"m{n}", "hello", urn=f"tel:+1555010{n}")
    kept, lost = await lease(store)
    await store.write(outbox.give_back, [kept, replace(lost, epoch=lost.epoch - 1)])
    assert [row.id for row in await lease(store, "n2")] == [kept.id]


@pytest.mark.parametrize("first", ["taken", "settled"])
async def test_what_stands_behind_a_notice_is_not_taken_before_it_is_known_that_it_failed(
    store: Store, first: str
) -> None:
    await accept(store, message("m1"))
    (taken,) = await take(store)
    turn = turned(taken, "who has access", "hello")
    tells = replace(turn.queued[0], body=cause.written(Cause(tells="1/en")))
    await store.write(commit, replace(turn, queued=(tells, turn.queued[1]), told="1/en"))
    (notice,) = await lease(store)
    failed = Settled(
        notice, Facts(failed=now_ms(), fault=Fault("131026", "undeliverable", "FAIL_MSG", "recipient"))
    )
    asked: tuple[Any, ...] = (outbox.take, "wa", "n1", 9, now_ms() + 1, LEASE)
    both = [store.write(*asked), store.write(outbox.settle, failed)] if first == "taken" else [
        store.write(outbox.settle, failed), store.write(*asked)
    ]  # fmt: skip
    ends = await asyncio.gather(*both)
    found = [row for batch in ends if batch for row in batch.rows] + await lease(store)
    assert [row.message.told for row in found if row.message] == [""]
