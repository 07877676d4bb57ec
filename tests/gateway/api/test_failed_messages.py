"""A message that does not get to its customer: its flow is told, if it has a row for it, once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from conversations.router import Router
from gateway.cli.replay import _record
from gateway.replaying import differences
from parley import STAY, Flow, On, Turn
from tests.gateway.api.house import House, running


class Parcel(Flow):
    """Says when it is told that a message failed."""

    table = (
        On("message", "start", STAY, say="Your parcel is here."),
        On("message_failed", "start", STAY, do="note"),
    )
    failures: int = 0

    def note(self, turn: Turn) -> None:
        assert turn.fault
        self.failures += 1
        turn.say(f"Failed: {turn.fault.action}")


@pytest.fixture
async def shop(migrated_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path, migrated_url, flows=(Parcel,)) as made:
        yield made


def fails(house: House, code: str, *, later: bool) -> None:
    """The provider refuses the next message: in its answer, or with a receipt that comes `later`."""
    live = house.gateway.channels.get("phone")
    assert live
    house.host._simulator(live).fail(code, later=later)


async def said(house: House, wanted: list[str]) -> tuple[str, list[Any]]:
    """Until these were said, in this order; gives the conversation and its messages."""
    page = await house.until("/conversations?limit=1", lambda page: bool(page["items"]))
    found = page["items"][0]["id"]

    def is_so(page: Any) -> bool:
        return [each["content"]["text"] for each in page["items"] if each["direction"] == "out"][
            ::-1
        ] == wanted

    page = await house.until(f"/conversations/{found}/messages", is_so)
    return found, page["items"]


@pytest.mark.parametrize("later", [False, True], ids=["refused at once", "failed by a receipt"])
async def test_a_flow_is_told_of_its_message_that_failed(shop: House, later: bool) -> None:
    fails(shop, "131021", later=later)
    await shop.hears("hi")
    conversation, _ = await said(shop, ["Your parcel is here.", "Failed: FAIL_MSG"])
    record = await _record(shop.gateway.store, conversation)
    assert [each.after.data for each in record.turns] == [{"failures": 0}, {"failures": 1}]
    assert list(differences(record, Router([Parcel]))) == [None, None]


async def test_an_answer_to_a_failure_that_fails_too_is_told_to_nobody(shop: House) -> None:
    for _ in range(2):
        fails(shop, "131021", later=False)
    await shop.hears("hi")
    conversation, _ = await said(shop, ["Your parcel is here.", "Failed: FAIL_MSG"])
    await shop.until(
        f"/conversations/{conversation}/messages", lambda page: page["items"][0]["facts"]["failed"]
    )
    await shop.hears("again")
    await said(shop, ["Your parcel is here.", "Failed: FAIL_MSG", "Your parcel is here."])
