"""What goes out: each end a send can have, what is tried again and what never is; one channel holds up no other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.policy import RULES
from state import tables
from state.model.ids import now_ms
from tests.gateway.api.house import ALLOWED, on_sqlite
from tests.spine.graph import Manner, cuts, hangs, refuses, shows_a_page
from tests.spine.house import House, change, running, status, text, webhook, words


async def test_a_send_that_is_taken_has_its_decision_and_its_exchange(house: House) -> None:
    await house.hear(text(1, "hi"))
    message = await house.the_reply()
    (decision,), (call,) = await house.decisions(message), await house.calls(message)
    assert (message.outcome, message.facts.accepted > 0) == ("", True)
    assert message.provider_id.startswith("wamid.out.")
    assert decision.verdict == "send"
    assert [rule.name for rule in decision.rules] == [rule.__name__ for rule in RULES]
    assert (call["method"], call["status"]) == ("POST", 200)
    assert [send.biz_opaque_callback_data for _, send in house.graph.calls] == [message.id]


WAITS: dict[str, tuple[Manner, int, int]] = {
    "429 that says how long": (refuses(429, 130429, "Retry-After: 30"), 29_000, 0),
    "429 that does not": (refuses(429, 130429), 3_000, 0),
    "500": (refuses(500, 131000), 900, 1),
    "503 that says how long": (refuses(503, 131016, "Retry-After: 20"), 19_000, 1),
    "a token that has expired": (refuses(401, 190), 900, 1),
}


@pytest.mark.parametrize(("manner", "least", "attempts"), WAITS.values(), ids=WAITS)
async def test_what_may_be_tried_again_waits_as_long_as_it_is_asked_to(
    house: House, manner: Manner, least: int, attempts: int
) -> None:
    house.graph.next(manner)
    began = now_ms()
    await house.hear(text(1, "hi"))
    row = await house.queued_again(attempts)
    assert (row[2] - began >= least, house.graph.texts) == (True, ["1: hi"])


async def test_a_channel_that_is_told_to_slow_down_sends_nothing_until_then(house: House) -> None:
    house.graph.next(refuses(429, 130429, "Retry-After: 1"))
    await house.hear(text(1, "hi"))
    await house.queued_again(0)
    await house.hear(text(2, "ho"))
    await house.hurry()
    await house.quiet()
    (first, _), *later = house.graph.calls
    assert sorted(house.graph.texts) == ["1: hi", "1: hi", "1: ho"]
    assert min(at for at, _ in later) - first >= 0.99


async def test_a_customer_that_is_to_be_spared_holds_up_no_other(house: House) -> None:
    house.graph.next(refuses(400, 131056, "Retry-After: 60"))
    await house.hear(text(1, "hi"))
    await house.queued_again(0)
    await house.hear(text(2, "ho"))
    await house.hurry()
    await house.when(lambda: house.graph.texts, lambda texts: texts == ["1: hi", "1: ho"])
    await house.when(waiting(house), lambda rows: rows == [("queued", "1: hi")])


async def test_an_expired_token_is_the_channels_last_error(house: House) -> None:
    house.graph.next(refuses(401, 190))
    await house.hear(text(1, "hi"))
    await house.queued_again()
    told = (await house.call("GET", "/channels")).body["items"]
    assert {each["id"]: each["last_error"][:8] for each in told} == {"wa": "AUTH 190", "wb": ""}


async def test_what_is_tried_again_keeps_its_place_before_the_later_ones(house: House) -> None:
    house.graph.next(refuses(500, 131000))
    await house.hear(text(1, "a"), text(1, "b"), text(1, "c"))
    await house.queued_again()
    await house.hurry()
    await house.quiet()
    assert house.graph.texts == ["1: a", "1: a", "2: b", "3: c"]
    first, *_ = await house.messages()
    assert [call["status"] for call in await house.calls(first)] == [500, 200]
    assert [each.verdict for each in await house.decisions(first)] == ["send", "send"]


async def test_a_provider_that_is_not_there_is_tried_again(house: House) -> None:
    house.graph.stop()
    await house.hear(text(1, "hi"))
    await house.queued_again()
    await house.graph.listen_again()
    await house.hurry()
    message = await house.the_reply()
    assert message.facts.accepted
    assert [call.get("fault", "") for call in await house.calls(message)] == ["NeverSent", ""]


async def ends_unknown(house: House) -> None:
    """The first of two messages may have been taken: it does not go again, and a late receipt settles it."""
    await house.hear(text(1, "a"), text(1, "b"))
    await house.quiet()
    first, second = await house.messages()
    assert (first.outcome, first.facts.accepted, second.facts.accepted > 0) == ("unknown", 0, True)
    assert house.graph.texts == ["1: a", "2: b"]
    await house.hear(statuses=[status("wamid.late", "delivered", first.id)])
    first, _ = await house.messages()
    assert first.facts.status == "delivered"


async def test_a_send_that_is_cut_off_is_unknown_and_never_sent_again(house: House) -> None:
    house.graph.next(cuts)
    await ends_unknown(house)


async def test_a_success_that_is_not_the_providers_is_unknown_and_never_sent_again(house: House) -> None:
    house.graph.next(shows_a_page)
    await ends_unknown(house)
    first, _ = await house.messages()
    (call,) = await house.calls(first)
    assert (call["status"], call["fault"]) == (200, "Unclear")
    assert call["answer"].startswith("answered 200 without a message id: <html>")


async def test_a_send_that_was_under_way_when_the_gateway_stopped_is_unknown(house: House) -> None:
    house.graph.next(hangs)
    await house.hear(text(1, "hi"))
    await house.when(lambda: house.graph.hanging)
    await house.restart()
    await house.set(tables.outbox, lease_until=0)
    message = await house.the_reply()
    assert (message.outcome, house.graph.texts) == ("unknown", ["1: hi"])


SIGNS = {131031: "SUSPEND", 131048: "WARN", 131050: "CONSENT", 190: "AUTH"}


@pytest.mark.parametrize(("code", "action"), SIGNS.items())
async def test_an_answer_that_puts_our_terms_at_stake_is_kept_as_a_signal(
    tmp_path: Path, code: int, action: str
) -> None:
    async with running(tmp_path, on_sqlite(tmp_path)) as house:
        house.graph.next(refuses(400, code))
        await house.hear(text(1, "hi"))
        found = await house.until("/signals", lambda told: told["items"])
        assert [(each["channel"], each["action"], each["code"]) for each in found["items"]] == [
            ("wa", action, str(code))
        ]


ENDS: dict[str, tuple[Manner, str, str]] = {
    "a reply window that is over": (refuses(400, 131047), "131047", "WINDOW"),
    "a message that is wrong": (refuses(400, 100), "100", "FAIL_MSG"),
    "somebody who opted out": (refuses(400, 131050), "131050", "CONSENT"),
    "an account that is locked": (refuses(403, 131031), "131031", "SUSPEND"),
}


@pytest.mark.parametrize(("manner", "code", "action"), ENDS.values(), ids=ENDS)
async def test_what_is_refused_for_good_fails_with_its_reason(
    house: House, manner: Manner, code: str, action: str
) -> None:
    house.graph.next(manner)
    await house.hear(text(1, "hi"))
    message = await house.the_reply()
    assert message.facts.fault is not None
    assert (message.facts.status, message.facts.fault.action) == ("failed", action)
    assert message.facts.fault.code.startswith(code)
    assert house.graph.texts == ["1: hi"]


async def test_a_channel_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    async with running(tmp_path, on_sqlite(tmp_path), delivery_slots=2) as house:
        house.graph.always = hangs
        for number in range(1, 6):
            await house.hear(text(number, "hi"))
        await house.when(lambda: len(house.graph.hanging), lambda count: count == 2)
        body = webhook([change(text(9, "hi"), account="1055502")])
        assert await house.post(body, "wb") == 200
        await house.when(lambda: house.other.texts, lambda texts: texts == ["1: hi"])
        assert len(house.graph.hanging) == 2


async def test_what_is_of_no_use_any_more_is_not_sent(house: House) -> None:
    house.graph.next(refuses(500, 131000))
    await house.hear(text(1, "hi"))
    await house.queued_again()
    await house.set(tables.outbox, due_at=1, expires_at=2)
    message = await house.the_reply()
    assert (message.outcome, house.graph.texts) == ("expired", ["1: hi"])
    assert [each.code for each in await house.decisions(message)] == ["", "expired"]


async def test_what_is_allowed_is_looked_at_when_it_leaves_not_when_it_was_asked_for(house: House) -> None:
    house.graph.next(refuses(500, 131000))
    await house.hear(text(1, "hi"))
    await house.queued_again()
    await house.set(tables.conversation, last_in=now_ms() - 25 * 3_600_000)
    await house.hurry()
    message = await house.the_reply()
    assert (message.outcome, house.graph.texts) == ("refused", ["1: hi"])
    last = (await house.decisions(message))[-1]
    assert (last.verdict, last.rules[-1].name) == ("refuse", "consent")


FREE, APPROVED = (
    {"type": "text", "text": "hi"},
    {"type": "template", "name": "hello", "language": "en", "category": "utility"},
)
UNASKED: dict[str, tuple[dict[str, str], str, int]] = {
    "free words are refused": (FREE, "refused", 0),
    "a template is sent": (APPROVED, "", 1),
}


@pytest.mark.parametrize(("content", "outcome", "sends"), UNASKED.values(), ids=UNASKED)
async def test_to_a_customer_who_has_not_written(
    house: House, content: dict[str, str], outcome: str, sends: int
) -> None:
    asked = {"to": "whatsapp:4915100", "channel": "wa", "content": content, "consent": ALLOWED}
    assert (await house.call("POST", "/messages", asked)).status == 202
    message = await house.the_reply()
    assert (message.outcome, len(house.graph.calls)) == (outcome, sends)
    (decision,) = await house.decisions(message)
    window = [rule.verdict for rule in decision.rules if rule.name == "reply_window"]
    assert (decision.code == "window_closed", window) == (not sends, ["send" if sends else "refuse"])


async def test_a_reply_to_words_that_came_a_day_late_is_refused(house: House) -> None:
    await house.hear(text(1, "hi", timestamp=str(now_ms() // 1000 - 25 * 3600)))
    message = await house.the_reply()
    assert (message.outcome, house.graph.texts) == ("refused", [])
    assert [each.code for each in await house.decisions(message)] == ["no_consent"]


async def test_a_private_address_is_not_called_unless_that_is_allowed(tmp_path: Path) -> None:
    async with running(tmp_path, on_sqlite(tmp_path), allow_private_urls=False) as house:
        await house.hear(text(1, "hi"))
        message = await house.the_reply()
        assert message.facts.fault is not None
        assert (message.facts.fault.code, house.graph.texts) == ("blocked_address", [])
        told = (await house.call("GET", "/channels")).body["items"]
        assert told[0]["last_error"].startswith("CONFIG blocked_address")


def waiting(house: House) -> Callable[[], Any]:
    """A look at who waits: state and words, in order."""

    async def look() -> list[tuple[str, str]]:
        rows = await house.queue()
        said = {each.id: each for each in await house.messages()}
        return [(row[1], words(said[row[0]])) for row in rows]

    return look


async def test_what_is_suspended_is_held_and_leaves_in_its_order_when_it_is_lifted(house: House) -> None:
    made = await house.suspend(channel="wa")
    await house.hear(text(1, "a"), text(1, "b"), text(2, "c"))
    held = await house.when(waiting(house), lambda rows: sum(row[0] == "held" for row in rows) == 2)
    assert len(held) == 3
    assert house.graph.texts == []
    await house.lift(made)
    await house.quiet()
    assert [each for each in house.graph.texts if each != "1: c"] == ["1: a", "2: b"]
    first, *_ = await house.messages(number=1)
    assert [(each.verdict, each.code) for each in await house.decisions(first)] == [
        ("wait", "suspended"), ("send", ""),
    ]  # fmt: skip


async def test_what_may_not_leave_takes_no_place_in_the_pace(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    admit = house.gateway.pace.admit

    async def counted(*limits: Any) -> float:
        asked.append(limits[1])
        return await admit(*limits)

    await house.hear(text(1, "hi"))
    await house.quiet()
    suspension = await house.suspend(channel="wa")
    monkeypatch.setattr(house.gateway.pace, "admit", counted)
    await house.hear(text(1, "hello"))
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    assert asked == []
    await house.lift(suspension)
    await house.when(lambda: house.graph.texts, lambda texts: texts == ["1: hi", "2: hello"])
    assert len(asked) == 1


async def test_what_has_waited_for_its_pace_is_decided_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tomorrow(*limits: Any) -> float:
        monkeypatch.setattr("gateway.sender.now_ms", lambda: now_ms() + 25 * 3_600_000)
        return 0.0

    await house.hear(text(1, "hi"))
    await house.quiet()
    suspension = await house.suspend(channel="wa")
    await house.hear(text(1, "hello"))
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    monkeypatch.setattr(house.gateway.pace, "admit", tomorrow)
    await house.lift(suspension)
    await house.when(house.queue, lambda rows: not rows)
    message = (await house.messages(number=1))[-1]
    assert (message.outcome, house.graph.texts) == ("expired", ["1: hi"])
