"""What is held is decided once, and waits until somebody acts."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from state import consent_tables, contacts, fences, tables
from state.statements import Query, Write
from state.writer import Op
from tests.spine.house import House, text

BSUID = "whatsapp-bsuid:US.13491208655302741918"


def unchanged(house: House) -> Callable[..., Any]:
    """Give a way to read by which the fence finds no change by itself."""
    read, epoch = house.gateway.store.read, house.gateway.fence.epoch

    async def reading(query: Query, *row: Any) -> list[Any]:
        return [(epoch,)] if query is fences.EPOCH else await read(query, *row)

    return reading


async def test_what_waits_for_terms_is_decided_once_and_then_rests(house: House) -> None:
    def unaccepted() -> Op[None]:
        yield [(Write(sa.delete(consent_tables.acceptance), ""), ())]

    await house.gateway.store.alone(unaccepted)
    await house.gateway.channels.load()
    await house.hear(text(1, "hi"))
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    await house.hear(text(2, "hi"))
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held", "held"])
    assert await house.count(tables.decision) == 2
    assert house.graph.texts == []


async def test_a_suspended_contact_gets_nothing_in_a_conversation_from_before_a_merge(house: House) -> None:
    older = await house.gateway.store.write(contacts.find, "default", "wa", [BSUID])
    await house.hear(text(1, "hi"))
    await house.quiet()
    conversation = await house.conversation_of(1)
    phone = f"whatsapp:{text(1, '')['from']}"
    merged = await house.gateway.store.write(contacts.find, "default", "wa", [BSUID, phone])
    assert merged.contact == older.contact
    suspension = await house.suspend(contact=older.contact)
    sent = {"to": conversation, "content": {"type": "text", "text": "psst"}}
    told = await house.call("POST", "/messages", sent)
    assert told.status == 202, told
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    lifted = {"reason": "it was a fraud", "held": "discard"}
    await house.call("POST", f"/suspensions/{suspension}/lift", lifted)
    await house.quiet()
    assert (await house.call("GET", f"/messages/{told.body['id']}")).body["outcome"] == "canceled"
    assert house.graph.texts == ["1: hi"]


async def test_a_contact_suspended_before_a_merge_gets_nothing_in_the_other_s_conversations(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [f"whatsapp:{text(number, '')['from']}" for number in (1, 2)]
    winner, loser = [
        (await house.gateway.store.write(contacts.find, "default", "wa", [each])).contact for each in phones
    ]
    for number in (1, 2):
        await house.hear(text(number, "hi"))
        await house.quiet()
    await house.suspend(contact=loser)
    fence = house.gateway.fence
    monkeypatch.setattr(house.gateway.store, "read", unchanged(house))
    await house.gateway.store.write(contacts.find, "default", "wa", phones)
    assert [each.scope.contact for each in fence.suspensions] == [loser]
    before = list(house.graph.texts)
    sent = {"to": await house.conversation_of(1), "content": {"type": "text", "text": "psst"}}
    assert (await house.call("POST", "/messages", sent)).status == 202
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    assert house.graph.texts == before
    assert [each.scope.contact for each in fence.suspensions] == [loser, winner]
