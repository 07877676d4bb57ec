"""A campaign's message over REST, a customer's answer over a webhook: the flow of the campaign answers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from conversations.router import Router
from gateway.cli.replay import _record
from gateway.replaying import differences
from parley import Flow, On, Question, Turn
from tests.gateway.api.house import CUSTOMER, House, running

TEMPLATE = {"type": "template", "name": "hello", "language": "en", "category": "utility"}


class Sale(Flow):
    """Answers the campaign."""

    campaigns = ("spring",)
    table = (On("message", "start", ".", do="take"),)

    def take(self, turn: Turn) -> None:
        turn.say(f"sold: {turn.text}")


class Order(Flow):
    """What runs otherwise."""

    interruption = "interrupt"
    start, final = "size", ("done",)
    asks = {"size": Question("Which size?")}
    table = (On("answered", "size", "done", say="Thank you."),)


FLOWS = (Sale, Order)


@pytest.fixture
async def shop(migrated_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway that serves a flow of a campaign, on each engine."""
    async with running(tmp_path, migrated_url, flows=FLOWS) as made:
        yield made


async def campaign(house: House, name: str) -> Any:
    """A campaign writes to the customer; gives the message when the provider has taken it."""
    sent = await house.send(
        to=f"whatsapp:{CUSTOMER}", channel="phone", content=TEMPLATE, campaign=name, purpose="service"
    )
    return await house.until(f"/messages/{sent['id']}", lambda body: body["facts"]["accepted"])


async def answers(house: House, sent: Any, text: str, wanted: str, reply_to: str = "") -> None:
    """The customer writes; the last that is said to them is this then."""
    said = {"type": "text", "text": text, "reply_to": reply_to}
    assert (await house.ask("POST", f"/simulator/api/phone/{CUSTOMER}/say", json=said)).status == 200

    def is_so(page: Any) -> bool:
        return wanted in [each["content"].get("text") for each in page["items"]]

    await house.until(f"/conversations/{sent['conversation']}/messages", is_so)


async def test_the_first_answer_to_a_campaign_begins_its_flow_and_the_next_does_not(shop: House) -> None:
    sent = await campaign(shop, "spring")
    await answers(shop, sent, "a red one", "sold: a red one")
    await answers(shop, sent, "and a blue one", "Which size?")


async def test_a_campaign_of_no_flow_is_answered_as_ever(shop: House) -> None:
    await answers(shop, await campaign(shop, "autumn"), "hi", "Which size?")


async def test_an_answer_that_quotes_a_campaign_comes_in_between_and_plays_again(shop: House) -> None:
    first = await campaign(shop, "spring")
    await answers(shop, first, "one", "sold: one")
    await answers(shop, first, "hi", "Which size?")
    await answers(shop, first, "two", "sold: two", reply_to=first["provider_id"])
    await answers(shop, first, "XL", "Thank you.")
    record = await _record(shop.gateway.store, first["conversation"])
    assert len(record.turns) == 4
    assert list(differences(record, Router(FLOWS))) == [None] * 4
