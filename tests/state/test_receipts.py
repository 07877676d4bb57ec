"""Receipts reach their message in any order, any number of times, even before we know its provider's id."""

import asyncio
import json
from functools import reduce
from itertools import permutations
from typing import Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from state import messages, outbox, receipts
from state.model import cause
from state.model.cause import of_flow
from state.model.content import Text
from state.model.event import MessageEchoed, MessageFailed, Receipt, ReceiptUpTo
from state.model.ids import now_ms
from state.model.receipts import Facts, Fault, ReceiptStatus, fact
from state.outbox import Leased, Settled
from state.parts import Piece
from state.store import Store
from state.turned import commit
from tests.state.acts import accept, count, lease, message, rows, take, turned

STATUSES: list[ReceiptStatus] = ["sent", "delivered", "read", "played", "failed"]
FAULTS = st.builds(Fault, st.sampled_from("aBé"), st.sampled_from(["", "A"]), st.sampled_from(["", "RETRY"]))
Told = tuple[ReceiptStatus, int, Fault | None]
CASES = st.lists(
    st.lists(
        st.tuples(st.sampled_from(STATUSES), st.integers(1, 4), st.none() | FAULTS), min_size=1, max_size=6
    ),
    min_size=10,
    max_size=20,
)


def receipt(status: ReceiptStatus, at: int, message_id: str = "", provider_id: str = "wamid.1") -> Receipt:
    return Receipt(
        key=f"{provider_id}:{status}:{at}",
        at=at,
        provider_id=provider_id,
        status=status,
        message_id=message_id,
    )


async def leased(store: Store, number: int = 1) -> list[Leased]:
    """Messages that are on their way, each to a customer of its own."""
    prefix = now_ms()
    await asyncio.gather(
        *(accept(store, message(f"{prefix}.{n}", f"tel:{prefix}{n}")) for n in range(number))
    )
    turns = [turned(taken, "hello") for taken in await take(store)]
    await asyncio.gather(*(store.write(commit, turn) for turn in turns))
    return await lease(store)


async def facts(store: Store, message_id: str) -> Facts:
    found = await messages.one(store, message_id)
    assert found
    return found.facts


def expected(told: list[Told]) -> Facts:
    return reduce(Facts.merge, [fact(*each) for each in told], Facts())


async def tell(store: Store, row: Leased, told: list[Told], carried: str) -> None:
    """Store receipts one by one, in one go."""
    made = [
        Receipt(
            key=str(each),
            at=each[1],
            provider_id=f"p{row.id}",
            status=each[0],
            fault=each[2],
            message_id=carried,
        )
        for each in told
    ]
    await asyncio.gather(*(accept(store, each) for each in made))


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases=CASES)
async def test_random_receipts_with_our_id_end_as_the_model_says(
    store: Store, cases: list[list[Told]]
) -> None:
    sent = await leased(store, len(cases))
    await asyncio.gather(*(tell(store, row, told, row.id) for row, told in zip(sent, cases, strict=True)))
    for row, told in zip(sent, cases, strict=True):
        assert await facts(store, row.id) == expected(told)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases=CASES, split=st.integers(0, 5))
async def test_random_receipts_around_the_answer_end_as_the_model_says(
    store: Store, cases: list[list[Told]], split: int
) -> None:
    sent = await leased(store, len(cases))
    pairs = list(zip(sent, cases, strict=True))
    await asyncio.gather(*(tell(store, row, told[:split], "") for row, told in pairs))
    await asyncio.gather(
        *(store.write(outbox.settle, Settled(row, Facts(accepted=3), f"p{row.id}")) for row in sent)
    )
    await asyncio.gather(*(tell(store, row, told[split:], "") for row, told in pairs))
    await asyncio.gather(store.write(receipts.sweep), store.write(receipts.sweep))
    for row, told in pairs:
        assert await facts(store, row.id) == expected(told).merge(Facts(accepted=3))


