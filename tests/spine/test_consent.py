"""Nothing leaves that its customer has not allowed: stops and starts, permissions, and what they are told first."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from gateway import notices
from state import inbox
from state.consent_tables import consent, standing
from state.inbox import Arrived, Envelope
from state.model.consent import Consent
from state.model.content import Text
from state.model.event import AddressChanged, Edited, MessageReceived, OptedOut
from state.model.ids import now_ms
from tests.gateway.api.house import ALLOWED, on_sqlite
from tests.load import whatsapp
from tests.spine.graph import Manner, cuts, refuses
from tests.spine.house import House, running, text

STOPPED, STARTED = notices.stopped("de"), notices.started("de")
NOTICE = notices.notice("whatsapp", "de").text
ANN = "whatsapp:4915100"
NOWHERE = "whatsapp:99912345"
"""A number of no country: no hours are quiet for it."""
AGREED = {"basis": "consent", "evidence": "form 7"}
HI = {"type": "text", "text": "hi"}


@pytest.fixture
async def telling(url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway that begins each conversation with the notice."""
    async with running(tmp_path, url, notices=True) as made:
        yield made


async def facts(house: House) -> list[Consent]:
    rows = await house.rows(sa.select(consent.c.body).order_by(consent.c.id))
    return [msgspec.json.decode(row[0], type=Consent) for row in rows]


async def send(house: House, to: str = ANN, **more: Any) -> Any:
    told = await house.call("POST", "/messages", {"to": to, "channel": "wa", "content": HI} | more)
    assert told.status == 202, told
    await house.quiet()
    return (await house.call("GET", f"/messages/{told.body['id']}")).body


async def says(house: House, *words: str) -> list[str]:
    """A customer says something, each when the one before is dealt with; gives all that has reached them."""
    for each in words:
        await house.hear(text(1, each))
        await house.quiet()
    return house.graph.texts


async def test_who_stops_hears_that_and_nothing_more_until_they_start(house: House) -> None:
    assert await says(house, "hi", "Stop!", "are you there?") == ["1: hi", STOPPED]
    assert await says(house, "START", "hello") == ["1: hi", STOPPED, STARTED, "4: START", "5: hello"]
    stopped = [each for each in await house.messages() if each.outcome == "refused"]
    assert [(await house.decisions(each))[-1].code for each in stopped] == ["withdrawn", "withdrawn"]


async def test_a_stop_is_a_fact_with_the_words_and_the_message_that_prove_it(house: House) -> None:
    await says(house, "hi", "unsubscribe")
    (fact,) = await facts(house)
    assert (fact.change, fact.purpose, fact.channel, fact.source) == ("withdrawn", "messages", "", "message")
    assert fact.address == f"whatsapp:{text(1, '')['from']}"
    (said,) = [each for each in await house.messages("in") if each.content.text == "unsubscribe"]  # type: ignore[union-attr]
    assert (fact.evidence["words"], fact.evidence["event"]) == ("unsubscribe", said.id)


async def test_a_stop_counts_though_its_channel_works_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await says(house, "hi")
    to = f"whatsapp:{text(1, '')['from']}"
    channels = house.gateway.channels
    get = channels.get
    said = MessageReceived(key="s", at=now_ms(), addresses=(to,), provider_id="s", content=Text("STOP"))
    with monkeypatch.context() as patched:
        patched.setattr(channels, "get", lambda name: None if name == "wa" else get(name))
        arrived = [Arrived(said, "wa", "default")]
        await house.gateway.store.write(inbox.accept, Envelope("wa", "{}", b""), arrived, {})
        house.gateway.wake.tell("turns", ("*",))
        (fact,) = await house.when(lambda: facts(house))
    assert (fact.change, fact.purpose, fact.address, fact.team) == ("withdrawn", "messages", to, "default")


@pytest.mark.parametrize(("words", "heard", "stops"), [("weg damit", False, True), ("cancel", True, False)])
async def test_a_stop_in_words_of_the_provider_s_is_a_stop(
    house: House, words: str, heard: bool, stops: bool
) -> None:
    said = MessageReceived(key="k", at=now_ms(), addresses=(ANN,), provider_id="k", content=Text(words))
    out = OptedOut(key="k:stop", at=now_ms(), addresses=(ANN,), purpose="marketing", note=words, heard=heard)
    arrived = [Arrived(each, "wa", "default") for each in (said, out)]
    await house.gateway.store.write(inbox.accept, Envelope("wa", "{}", b""), arrived, {})
    house.gateway.wake.tell("turns", ("*",))
    await house.when(lambda: house.graph.texts)
    assert [(each.change, each.purpose) for each in await facts(house)] == [("withdrawn", "messages")] * stops


