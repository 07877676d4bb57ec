"""A conversation is one node's at a time, its events keep their order, and a turn is written whole or not at all."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from state import campaigns, conversations, interventions, messages, shelf
from state.awaiting import WORK
from state.conversations import Taken
from state.lease import LeaseLost
from state.model import cause as of_campaign
from state.model.content import Text
from state.model.event import SLACK, AddressChanged, Reacted
from state.model.receipts import Facts, Fault
from state.model.turn import Played, Say, Snapshot, Step
from state.shelf import Shelf
from state.store import Store
from state.turned import commit
from state.writer import Writes
from tests.state.acts import PHONE, accept, converse, count, message, rows, take, turned

WRITTEN = ("journal", "message", "outbox", "timer")


async def crowd(store: Store, number: int) -> None:
    """Let many customers write."""
    await asyncio.gather(*(accept(store, message(f"m{n}", f"tel:{n}")) for n in range(number)))


async def test_events_are_taken_in_the_order_they_were_accepted(store: Store) -> None:
    for key in ("b", "a", "d"):
        await accept(store, message(key), message(key + "2"))
    (taken,) = await take(store)
    assert [event.key for _, event in taken.events] == ["b", "b2", "a", "a2", "d", "d2"]


async def test_a_turn_is_written_whole(store: Store) -> None:
    turn = await converse(store, "m1", "hello", "there", state="asked", data={"n": 1})
    await accept(store, message("m2"))
    (taken,) = await take(store)
    assert (taken.id, taken.snapshot, taken.revision) == (turn.taken.id, turn.played.after, 1)
    assert (taken.last_in, taken.last_id, taken.urns) == (1_000, "m1", (PHONE,))
    assert [event.key for _, event in taken.events] == ["m2"]
    shown = await messages.timeline(store, taken.id)
    said = [("out", Text("there")), ("out", Text("hello")), ("in", Text("m1"))]
    assert [(each.direction, each.content) for each in shown] == said


async def test_a_reply_keeps_what_it_quotes_and_its_options(store: Store) -> None:
    await accept(store, replace(message("m1"), reply_to="wamid.0", client_ref="c1"))
    (taken,) = await take(store)
    turn = turned(taken, "hello")
    say = Say(Text("hello"), reply_to="m1", native={"preview_url": True}, client_ref="r1")
    await store.write(commit, replace(turn, queued=(replace(turn.queued[0], message=say),)))
    out, came = await messages.timeline(store, taken.id)
    assert (out.reply_to, out.native, out.client_ref) == ("m1", {"preview_url": True}, "r1")
    assert (came.reply_to, came.client_ref, came.provider_id) == ("wamid.0", "c1", "m1")


async def test_the_journal_tells_what_happened_and_why(store: Store) -> None:
    await accept(store, message("m1"))
    (taken,) = await take(store)
    fault = Fault("flow_error", "division by zero")
    played = Played(Snapshot(mode="parked"), steps=(Step("m1", "message", "a", "b"),), fault=fault)
    await store.write(commit, replace(turned(taken), played=played))
    ((body,),) = await rows(store, "journal.body")
    told = msgspec.json.decode(body)
    assert told["events"] == [taken.events[0][0]]
    assert (told["steps"][0]["target"], told["fault"]["reason"]) == ("b", "division by zero")


async def test_what_comes_after_a_fault_waits_until_the_conversation_goes_on(store: Store) -> None:
    await accept(store, message("m1"), message("m2"))
    (taken,) = await take(store)
    played = Played(Snapshot(mode="parked"), left=1)
    await store.write(commit, replace(turned(taken), played=played))
    assert (await count(store, "message"), await count(store, "inbox")) == (1, 1)
    await store.alone(interventions.resume, taken.id, "ada", "mended")
    (again,) = await take(store)
    assert [event.key for _, event in again.events] == ["m2"]


async def test_a_late_message_does_not_set_the_reply_window_back(store: Store) -> None:
    await accept(store, message("new", at=5_000), message("old", at=4_000))
    (taken,) = await take(store)
    await store.write(commit, turned(taken))
    assert await rows(store, "conversation.last_in conversation.last_id") == [(5_000, "new")]


async def test_only_what_a_customer_says_becomes_a_message(store: Store) -> None:
    reacted = Reacted(key="r1", at=1, addresses=(PHONE,), provider_id="r1", target="m0", emoji="👍")
    await accept(store, reacted, message("m1"))
    (taken,) = await take(store)
    await store.write(commit, turned(taken))
    assert (await count(store, "message"), await count(store, "inbox")) == (1, 0)


async def test_a_campaign_waits_for_an_answer_until_the_customer_speaks_after_it(store: Store) -> None:
    at = 1_000_000
    for key, when, kept in (("waited", at - SLACK - 1, "spring"), ("answers", at - SLACK, "")):
        await accept(store, message(key, at=when))
        (taken,) = await take(store)
        await store.write(note_campaign, "spring", taken, at)
        turn = turned(replace(taken, campaign=("spring", at)))
        await store.write(commit, turn)
        assert await rows(store, "conversation.campaign") == [(kept,)]


def note_campaign(name: str, taken: Taken, at: int) -> Writes[None]:
    """Note that a campaign's message was taken by its provider."""
    cause = of_campaign.written(of_campaign.Cause(campaign=name))
    return Writes(campaigns.noted_asks(cause, taken.id, taken.lane, Facts(accepted=at), ""), None)


async def test_a_changed_number_is_where_replies_go_from_then_on(store: Store) -> None:
    await accept(store, AddressChanged(key="c1", at=1, addresses=(PHONE,), new=("tel:1",)))
    (taken,) = await take(store)
    await store.write(commit, turned(taken))
    assert await rows(store, "conversation.urns") == [('["tel:1"]',)]


