"""What takes long or comes late: slow work keeps its lease, a lift nobody spread is found, nothing waits for ever."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from admin import operations
from state import suspensions, tables
from state.model.ids import now_ms
from tests.spine.graph import hangs, refuses
from tests.spine.house import House, running, text

LEASE = sa.select(tables.outbox.c.lease_until)


@pytest.fixture
async def short(url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A house whose leases end after a second."""
    async with running(tmp_path, url, lease_seconds=1) as made:
        yield made


async def outlast(house: House) -> None:
    """Wait until the one row that is worked on has been leased for longer than a lease is long."""
    ((first,),) = await house.when(lambda: house.rows(LEASE))
    await house.when(lambda: house.rows(LEASE), lambda rows: rows[0][0] > first + 1200)


async def test_a_back_end_slower_than_the_lease_is_called_once(short: House) -> None:
    short.graph.next(hangs)
    await short.hear(text(1, f"look http://127.0.0.1:{short.graph.port}/backend"))
    (caller,) = await short.when(lambda: short.graph.hanging)
    await outlast(short)
    caller.say(200, {"found": "it"})
    await short.when(short.replies, lambda said: said == ["found it"])
    assert len(short.graph.backend) == 1


async def test_a_send_slower_than_the_lease_is_settled_by_its_answer(short: House) -> None:
    short.graph.next(hangs)
    await short.hear(text(1, "hi"))
    (caller,) = await short.when(lambda: short.graph.hanging)
    await outlast(short)
    short.graph.accepts(caller, "")
    message = await short.the_reply()
    assert (message.outcome, short.graph.texts) == ("", ["1: hi"])
    assert message.provider_id


async def test_an_effect_whose_validity_has_ended_is_told_as_failed(house: House) -> None:
    house.graph.next(hangs)
    await house.hear(text(1, f"look http://127.0.0.1:{house.graph.port}/backend"))
    await house.when(lambda: house.graph.hanging)
    await house.set(tables.outbox, expires_at=now_ms() - 1)
    await house.restart()
    await house.when(house.replies, lambda said: said == ["nothing found"])


async def test_a_lift_that_was_not_carried_through_frees_what_was_held(house: House) -> None:
    suspension = await house.suspend(channel="wa")
    await house.hear(text(1, "hi"))
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    await house.gateway.store.alone(suspensions.lift, suspension, "who died right then", "over")
    house.gateway.wake.tell("fence")
    await house.when(house.replies, lambda said: said == ["1: hi"])
    await house.quiet()


async def test_what_is_held_without_a_suspension_is_freed_at_the_start(house: House) -> None:
    suspension = await house.suspend(channel="wa")
    await house.hear(text(1, "hi"))
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    await house.gateway.store.alone(suspensions.lift, suspension, "who died right then", "over")
    await house.restart()
    await house.quiet()
    assert house.graph.texts == ["1: hi"]


async def test_an_outage_is_outlasted_until_the_validity_ends(house: House) -> None:
    house.graph.always = refuses(500, 131000)
    await house.hear(text(1, "hi"))
    await house.queued_again(1)
    await house.set(tables.outbox, attempt=40, due_at=1)
    (_, state, due, attempts) = await house.queued_again(41)
    assert (state, attempts) == ("queued", 41)
    assert 250_000 < due - now_ms() <= 600_000
    house.graph.always = None
    await house.hurry()
    assert (await house.the_reply()).facts.accepted


async def test_messages_of_a_channel_that_was_removed_are_refused(house: House) -> None:
    house.graph.next(refuses(500, 131000, "Retry-After: 60"))
    await house.hear(text(1, "hi"))
    await house.queued_again(1)
    await operations.remove_channel(house.gateway.store, operations.OPERATOR, "wa", "closed")
    await house.gateway.channels.load()
    await house.hurry()
    message = await house.the_reply()
    assert (message.outcome, message.facts.fault and message.facts.fault.code) == (
        "refused",
        "channel_removed",
    )
    (*_, decision) = await house.decisions(message)
    assert (decision.verdict, decision.code) == ("refuse", "channel_removed")


async def test_messages_of_a_removed_channel_end_after_a_restart_too(house: House) -> None:
    house.graph.next(refuses(500, 131000, "Retry-After: 60"))
    await house.hear(text(1, "hi"))
    await house.queued_again(1)
    await operations.remove_channel(house.gateway.store, operations.OPERATOR, "wa", "closed")
    await house.restart()
    await house.hurry()
    assert (await house.the_reply()).outcome == "refused"


async def test_a_reason_no_column_can_hold_loses_neither_the_message_nor_the_sign(house: House) -> None:
    house.graph.next(refuses(403, 131031, words="locked\0out"))
    await house.hear(text(1, "hi"))
    message = await house.the_reply()
    assert (message.facts.fault and message.facts.fault.code) == "131031"
    assert await house.count(tables.signal) == 1


async def test_a_turn_that_cannot_be_stored_is_parked_and_stalls_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("state.turned.message_ask", lambda item: 1 / 0)
        await house.hear(text(1, "hi"))
        parked = sa.select(tables.conversation.c.mode)
        await house.when(lambda: house.rows(parked), lambda rows: [row[0] for row in rows] == ["parked"])
    await house.hear(text(2, "ho"))
    await house.when(house.replies, lambda said: said == ["1: ho"])
    assert await house.count(tables.inbox) == 1, "what could not be stored waits"


async def test_a_provider_that_does_not_answer_is_told_of(house: House) -> None:
    house.graph.stop()
    await house.hear(text(1, "hi"))
    for attempts in (1, 2, 3):
        await house.queued_again(attempts)
        await house.hurry()
    channels = {
        each["id"]: each["last_error"] for each in (await house.call("GET", "/channels")).body["items"]
    }
    assert channels["wa"].startswith("RETRY unreachable")
    assert channels["wb"] == ""