TAPPED = {"type": "button_reply", "button_reply": {"id": "b7", "title": "Stop"}}
NAMED = {"type": "list_reply", "list_reply": {"id": "UNSUBSCRIBE", "title": "No more offers"}}
QUICK = {"type": "button", "button": {"payload": "p", "text": "STOP!"}}


@pytest.mark.parametrize(
    "said",
    [{"type": "interactive", "interactive": TAPPED}, {"type": "interactive", "interactive": NAMED}, QUICK],
)
async def test_a_stop_that_is_tapped_is_a_stop(house: House, said: dict[str, Any]) -> None:
    part = {name: value for name, value in text(1, "x").items() if name not in ("text", "type")}
    await house.hear(part | said)
    await house.quiet()
    assert house.graph.texts == [STOPPED]
    assert [(each.change, each.purpose) for each in await facts(house)] == [("withdrawn", "messages")]


async def test_words_that_are_changed_to_a_stop_are_a_stop(house: House) -> None:
    await says(house, "hi")
    to = f"whatsapp:{text(1, '')['from']}"
    said = Edited(key="e", at=now_ms(), addresses=(to,), provider_id="e", target="m", content=Text("Stop"))
    arrived = [Arrived(said, "wa", "default")]
    await house.gateway.store.write(inbox.accept, Envelope("wa", "{}", b""), arrived, {})
    house.gateway.wake.tell("turns", ("*",))
    (fact,) = await house.when(partial(facts, house))
    await house.quiet()
    assert (fact.change, fact.purpose, fact.evidence["words"]) == ("withdrawn", "messages", "Stop")
    assert house.graph.texts[:2] == ["1: hi", STOPPED]


async def test_a_button_whose_words_only_hold_a_stop_is_an_answer(house: House) -> None:
    part = {name: value for name, value in text(1, "x").items() if name not in ("text", "type")}
    tapped = {"type": "button_reply", "button_reply": {"id": "stop-7", "title": "The next stop"}}
    await house.hear(part | {"type": "interactive", "interactive": tapped})
    await house.quiet()
    assert await facts(house) == []


async def test_a_start_from_before_a_stop_that_comes_late_ends_nothing(house: House) -> None:
    await says(house, "hi", "STOP")
    await house.hear(text(1, "START", timestamp=str(now_ms() // 1000 - 3600)))
    await house.quiet()
    assert [each.change for each in await facts(house)] == ["withdrawn"]
    assert house.graph.texts == ["1: hi", STOPPED]


async def test_a_stop_follows_its_customer_to_a_new_number(house: House) -> None:
    await says(house, "hi", "STOP")
    old, new = f"whatsapp:{text(1, '')['from']}", "whatsapp:15550177"
    moved = AddressChanged(key="moved", at=now_ms(), addresses=(old,), new=(new,))
    arrived = [Arrived(moved, "wa", "default")]
    await house.gateway.store.write(inbox.accept, Envelope("wa", "{}", b""), arrived, {})
    house.gateway.wake.tell("turns", ("*",))
    await house.quiet()
    assert [(each.change, each.address) for each in await facts(house)] == [
        ("withdrawn", old),
        ("withdrawn", new),
    ]
    assert (await send(house, new))["decisions"][-1]["code"] == "withdrawn"


async def test_who_stops_twice_is_told_once(house: House) -> None:
    assert await says(house, "STOP", "STOP") == [STOPPED]
    assert len(await facts(house)) == 1


@pytest.mark.parametrize("word", ["cancel", "end", "START", "yes", "please stop the music"])
async def test_other_words_are_answers(word: str, tmp_path: Path) -> None:
    async with running(tmp_path, on_sqlite(tmp_path)) as house:
        assert await says(house, word) == [f"1: {word}"]
        assert await facts(house) == []


async def test_a_stop_reaches_what_waits_on_all_channels_of_the_team(house: House) -> None:
    await says(house, "hi")
    suspension = await house.suspend(channel="wb")
    to = f"whatsapp:{text(1, '')['from']}"
    told = await house.call(
        "POST", "/messages", {"to": to, "channel": "wb", "content": HI, "consent": ALLOWED}
    )
    await house.hear(text(1, "STOP"))
    await house.when(lambda: house.graph.texts, lambda texts: STOPPED in texts)
    await house.lift(suspension)
    await house.quiet()
    found = (await house.call("GET", f"/messages/{told.body['id']}")).body
    assert (found["outcome"], found["decisions"][-1]["code"]) == ("refused", "withdrawn")
    assert house.other.texts == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "no_consent"),
        ({"consent": ALLOWED}, "window_closed"),
        ({"purpose": "one_time_codes"}, "window_closed"),
        ({"purpose": "marketing"}, "no_consent"),
    ],
)
async def test_who_has_not_written_is_sent_what_they_allowed(
    house: House, asked: dict[str, Any], code: str
) -> None:
    assert (await send(house, **asked))["decisions"][-1]["code"] == code