async def test_receipts_with_our_id_merge_at_once(store: Store) -> None:
    (row,) = await leased(store)
    for order in permutations(
        [receipt("read", 30, row.id), receipt("sent", 10, row.id), receipt("delivered", 20, row.id)]
    ):
        await accept(store, *order)
        assert await facts(store, row.id) == Facts(sent=10, delivered=20, read=30)
    assert await count(store, "receipt") == 0


async def test_a_receipt_before_the_answer_waits_for_it(store: Store) -> None:
    (row,) = await leased(store)
    await accept(store, receipt("delivered", 20), receipt("sent", 10))
    assert await store.write(receipts.sweep) == 0
    await store.write(outbox.settle, Settled(row, Facts(accepted=15), "wamid.1"))
    assert await store.write(receipts.sweep) == 2
    assert await facts(store, row.id) == Facts(accepted=15, sent=10, delivered=20)
    assert await count(store, "receipt") == 0


async def test_a_receipt_of_another_channel_is_not_ours(store: Store) -> None:
    (row,) = await leased(store)
    await store.write(outbox.settle, Settled(row, provider_id="wamid.1"))
    await accept(store, receipt("read", 20), channel="wb")
    assert await store.write(receipts.sweep) == 0
    assert await facts(store, row.id) == Facts()


async def test_an_id_that_is_none_of_ours_is_not_looked_up(store: Store) -> None:
    await accept(store, receipt("read", 20, "z" * 32))
    assert await rows(store, "receipt.provider_id receipt.status receipt.at") == [("wamid.1", "read", 20)]


async def test_a_warning_in_a_receipt_is_a_signal_once(store: Store) -> None:
    warned = Receipt(
        key="r1", at=1, provider_id="wamid.9", status="failed", fault=Fault("131049", "", "WARN")
    )
    await asyncio.gather(accept(store, warned), accept(store, warned))
    assert await rows(store, "signal.key signal.action signal.code") == [("r1", "WARN", "131049")]


async def test_a_watermark_is_for_all_that_was_taken_by_then(store: Store) -> None:
    one, other = await leased(store, 2)
    now = now_ms()
    await store.write(outbox.settle, Settled(one, Facts(accepted=now), "p1"))
    await store.write(outbox.settle, Settled(other, Facts(accepted=now), "p2"))
    await accept(store, up_to(one, now, "delivered"), up_to(one, now + 5))
    await accept(store, up_to(one, now + 9))
    assert await facts(store, one.id) == Facts(accepted=now, delivered=now + 1, read=now + 6)
    assert await facts(store, other.id) == Facts(accepted=now)
    assert await count(store, "event") == 2, "a watermark opens no turn"


async def test_a_watermark_is_not_for_what_was_said_or_taken_later(store: Store) -> None:
    said_later, taken_later = await leased(store, 2)
    now = now_ms()
    await store.write(outbox.settle, Settled(said_later, Facts(accepted=now), "p1"))
    await store.write(outbox.settle, Settled(taken_later, Facts(accepted=now + 60_000), "p2"))
    await accept(store, up_to(said_later, now - 60_000), up_to(taken_later, now))
    await store.write(receipts.sweep)
    assert (await facts(store, said_later.id)).status == "accepted"
    assert (await facts(store, taken_later.id)).status == "accepted"


async def test_a_watermark_before_the_answer_waits_for_it(store: Store) -> None:
    (row,) = await leased(store)
    now = now_ms()
    await accept(store, up_to(row, now))
    assert await store.write(receipts.sweep) == 0
    await store.write(outbox.settle, Settled(row, Facts(accepted=now + 5), "p1"))
    assert await store.write(receipts.sweep) == 1
    assert await facts(store, row.id) == Facts(accepted=now + 5, read=now + 1)
    assert await store.write(receipts.sweep) == 0


async def test_an_old_watermark_is_forgotten(store: Store) -> None:
    (row,) = await leased(store)
    await accept(store, up_to(row, now_ms() - 600_000))
    assert await count(store, "watermark") == 1
    await store.write(receipts.sweep)
    assert await count(store, "watermark") == 0


def up_to(row: Leased, until: int, status: Literal["delivered", "read"] = "read") -> ReceiptUpTo:
    """A watermark of the customer a row is for, told a millisecond later."""
    urns = tuple(json.loads(row.talk.urns))
    return ReceiptUpTo(key=f"{status}:{until}", at=until + 1, addresses=urns, status=status, until=until)


