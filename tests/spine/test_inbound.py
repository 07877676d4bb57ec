"""What comes in is played once, in order, whatever way it arrives; and what nobody can read is not lost."""

import itertools
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from connectors.whatsapp import inbound
from state import tables
from state.model.content import Unsupported
from state.model.receipts import Facts, Status
from state.model.wire import Malformed
from tests.spine.graph import hangs
from tests.spine.house import WB, House, change, status, text, webhook, words


async def test_the_same_webhook_three_times_is_one_turn_and_one_reply(house: House) -> None:
    body = webhook([change(text(1, "hello"))])
    assert [await house.post(body) for _ in range(3)] == [200] * 3
    await house.quiet()
    assert house.graph.texts == ["1: hello"]
    assert [words(each) for each in await house.messages("in")] == ["hello"]
    assert await house.count(tables.event) == await house.count(tables.journal) == 1
    assert await house.count(tables.envelope) == 3


async def test_a_batch_of_entries_numbers_and_messages_is_one_turn_each_in_order(house: House) -> None:
    body = webhook(
        [change(text(1, "a"), text(2, "x")), change(text(1, "b"))],
        [change(text(3, "far"), account=WB), change(text(2, "y"), text(1, "c"))],
    )
    assert [await house.post(body), await house.post(body)] == [200] * 2
    await house.quiet()
    assert [each for each in house.graph.texts if each[-1] in "abc"] == ["1: a", "2: b", "3: c"]
    assert [each for each in house.graph.texts if each[-1] in "xy"] == ["1: x", "2: y"]
    assert house.other.texts == ["1: far"]
    assert await house.count(tables.event) == 6


async def test_webhooks_that_overtake_and_repeat_each_other_are_one_turn_a_message(house: House) -> None:
    parts = [text(1, "one"), text(1, "two"), text(1, "three")]
    for said in ([parts[2]], [parts[0], parts[2]], [parts[1], parts[0]], parts):
        await house.hear(*said)
    await house.quiet()
    assert house.graph.texts == ["1: three", "2: one", "3: two"]
    assert [words(each) for each in await house.messages("in")] == ["three", "one", "two"]


@pytest.mark.parametrize("carried", [True, False], ids=["with our id", "without our id"])
async def test_a_receipt_before_the_answer_to_its_send_is_merged(house: House, carried: bool) -> None:
    house.graph.next(hangs)
    await house.hear(text(1, "hello"))
    ((_, send),) = await house.when(lambda: house.graph.calls)
    ours = send.biz_opaque_callback_data if carried else ""
    await house.hear(statuses=[status("wamid.early", "delivered", ours)])
    house.graph.hanging[0].say(200, {"messages": [{"id": "wamid.early"}]})
    (reply,) = await house.when(
        house.messages, lambda found: found[0].facts.delivered and found[0].facts.accepted
    )
    assert reply.facts.delivered == 1_700_000_000_000
    assert await house.count(tables.receipt) == 0


RANK = ("queued", "accepted", "sent", "failed", "delivered", "read", "played")
TOLD = {"sent": 1_700_000_100, "delivered": 1_700_000_200, "read": 1_700_000_300}


async def watched(house: House, number: int, told: Sequence[str]) -> tuple[list[Status], Facts]:
    """A customer is answered, then these statuses come one by one; gives what the reply's status was after each."""
    await house.hear(text(number, "hello"))
    await house.quiet()
    (reply,) = await house.messages("out", number)
    seen = [reply.facts.status]
    for word in told:
        moment = TOLD.get(word, 1_700_000_400)
        await house.hear(statuses=[status(reply.provider_id, word, reply.id, moment)])
        (reply,) = await house.messages("out", number)
        seen.append(reply.facts.status)
    return seen, reply.facts


async def test_statuses_in_any_order_end_alike_and_never_go_backwards(house: House) -> None:
    ends = set()
    for number, told in enumerate(itertools.permutations(TOLD), 1):
        seen, facts = await watched(house, number, (*told, told[0]))
        assert seen == sorted(seen, key=RANK.index)
        ends.add((facts.status, facts.sent, facts.delivered, facts.read, facts.failed))
    assert ends == {("read", 1_700_000_100_000, 1_700_000_200_000, 1_700_000_300_000, 0)}


@pytest.mark.parametrize("told", [("delivered", "failed"), ("failed", "delivered")], ids="-".join)
async def test_evidence_of_delivery_outranks_failure_and_both_are_kept(
    house: House, told: tuple[str, str]
) -> None:
    seen, facts = await watched(house, 1, told)
    assert seen[-1] == "delivered"
    assert facts.delivered
    assert facts.failed


async def test_a_message_of_an_unknown_type_is_kept_as_unsupported_and_has_its_turn(house: House) -> None:
    await house.hear({**text(1, "x"), "type": "hologram", "hologram": {"id": "1"}})
    await house.quiet()
    (heard,) = await house.messages("in")
    assert isinstance(heard.content, Unsupported)
    assert heard.content.kind == "hologram"
    assert len(house.graph.texts) == 1


async def quarantined(house: House) -> list[str]:
    """The ids of the envelopes in quarantine."""
    c = tables.envelope.c
    return [row[0] for row in await house.rows(sa.select(c.id).where(c.problems != ""))]


async def test_a_part_that_cannot_be_read_is_kept_and_replay_brings_it_in_once(house: House) -> None:
    broken = {**text(1, "lost"), "timestamp": "tomorrow"}
    await house.hear(text(1, "good"), broken)
    (kept,) = await quarantined(house)
    assert await house.gateway.webhooks.replay(kept)
    await house.quiet()
    assert house.graph.texts == ["1: good"]
    body = webhook([change(text(1, "good"), text(1, "lost"))])
    await house.set(tables.envelope, body=body)
    assert [await house.gateway.webhooks.replay(kept) for _ in range(2)] == [[], []]
    await house.quiet()
    assert house.graph.texts == ["1: good", "2: lost"]
    assert await quarantined(house) == []


async def test_a_body_that_cannot_be_read_at_all_comes_in_by_replay_once_its_reader_is_mended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(body: bytes) -> None:
        raise Malformed("a reader with a fault")

    with monkeypatch.context() as broken:
        broken.setattr(inbound, "read", fails)
        await house.hear(text(1, "hello"))
    (kept,) = await quarantined(house)
    assert await house.count(tables.event) == 0
    assert [await house.gateway.webhooks.replay(kept) for _ in range(2)] == [[], []]
    await house.quiet()
    assert house.graph.texts == ["1: hello"]
    assert await quarantined(house) == []
