"""What comes in is stored once, whole, and in its customer's conversation."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import astuple, replace

from state import inbox
from state.awaiting import PENDING
from state.inbox import Arrived, Envelope, Internal, Unstorable
from state.model.event import AddressChanged, Event, HandedBack, Notice, Receipt, Typing
from state.model.ids import lane_of_id
from state.model.receipts import Fault
from state.store import Store
from state.writer import Op
from tests.state.acts import BSUID, LETTER, PHONE, accept, converse, count, message, rows, take

OTHER = "whatsapp:15550001111"


async def test_an_event_that_comes_thrice_in_a_batch_is_stored_once(store: Store) -> None:
    await asyncio.gather(*(accept(store, message("m1")) for _ in range(3)))
    assert store.batch_mean == 3
    assert (await count(store, "event"), await count(store, "inbox")) == (1, 1)


async def test_an_event_that_comes_thrice_in_a_row_is_stored_once(store: Store) -> None:
    for _ in range(3):
        await accept(store, message("m1"))
    assert (await count(store, "event"), await count(store, "inbox")) == (1, 1)
    assert await count(store, "envelope") == 3


async def test_an_event_that_comes_twice_in_an_envelope_is_stored_once(store: Store) -> None:
    await accept(store, message("m1"), message("m2"), message("m1"))
    assert await rows(store, "event.key") == [("m1",), ("m2",)]


async def test_an_event_that_comes_after_its_turn_is_not_stored_again(store: Store) -> None:
    await converse(store, "m1")
    await accept(store, message("m1"))
    assert await take(store) == []


async def test_the_same_key_on_two_channels_is_two_events(store: Store) -> None:
    await accept(store, message("m1"), channel="wa")
    await accept(store, message("m1"), channel="wb")
    assert await count(store, "inbox") == 2


async def test_two_nodes_that_get_the_same_events_at_once_store_each_once(
    stores: tuple[Store, Store],
) -> None:
    for n in range(10):
        events = [message(f"m{n}"), message(f"o{n}", OTHER)]
        one = asyncio.gather(*(accept(stores[0], event) for event in events))
        two = asyncio.gather(*(accept(stores[1], event) for event in reversed(events)))
        await asyncio.gather(one, two)
    assert (await count(stores[0], "event"), await count(stores[0], "inbox")) == (20, 20)
    assert await count(stores[0], "conversation") == 2


async def test_who_is_known_is_not_looked_up_again(store: Store) -> None:
    placed = await accept(store, message("m1"))
    (who,) = placed.who.values()
    arrived = [Arrived(message("m2"), "wa", "default")]
    again = await store.write(inbox.accept, LETTER, arrived, placed.who)
    assert (again.lanes, list(again.who.values())) == ([str(who.lane)], [who])
    assert {row[0] for row in await rows(store, "inbox.conversation")} == {who.conversation}


async def test_all_rows_of_an_event_lie_in_its_contact_s_lane(store: Store) -> None:
    placed = await accept(store, message("m1"))
    (lane,) = map(int, placed.lanes)
    for table in ("envelope", "event", "inbox", "conversation", "contact"):
        ((row_id, row_lane),) = await rows(store, f"{table}.id {table}.lane")
        assert (lane_of_id(row_id), row_lane) == (lane, lane)


async def test_typing_leaves_no_event(store: Store) -> None:
    placed = await accept(store, Typing(key="t", at=1, addresses=(PHONE,)))
    assert placed.lanes == []
    assert (await count(store, "event"), await count(store, "contact")) == (0, 0)


async def test_a_notice_is_a_signal_once(store: Store) -> None:
    notice = Notice(key="n1", at=1, code="quality", action="WARN")
    await asyncio.gather(accept(store, notice), accept(store, notice))
    await accept(store, notice)
    assert await rows(store, "signal.channel signal.action signal.code") == [("wa", "WARN", "quality")]


async def test_our_own_events_wait_for_their_turn_once(store: Store) -> None:
    placed = await accept(store, message("m1"))
    (who,) = placed.who.values()
    back = HandedBack(key="back:1", at=2)
    await store.write(inbox.internal, who.conversation, who.lane, "wa", back)
    await store.write(inbox.put_all, [Internal(who.conversation, who.lane, "wa", back)] * 2)
    (taken,) = await take(store)
    assert [event.key for _, event in taken.events] == ["m1", "back:1"]


BAD: list[tuple[str, Event]] = [
    ("a key of 300 characters", message("k" * 300)),
    ("a key with a NUL", message("k\0")),
    ("an address of 300 characters", message("k", "whatsapp:" + "1" * 300)),
    ("an address with a NUL", message("k", "whatsapp:\0")),
    ("no address", replace(message("k"), addresses=())),
    ("a time far beyond the sun", message("k", at=1 << 70)),
    ("a time before 1970", message("k", at=-1)),
    ("a new address of 300 characters", AddressChanged(key="k", at=1, addresses=(PHONE,), new=("tel:" + "1" * 300,))),
    ("a notice with a code of 300 characters", Notice(key="k", at=1, code="c" * 300)),
    ("a receipt with a NUL in its fault's code",
     Receipt(key="k", at=1, provider_id="p", status="failed", fault=Fault("\0"))),
    ("a receipt at no time", Receipt(key="k", at=1 << 64, provider_id="p", status="sent")),
]  # fmt: skip


@pytest.mark.parametrize(("why", "bad"), BAD, ids=[why for why, _ in BAD])
def test_what_no_column_can_hold_is_refused_before_anything_is_asked(why: str, bad: Event) -> None:
    with pytest.raises(Unstorable):
        inbox.accept(LETTER, [Arrived(message("m1"), "wa", "default"), Arrived(bad, "wa", "default")], {})


async def test_what_is_refused_takes_only_its_own_envelope_along(store: Store) -> None:
    both = accept(store, message("m1")), accept(store, message("m2"), BAD[0][1])
    _, refused = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(refused, Unstorable)
    assert await rows(store, "event.key") == [("m1",)]


async def test_an_event_of_longest_texts_is_held(store: Store) -> None:
    await accept(store, message("😀" * 255, "whatsapp:" + "é" * 246))
    assert await count(store, "inbox") == 1


async def test_a_customer_s_name_may_hold_anything(store: Store) -> None:
    await accept(store, replace(message("m1"), name="A\0nn" * 200))
    (taken,) = await take(store)
    assert taken.events[0][1].name == "A\0nn" * 200


async def test_a_quarantined_envelope_is_kept_with_its_bytes_and_can_be_taken_again(store: Store) -> None:
    letter = Envelope("wa", '{"method":"POST"}', b"\xff\x00broken", '[{"where":"$","why":"no"}]')
    letter_id = await store.write(inbox.quarantine, letter)
    assert [row[0] for row in await store.read(inbox.QUARANTINED, 10)] == [letter_id]
    (row,) = await store.read(inbox.ENVELOPE, letter_id, lane_of_id(letter_id))
    assert (row[0], row[1], bytes(row[2]), row[3]) == astuple(letter)
    arrived = [Arrived(message("m1"), "wa", "default")]
    for _ in range(2):
        await store.write(inbox.accept_again, letter_id, arrived)
    await store.write(inbox.replayed, letter_id, "")
    assert await store.read(inbox.QUARANTINED, 10) == []
    assert await count(store, "inbox") == 1


async def test_a_batch_of_new_customers_makes_each_once(store: Store) -> None:
    urns = [PHONE, OTHER, BSUID, PHONE, OTHER]
    await asyncio.gather(*(accept(store, message(f"m{n}", urn)) for n, urn in enumerate(urns)))
    assert (await count(store, "contact"), await count(store, "conversation")) == (3, 3)
    assert await count(store, "inbox") == 5


async def test_who_is_known_is_looked_at_again_where_others_may_have_merged(store: Store) -> None:
    alone = [await accept(store, message("m1", PHONE)), await accept(store, message("m2", BSUID))]
    known = {key: who for placed in alone for key, who in placed.who.items()}
    assert (await accept(store, message("m3", PHONE, BSUID))).merged
    for key in ("m4", "m4", "m2"):
        again = [Arrived(message(key, BSUID), "wa", "default")]
        await store.write(inbox.accept, LETTER, again, known, True)
    assert await count(store, "event") == 4, "what came twice is stored once"
    (now,) = (await accept(store, message("m5", PHONE, BSUID))).who.values()
    assert ("m4", now.conversation) in await rows(store, "event.key event.conversation")


@pytest.mark.parametrize("shared", [True, False])
async def test_what_is_accepted_awaits_its_turn_whatever_else_is_stored_in_its_commit(
    store: Store, shared: bool
) -> None:
    (one,) = (await accept(store, message("m1"))).who.values()

    def before(asked: Sequence[Any]) -> Op[None]:
        """Others of the batch ask by the same statement, in this step or the next, before ours asks for its event."""
        for each in asked:  # noqa: UP028 - a list takes no answers
            yield each

    awaits = [(PENDING, ("0" * 32, one.lane))]
    arrived = [Arrived(message("m2"), "wa", "default")]
    await asyncio.gather(
        store.write(before, [awaits, awaits]),
        store.write(inbox.accept, LETTER, arrived, {("wa", (PHONE,)): one}, shared),
    )
    assert await rows(store, "inbox.id") == await rows(store, "event.id")
    assert await count(store, "event") == 2