async def test_a_permission_told_with_a_message_takes_back_no_stop(house: House) -> None:
    await says(house, "STOP")
    found = await send(house, f"whatsapp:{text(1, '')['from']}", consent=ALLOWED)
    assert found["decisions"][-1]["code"] == "withdrawn"
    assert {each.change for each in await facts(house)} == {"withdrawn"}


async def test_a_permission_is_kept_with_its_evidence_once(house: House) -> None:
    for _ in range(2):
        await send(house, consent=ALLOWED)
    (fact,) = await facts(house)
    assert (fact.change, fact.basis, fact.evidence) == ("given", "contract", {"told": "order 17"})
    assert (fact.actor, fact.channel, fact.address) == ("key all", "wa", "")


async def left_behind(house: House) -> dict[str, int]:
    """How many rows each table has that a send lengthens; the sealer's own is none of them."""
    return {name: count for name, count in (await house.counts()).items() if name != "chain"}


async def test_a_dry_run_decides_and_leaves_nothing_behind(house: House) -> None:
    before = await left_behind(house)
    asked = {"to": ANN, "channel": "wa", "content": HI, "consent": ALLOWED}
    told = await house.call("POST", "/messages?dry_run=true", asked)
    assert (told.body["status"], told.body["decision"]["code"]) == ("dry_run", "window_closed")
    assert await left_behind(house) == before


