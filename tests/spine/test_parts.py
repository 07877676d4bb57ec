"""A message that leaves in several parts is one message: in order, each part once, and delivered when all are."""

import pytest

from tests.spine.graph import cuts, hangs, refuses
from tests.spine.house import House, status, text


def heads(house: House) -> list[str]:
    """The first letter of every text that was sent."""
    return [each[:1] for each in house.graph.texts]


def carried(house: House) -> list[str]:
    """What rode along with every send, as its receipts give it back."""
    return [send.biz_opaque_callback_data for _, send in house.graph.calls]


async def test_parts_leave_in_order_and_are_one_message(house: House) -> None:
    await house.hear(text(1, "long 3"), text(1, "hi"))
    await house.quiet()
    message, after = await house.messages()
    assert [each[:1] for each in house.graph.texts] == ["0", "1", "2", "2"]
    assert carried(house) == [f"{message.id}.0", f"{message.id}.1", f"{message.id}.2", after.id]
    assert (message.outcome, message.facts.accepted > 0, message.facts.sent) == ("", True, 0)
    assert len(await house.decisions(message)) == len(await house.calls(message)) == 3


async def test_a_part_is_tried_again_alone(house: House) -> None:
    house.graph.next(house.graph.accepts, refuses(500, 131000))
    await house.hear(text(1, "long 2"))
    await house.queued_again(1)
    await house.hurry()
    await house.quiet()
    assert heads(house) == ["0", "1", "1"]


async def test_a_part_that_was_cut_off_is_unknown_and_nothing_follows_it(house: House) -> None:
    house.graph.next(house.graph.accepts, cuts)
    await house.hear(text(1, "long 3"))
    await house.quiet()
    assert (heads(house), (await house.the_reply()).outcome) == (["0", "1"], "unknown")


async def test_a_suspension_between_two_parts_holds_the_second(house: House) -> None:
    house.graph.next(hangs)
    await house.hear(text(1, "long 2"))
    (caller,) = await house.when(lambda: house.graph.hanging)
    suspension = await house.suspend(channel="wa")
    house.graph.accepts(caller, "")
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    assert heads(house) == ["0"]
    await house.lift(suspension)
    await house.quiet()
    assert heads(house) == ["0", "1"]


async def test_a_restart_between_two_parts_goes_on_with_the_second(house: House) -> None:
    house.graph.next(house.graph.accepts, refuses(503, 131016, "Retry-After: 60"))
    await house.hear(text(1, "long 2"))
    await house.queued_again(1)
    await house.restart()
    await house.hurry()
    await house.quiet()
    assert heads(house) == ["0", "1", "1"]


@pytest.mark.parametrize("ours", ["with our id", "without our id"])
async def test_the_whole_is_delivered_when_every_part_is(house: House, ours: str) -> None:
    await house.hear(text(1, "long 2"))
    await house.quiet()
    first, second = (f"wamid.out.{house.graph.port}.{n}" for n in (1, 2))
    ids = carried(house) if ours == "with our id" else ["", ""]
    await house.hear(
        statuses=[status(second, "delivered", ids[1], at=20), status(first, "read", ids[0], at=30)]
    )
    await house.hear(statuses=[status(first, "delivered", ids[0], at=10)])
    message = await house.when(house.the_reply, lambda found: found.facts.delivered)
    assert (message.facts.delivered, message.facts.read, message.facts.status) == (20_000, 0, "delivered")
    await house.hear(statuses=[status(second, "read", ids[1], at=40)])
    await house.when(house.the_reply, lambda found: found.facts.read == 40_000)


async def test_the_whole_has_failed_when_one_part_has(house: House) -> None:
    await house.hear(text(1, "long 2"))
    await house.quiet()
    errors = [{"code": 131026, "title": "undeliverable"}]
    await house.hear(statuses=[status(f"wamid.out.{house.graph.port}.1", "failed", at=10, errors=errors)])
    message = await house.when(house.the_reply, lambda found: found.facts.failed)
    assert message.facts.status == "failed"
    assert message.facts.fault
    assert message.facts.fault.code == "131026"


async def test_options_shown_as_numbers_are_chosen_by_number(house: House) -> None:
    await house.hear(text(1, "choose 11"))
    await house.quiet()
    assert house.graph.texts[0].splitlines()[:3] == ["Which?", "1. Option 0", "2. Option 1"]
    await house.restart()
    await house.hear(text(1, "11"))
    await house.when(house.replies, lambda said: said[1:] == ["chose o10"])
    await house.hear(text(1, "3"))
    await house.when(house.replies, lambda said: said[2:] == ["2: 3"])


async def test_words_that_choose_nothing_are_words_and_end_the_offer(house: House) -> None:
    await house.hear(text(1, "choose 11"))
    await house.quiet()
    await house.hear(text(1, "well"), text(1, "2"))
    await house.when(house.replies, lambda said: said[1:] == ["2: well", "3: 2"])


async def test_an_offer_is_one_customer_s(house: House) -> None:
    await house.hear(text(1, "choose 11"), text(2, "hi"))
    await house.quiet()
    await house.hear(text(2, "2"))
    await house.when(lambda: house.replies(2), lambda said: said[1:] == ["2: 2"])