async def test_a_copy_of_what_we_sent_tells_that_it_was_sent_and_of_others_it_is_an_event(
    store: Store,
) -> None:
    (item,) = await leased(store)
    urns = (await rows(store, "address.urn"))[0][0]
    await store.write(outbox.settle, Settled(item, Facts(accepted=5), "wamid.1"))
    before = await count(store, "event")
    for key in ("wamid.1", "wamid.2"):
        await accept(
            store, MessageEchoed(key=key, at=7, addresses=(urns,), provider_id=key, content=Text("hello"))
        )
    await store.write(receipts.sweep)
    assert (await facts(store, item.id)).sent == 7
    assert await count(store, "event") == before + 1


async def test_a_receipt_of_a_part_is_not_one_of_the_whole_once_its_parts_are_known(store: Store) -> None:
    answered, cut_off = await leased(store, 2)
    piece = Piece(0, 1, ("p1", "p2"))
    await store.write(outbox.settle, Settled(answered, Facts(accepted=5), "p1", piece=piece))
    for part, item in (("p1", answered), ("p9", cut_off)):
        told = replace(receipt("delivered", 20, item.id, part), of_part=True)
        await accept(store, told)
    await store.write(receipts.sweep)
    assert (await facts(store, answered.id)).delivered == 0
    assert (await facts(store, cut_off.id)).delivered == 20
    await accept(store, replace(receipt("delivered", 30, answered.id, "p2"), of_part=True))
    await store.write(receipts.sweep)
    assert (await facts(store, answered.id)).delivered == 30


async def told_runs(store: Store) -> list[int]:
    """The runs that are told of a failure, by the events that wait."""
    bodies = await rows(store, "event.body")
    found = (json.loads(body) for (body,) in bodies)
    return [each["cause"]["run"] for each in found if each["event"] == "message_failed"]


async def sent_by_a_flow(store: Store, run: int) -> Leased:
    """A message of a flow, on its way, whose failure its run is told of."""
    await accept(store, message(f"{now_ms()}", f"tel:{now_ms()}"))
    (taken,) = await take(store)
    turn = turned(taken, "hello")
    body = cause.written(of_flow("f", "service", run))
    said = replace(turn.queued[0].message, cause=cause.read(body))  # type: ignore[type-var]
    await store.write(commit, replace(turn, queued=(replace(turn.queued[0], body=body, message=said),)))
    (row,) = await lease(store)
    return row


async def test_a_flow_is_told_of_a_failure_once_and_its_conversation_awaits_a_turn(store: Store) -> None:
    row = await sent_by_a_flow(store, 3)
    failure = Facts(failed=5, fault=Fault("gone"))
    await store.write(outbox.settle, Settled(row, failure))
    await accept(store, receipt("failed", 7, row.id))
    assert await told_runs(store) == [3]
    (taken,) = await take(store)
    (event,) = (event for _, event in taken.events)
    assert isinstance(event, MessageFailed)
    assert (event.message_id, event.fault, event.at) == (row.id, Fault("gone"), 5)


async def test_what_a_flow_has_not_asked_for_or_was_delivered_after_all_is_told_to_nobody(
    store: Store,
) -> None:
    (row,) = await leased(store)
    await store.write(outbox.settle, Settled(row, Facts(failed=5, fault=Fault("gone"))))
    row = await sent_by_a_flow(store, 3)
    await store.write(outbox.settle, Settled(row, Facts(accepted=4), provider_id="wamid.1"))
    await accept(store, receipt("read", 6, row.id))
    await accept(store, receipt("failed", 7, row.id))
    assert await told_runs(store) == []


async def test_a_failure_that_waited_for_its_message_is_told(store: Store) -> None:
    row = await sent_by_a_flow(store, 3)
    await accept(store, receipt("failed", 7))
    await store.write(outbox.settle, Settled(row, Facts(accepted=4), provider_id="wamid.1"))
    await store.write(receipts.sweep)
    assert await told_runs(store) == [3]