async def test_a_notice_of_several_parts_is_told_once_with_its_last(
    telling: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = notices.Notice("words " * 1500, "1/en", "en")
    monkeypatch.setattr(notices, "notice", lambda *given: whole)
    await says(telling, "hi")
    assert len(telling.graph.texts) > 2
    assert [each.change for each in await facts(telling)] == ["told"]


async def test_a_conversation_begins_with_the_notice_and_the_ledger_knows_it(telling: House) -> None:
    assert await says(telling, "hi", "hello") == [NOTICE, "1: hi", "2: hello"]
    (fact,) = await facts(telling)
    first = (await telling.messages())[0]
    assert (fact.change, fact.evidence, fact.text) == ("told", {"message": first.id}, NOTICE)
    assert await telling.rows(sa.select(standing.c.fact)) == []


async def test_what_is_sent_unasked_comes_after_the_notice(telling: House) -> None:
    template = {"type": "template", "name": "hello", "language": "en", "category": "utility"}
    await send(telling, content=template, consent=ALLOWED)
    assert telling.graph.texts == [""]
    await telling.hear({**text(1, "hi"), "from": "4915100"})
    await telling.quiet()
    await send(telling)
    assert telling.graph.texts == ["", NOTICE, "1: hi", "hi"]


@pytest.mark.parametrize(
    "more", [{"at": (datetime.now(UTC) + timedelta(hours=9)).isoformat()}, {"purpose": "marketing"}]
)
async def test_who_writes_before_a_notice_for_later_is_given_is_told_first(
    telling: House, more: dict[str, Any]
) -> None:
    to = f"whatsapp:{text(1, '')['from']}"
    await telling.suspend(direction="business_initiated")
    more |= {"consent": AGREED}
    told = await telling.call("POST", "/messages", {"to": to, "channel": "wa", "content": HI} | more)
    assert told.status == 202, told
    await telling.hear(text(1, "hello"))
    await telling.when(lambda: telling.graph.texts, lambda texts: len(texts) >= 2)
    assert telling.graph.texts[:2] == [NOTICE, "1: hello"]


async def test_a_notice_for_later_is_left_out_where_another_was_given_by_then(telling: House) -> None:
    suspension = await telling.suspend(direction="business_initiated")
    asked = {"to": NOWHERE, "channel": "wa", "content": HI, "purpose": "marketing", "consent": AGREED}
    assert (await telling.call("POST", "/messages", asked)).status == 202
    late = next(each for each in await telling.messages() if each.cause.later)
    sender = NOWHERE.partition(":")[2]
    await telling.hear({**text(1, "hello"), "from": sender})
    await telling.when(lambda: telling.graph.texts, lambda texts: len(texts) >= 2)
    await telling.lift(suspension)
    made = await telling.when(partial(telling.decisions, late), lambda found: found[-1].code != "suspended")
    assert made[-1].code == "told_already"
    await telling.hear({**text(1, "still there?"), "from": sender})
    await telling.quiet()
    assert telling.graph.texts.count(notices.notice("whatsapp", "en").text) == 1


async def test_several_that_are_queued_at_once_bring_one_notice(telling: House) -> None:
    await telling.suspend(channel="wa")
    asked = {"to": ANN, "channel": "wa", "content": HI, "consent": ALLOWED}
    told = await asyncio.gather(*(telling.call("POST", "/messages", asked) for _ in range(5)))
    assert {each.status for each in told} == {202}
    found = await telling.messages()
    assert [bool(each.cause.tells) for each in found] == [True, *[False] * 5]
    assert [each.change for each in await facts(telling)] == ["given"]


async def test_a_code_does_not_overtake_the_notice(telling: House) -> None:
    suspension = await telling.suspend(channel="wa")
    await telling.hear(text(1, "hello"))
    await telling.when(telling.queue, lambda rows: len(rows) == 2)
    code = {
        "to": f"whatsapp:{text(1, '')['from']}",
        "channel": "wa",
        "content": HI,
        "purpose": "one_time_codes",
    }
    assert (await telling.call("POST", "/messages", code)).status == 202
    await telling.lift(suspension)
    await telling.quiet()
    assert telling.graph.texts[0] == NOTICE
    assert sorted(telling.graph.texts[1:]) == ["1: hello", "hi"]


async def test_a_notice_that_fails_lets_nothing_after_it_leave_and_is_given_anew(telling: House) -> None:
    telling.graph.next(refuses(400, 131026))
    telling.graph.next(refuses(400, 131009))
    await says(telling, "hi")
    first = await telling.messages()
    assert [(await telling.decisions(each))[-1].code for each in first] == ["", "not_told"]
    assert (await says(telling, "again"))[-2:] == [NOTICE, "2: again"]


@pytest.mark.parametrize(
    "passing", [cuts, refuses(400, 131037), refuses(503, 1)], ids=["cut off", "set up", "down"]
)
async def test_what_stands_behind_a_notice_waits_while_it_may_still_be_given(
    telling: House, passing: Manner
) -> None:
    telling.graph.next(passing)
    await telling.hear(text(1, "hi"))
    tried = [("queued", 1), ("queued", 0)]
    await telling.when(telling.queue, lambda rows: [(row[1], row[3]) for row in rows] == tried)
    await telling.hurry()
    await telling.quiet()
    assert telling.graph.texts == [NOTICE, NOTICE, "1: hi"]
    assert [each.change for each in await facts(telling)] == ["told"]


def _tried(times: int, rows: list[Any]) -> bool:
    return [(row[1], row[3]) for row in rows] == [("queued", times), ("queued", 0)]


async def test_a_notice_that_is_cut_off_again_and_again_is_not_sent_all_day(telling: House) -> None:
    telling.graph.next(*[cuts] * 5)
    await telling.hear(text(1, "hi"))
    for tried in range(1, 5):
        await telling.when(telling.queue, partial(_tried, tried))
        await telling.hurry()
    await telling.quiet()
    assert telling.graph.texts == [NOTICE] * 5
    notice, reply = await telling.messages()
    assert (notice.outcome, (await telling.decisions(reply))[-1].code) == ("unknown", "not_told")


async def test_a_stop_counts_while_what_comes_in_is_suspended(house: House) -> None:
    await says(house, "hi")
    suspension = await house.suspend(direction="both")
    await house.hear(text(1, "STOP"), text(1, "anybody?"))
    (fact,) = await house.when(partial(facts, house))
    await house.lift(suspension)
    await house.quiet()
    assert (fact.change, fact.purpose, house.graph.texts) == ("withdrawn", "messages", ["1: hi"])
    assert [each.content.text for each in await house.messages("in")] == ["hi", "STOP", "anybody?"]  # type: ignore[union-attr]


async def test_a_stop_counts_while_a_conversation_is_parked(house: House) -> None:
    await house.hear(text(1, "fail"))
    talk = await house.conversation_of(1)
    await house.until(f"/conversations/{talk}", lambda one: one["mode"] == "parked")
    await house.hear(text(1, "STOP"))
    (fact,) = await house.when(partial(facts, house))
    assert (fact.change, fact.purpose) == ("withdrawn", "messages")


async def test_what_a_provider_tells_of_a_customers_wish_is_a_fact_once(house: House) -> None:
    house.graph.next(refuses(400, 131050))
    await says(house, "hi")
    (fact,) = await house.when(partial(facts, house))
    assert (fact.purpose, fact.source, fact.channel) == ("marketing", "provider", "wa")
    (message,) = await house.messages()
    failed = whatsapp.status(message.provider_id or "wamid.x", "15550001", "failed", message.id)
    errors = [{"code": 131050, "title": "User stopped"}]
    for _ in range(2):
        await house.hear(statuses=[{**failed, "errors": errors}])
    await house.when(partial(facts, house), lambda found: len(found) == 2)
    assert {each.purpose for each in await facts(house)} == {"marketing"}
