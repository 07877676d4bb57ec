"""Decisions are read with what was known when they were made, page by page, also of contacts that became one."""

import msgspec

from state import consent, contacts, past
from state.consent_tables import suspension, touch
from state.model.consent import Change, Consent
from state.model.ids import lane_of_id, new_id, now_ms
from state.model.message import Decision
from state.past import Was
from state.statements import insert, update
from state.store import Store
from state.tables import decision, message
from state.writer import Op

ANN, BOB = "whatsapp:15550100", "tel:+15550100"
HOUR = 3_600_000
_DECISION = insert(decision, "id lane message body")
_MESSAGE = insert(message, "id lane conversation channel direction content accepted")
_TOUCH = insert(touch, "message lane contact at purpose digest")
_SUSPENSION = insert(suspension, "id epoch scope body created_at due_at lifted_at")


async def met(store: Store, *urns: str) -> contacts.Who:
    return await store.write(contacts.find, "default", "wa", urns)


async def fact(store: Store, contact: str, change: Change, purpose: str = "marketing") -> None:
    made = Consent(
        id=new_id(lane_of_id(contact)), team="default", contact=contact, change=change, purpose=purpose,  # type: ignore[arg-type]
        source="api", at=now_ms(), actor="a test",
    )  # fmt: skip
    await store.write(consent.record, [made])


async def write(store: Store, *asks: object) -> None:
    def op() -> Op[None]:
        yield list(asks)  # type: ignore[arg-type]

    await store.write(op)


async def hears(store: Store, who: contacts.Who, at: int) -> None:
    row = (new_id(who.lane), who.lane, who.conversation, "wa", "in", '{"type":"text","text":"hi"}', at)
    await write(store, (_MESSAGE, row))


async def decided(store: Store, who: contacts.Who) -> None:
    """A message of a conversation is decided about, now."""
    said, at = new_id(who.lane), now_ms()
    body = msgspec.json.encode(Decision("send", at, pack="p")).decode()
    row = (said, who.lane, who.conversation, "wa", "out", '{"type":"text","text":"news"}', 0)
    await write(store, (_MESSAGE, row), (_DECISION, (new_id(who.lane), who.lane, said, body)))


async def read(store: Store, size: int = past.PAGE) -> list[Was]:
    until = now_ms() + HOUR
    pages = [page async for page in past.pages(store, until - 2 * HOUR, until, HOUR, size)]
    assert all(len(page) <= size for page in pages)
    return [was for page in pages for was in page]


def stood(was: Was) -> dict[str, str]:
    assert was.letter is not None
    return {each.purpose: each.change for each in was.letter.known.standings}


async def test_a_decision_is_told_with_the_options_of_its_message(store: Store) -> None:
    who = await met(store, ANN)
    await decided(store, who)
    native = '{"messenger":{"tag":"HUMAN_AGENT"}}'
    await write(store, (update(message, "native", "lane"), (native, who.lane)))
    (was,) = await read(store)
    assert was.letter is not None
    assert was.letter.native == native


async def test_each_decision_is_told_with_what_stood_when_it_was_made(store: Store) -> None:
    who = await met(store, ANN)
    await decided(store, who)
    for change in ("given", "withdrawn"):
        await fact(store, who.contact, change)
        await decided(store, who)
    for size in (1, 2, past.PAGE):
        found = [stood(each) for each in await read(store, size)]
        assert found == [{}, {"marketing": "given"}, {"marketing": "withdrawn"}]


async def test_when_the_customer_last_wrote_is_as_of_the_decision(store: Store) -> None:
    who = await met(store, ANN)
    for at in (0, 100, 300, 200):
        if at:
            await hears(store, who, at)
        await decided(store, who)
    assert [each.letter.last_in for each in await read(store) if each.letter] == [0, 100, 300, 300]


async def test_what_was_sent_before_is_told_as_far_back_as_is_asked(store: Store) -> None:
    who, now = await met(store, ANN), now_ms()
    times = (now - 3 * HOUR, now - HOUR // 2, now + HOUR)
    await write(
        store, *((_TOUCH, (new_id(who.lane), who.lane, who.contact, at, "marketing", "d")) for at in times)
    )
    await decided(store, who)
    (was,) = await read(store)
    assert was.letter is not None
    assert [each.at for each in was.letter.known.touches] == [times[1]]


async def test_contacts_that_became_one_have_their_facts_together(store: Store) -> None:
    ann, bob = await met(store, ANN), await met(store, BOB)
    await fact(store, ann.contact, "given")
    await fact(store, bob.contact, "withdrawn", "service")
    await decided(store, bob)
    one = await met(store, ANN, BOB)
    await decided(store, one)
    found = await read(store)
    assert [stood(each) for each in found] == [{"marketing": "given", "service": "withdrawn"}] * 2
    assert {each.letter.known.contact for each in found if each.letter} == {one.contact}


async def test_a_decision_whose_message_has_left_is_told_without_it(store: Store) -> None:
    body = msgspec.json.encode(Decision("send", now_ms())).decode()
    await write(store, (_DECISION, (new_id(3), 3, new_id(3), body)))
    assert [each.letter for each in await read(store)] == [None]


async def test_a_suspension_is_told_with_its_time_and_a_notice_that_was_taken_back_is_none(
    store: Store,
) -> None:
    body = '{"id":"s","epoch":1,"scope":{},"ground":"legal","reason":"r","actor":"a","at":5}'
    for due, lifted in ((0, None), (0, 9), (20, 30), (20, 15)):
        await write(store, (_SUSPENSION, (new_id(0), 1, "{}", body, 5, due, lifted)))
    found = await past.suspensions(store)
    assert [(each.since, each.until) for each in found] == [(5, 0), (5, 9), (20, 30)]
    assert [each.at(9) for each in found] == [True, False, False]
