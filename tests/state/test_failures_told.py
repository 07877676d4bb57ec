"""A message that has failed is told to hooks once, wherever its failure comes to light."""

from typing import Any

import msgspec
import pytest

from state import held, hooks, outbox, receipts
from state.held import End
from state.model.event import Receipt
from state.model.receipts import Facts, Fault
from state.outbox import Leased, Settled
from state.parts import Piece
from state.store import Store
from tests.state.acts import accept, converse, lease, sent

FAULT = Fault("131026", "no such number", "FAIL_RCPT", "recipient")


async def told(store: Store) -> list[Any]:
    """What hooks are to be told of messages: the data."""
    return [
        msgspec.json.decode(row[5])
        for row in await store.read(hooks.WAITING, 100)
        if row[1] == "message.failed"
    ]


async def leased(store: Store) -> Leased:
    await converse(store, "k1", "hello")
    (row,) = await lease(store)
    await store.write(outbox.sending, row, sent())
    return row


def receipt(provider_id: str, ours: str = "", **more: Any) -> Receipt:
    return Receipt(
        key=f"{provider_id}:failed", at=7_000, provider_id=provider_id, status="failed", message_id=ours, fault=FAULT,
        **more,
    )  # fmt: skip


async def test_a_send_that_fails_for_good_is_told_with_its_code_and_whose_doing_it_was(store: Store) -> None:
    row = await leased(store)
    await store.write(outbox.settle, Settled(row, Facts(failed=7_000, fault=FAULT)))
    assert await told(store) == [
        {
            "message": row.id, "channel": "wa", "code": "131026", "reason": "no such number",
            "attribution": "recipient", "at": "1970-01-01T00:00:07Z",
        }
    ]  # fmt: skip


@pytest.mark.parametrize("end", [Settled, Facts(accepted=5)], ids=["again", "accepted"])
async def test_one_that_is_tried_again_or_taken_is_not_told(store: Store, end: Any) -> None:
    row = await leased(store)
    await store.write(outbox.settle, Settled(row, again_at=9) if end is Settled else Settled(row, end, "p1"))
    assert await told(store) == []


@pytest.mark.parametrize("carried", [True, False], ids=["ours", "the provider's"])
async def test_a_receipt_is_told_once_by_whichever_id_it_comes(store: Store, carried: bool) -> None:
    row = await leased(store)
    for _ in range(2):
        await accept(store, receipt("p1", row.id if carried else ""))
    await store.write(outbox.settle, Settled(row, Facts(accepted=5), "p1"))
    await store.write(receipts.sweep)
    assert [(each["message"], each["code"]) for each in await told(store)] == [(row.id, "131026")]


async def test_a_message_fails_once_with_the_first_of_its_parts(store: Store) -> None:
    row = await leased(store)
    await store.write(outbox.settle, Settled(row, Facts(accepted=5), "p1", piece=Piece(0, 1, ("p1", "p2"))))
    await accept(store, receipt("p2"))
    await store.write(receipts.sweep)
    await accept(store, receipt("p1"))
    await store.write(receipts.sweep)
    assert [each["message"] for each in await told(store)] == [row.id]


async def test_what_a_lift_lets_expire_is_told_and_what_it_discards_is_not(store: Store) -> None:
    await converse(store, "k1", "one", "two")
    one, two = [(row[0], row[1]) for row in await store.read(held.PAGE, held.FIRST, held.LAST, "", 10)]
    await store.write(held.settle, [one], End("expired", "nobody wants it", "s1", 5))
    await store.write(held.settle, [two], End("canceled", "a fraud", "s1", 5))
    assert [(each["message"], each["code"]) for each in await told(store)] == [(one[0], "expired")]