async def test_what_comes_for_a_parked_conversation_is_taken_to_be_put_away(store: Store) -> None:
    await converse(store, "m1", mode="parked")
    await accept(store, message("m2"))
    (taken,) = await take(store)
    assert (taken.snapshot.mode, taken.held) == ("parked", False)
    put = Shelf(taken.id, taken.lane, taken.epoch, tuple(each for each, _ in taken.events))
    await store.write(shelf.shelve, put)
    assert await take(store) == []
    assert await count(store, "inbox") == 1


async def test_a_take_holds_no_more_conversations_than_asked_and_leaves_the_rest(store: Store) -> None:
    await crowd(store, 10)
    taken = await take(store, limit=4)
    assert len(taken) == 4
    for each in taken:
        await store.write(commit, turned(each))
    assert len(await take(store, limit=100)) == 6


async def test_one_talkative_customer_is_taken_in_order_bit_by_bit(store: Store) -> None:
    for n in range(5):
        await accept(store, message(f"m{n}"))
    seen: list[str] = []
    while taken := await take(store, limit=1):
        seen += [event.key for _, event in taken[0].events]
        await store.write(commit, turned(taken[0]))
    assert seen == [f"m{n}" for n in range(5)]


async def test_two_nodes_never_hold_the_same_conversation(stores: tuple[Store, Store]) -> None:
    await crowd(stores[0], 60)
    seen: list[str] = []
    while len(seen) < 60:
        took = await asyncio.gather(*(take(store, f"n{n}", limit=10) for n, store in enumerate(stores)))
        seen += [each.id for taken in took for each in taken]
    assert len(set(seen)) == len(seen) == 60


async def test_a_leased_conversation_is_taken_by_nobody_until_it_is_released(
    stores: tuple[Store, Store],
) -> None:
    await accept(stores[0], message("m1"))
    (taken,) = await take(stores[0])
    assert await take(stores[1], "n2") == []
    await stores[0].write(conversations.release, [taken])
    assert [each.id for each in await take(stores[1], "n2")] == [taken.id]


async def lapsed(stores: tuple[Store, Store]) -> tuple[Taken, Taken]:
    """A conversation whose first node was frozen for longer than its lease, so that another has it now."""
    await accept(stores[0], message("m1"))
    (first,) = await take(stores[0], "n1", lease=0)
    await asyncio.sleep(0.002)
    (second,) = await take(stores[1], "n2")
    return first, second


async def test_a_node_that_lost_its_lease_writes_nothing(stores: tuple[Store, Store]) -> None:
    first, second = await lapsed(stores)
    assert second.id == first.id
    with pytest.raises(LeaseLost):
        await stores[0].write(commit, turned(first, "from the frozen node"))
    assert [await count(stores[0], table) for table in WRITTEN] == [0, 0, 0, 0]
    await stores[1].write(commit, turned(second, "hello"))
    assert await rows(stores[0], "message.content") == [
        ('{"type":"text","text":"hello"}',), ('{"type":"text","text":"m1"}',)
    ]  # fmt: skip


async def test_a_node_that_comes_late_after_the_turn_writes_nothing(stores: tuple[Store, Store]) -> None:
    first, second = await lapsed(stores)
    await stores[1].write(commit, turned(second, "hello"))
    with pytest.raises(LeaseLost):
        await stores[0].write(commit, turned(first, "again"))
    assert await count(stores[0], "outbox") == 1


async def test_the_same_turn_is_never_committed_twice(store: Store) -> None:
    turn = await converse(store, "m1", "hello")
    with pytest.raises(LeaseLost):
        await store.write(commit, turn)
    assert (await count(store, "outbox"), await count(store, "message")) == (1, 2)


async def test_a_lost_lease_takes_no_other_turn_of_the_batch_along(stores: tuple[Store, Store]) -> None:
    first, _ = await lapsed(stores)
    await accept(stores[0], message("m2", "tel:2"))
    (good,) = await take(stores[0])
    results = await asyncio.gather(
        stores[0].write(commit, turned(first, "no")),
        stores[0].write(commit, turned(good, "yes")),
        return_exceptions=True,
    )
    assert isinstance(results[0], LeaseLost)
    assert await rows(stores[0], "outbox.conversation") == [(good.id,)]


async def test_a_gateway_that_starts_alone_frees_what_it_held(sqlite: str) -> None:
    store = await Store(sqlite).open()
    await accept(store, message("m1"))
    await store.write(conversations.take, "n1", True, 10, 30_000)
    assert await take(store) == []
    await store.write(conversations.free_all)
    assert len(await take(store)) == 1
    await store.close()


def looked_at(plan: Any, table: str) -> float:
    """How many rows of a table a plan that was carried out has looked at."""
    own = plan["Actual Rows"] * plan["Actual Loops"] if plan.get("Relation Name") == table else 0
    return own + sum(looked_at(each, table) for each in plan.get("Plans", ()))


async def test_what_waits_is_found_without_a_look_at_what_is_over(plain: str) -> None:
    store, connection = await Store(plain).open(), await asyncpg.connect(plain)
    for number in range(20):
        for person in range(20):
            await accept(store, message(f"k{person}.{number}", f"whatsapp:1555{person:07d}"))
    await connection.execute("DELETE FROM inbox WHERE id <> (SELECT id FROM inbox LIMIT 1)")
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {WORK.text('postgresql').sql.replace('$1::INTEGER', '10')}"
    (told,) = await connection.fetchrow(explain)
    plan = msgspec.json.decode(told)[0]["Plan"]
    assert (plan["Actual Rows"], looked_at(plan, "event")) == (1, 1)
    await connection.close()
    await store.close()
