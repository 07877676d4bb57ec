"""The five bots of `examples/`, each talked through to its end, and sound to the check."""

from types import SimpleNamespace
from typing import Any

import pytest

from conversations.check import check
from conversations.loading import load_all
from conversations.router import compiled
from examples.booking import Booking
from examples.hand_over import Helpdesk
from examples.menu import Menu, Order
from examples.order_status import SHOP, order_status
from examples.survey import survey
from parley import Text, chat

BOTS = ("booking", "menu", "survey", "order_status", "hand_over")


@pytest.mark.parametrize("name", BOTS)
def test_an_example_is_sound(name: str) -> None:
    for each in load_all(f"examples.{name}"):
        assert check(compiled(each)) == []


async def test_a_table_is_booked() -> None:
    async with chat(Booking) as c:
        await c.hears("hello")
        c.says("For how many people?")
        await c.hears("20")
        c.says("Please type a number from 1 to 12.")
        await c.hears("4")
        c.says("On which day?")
        await c.later(hours=3)
        c.says("Are you still there?")
        c.says("On which day?")
        await c.hears("2027-03-01")
        c.says("A table for 4 on March 1, 2027.")
        c.says("Shall I book it?", options=["Yes", "No"])
        await c.taps("No")
        assert c.said == [Text("Then let us begin again."), Text("For how many people?")]


async def test_a_table_is_booked_in_german() -> None:
    async with chat(Booking, locale="de") as c:
        for heard, asked in (("Hallo", "Für wie viele Personen?"), ("2", "An welchem Tag?")):
            await c.hears(heard)
            c.says(asked)
        await c.hears("01.03.2027")
        c.says("Ein Tisch für 2 am 1. März 2027.")
        c.says("Soll ich reservieren?", options=["Ja", "Nein"])
        await c.hears("ja")
        c.says("Reserviert. Bis dann!")
        assert c.stands.flow == ""


async def test_a_menu_takes_orders_until_the_customer_has_enough() -> None:
    async with chat(Menu, Order) as c:
        await c.hears("hi")
        c.says("What can I do for you?", options=["Order", "Opening hours", "Talk to us"])
        await c.taps("Opening hours")
        assert c.said[0] == Text("We are open from 9 to 18, but on Sundays.")
        await c.taps("Order")
        c.says("What would you like?", options=["Soup of the day", "Mushroom pie", "Carrot cake"])
        await c.taps("Mushroom pie")
        c.says("How many?")
        await c.hears("2")
        c.says("Noted: 2 × Mushroom pie.")
        c.says("What can I do for you?")
        await c.taps("Order")
        _ = c.said
        await c.hears("stop")
        assert c.said[0] == Text("All right, we stop here.")
        assert (c.stands.flow, c.stands.data) == ("Menu", {"ordered": ["2 × Mushroom pie"]})


async def test_a_survey_is_answered() -> None:
    async with chat(survey) as c:
        await c.hears("survey")
        c.says("How many stars do we get, from 1 to 5?")
        await c.later(days=1)
        c.says("You have not finished our survey.")
        c.says("How many stars do we get, from 1 to 5?")
        await c.hears("3")
        c.says("What could we do better?")
        await c.hears("Be quicker")
        c.says("Will you come again?")
        await c.hears("yes")
        c.says("Thank you for 3 stars!")
        c.says("We have noted: “Be quicker”")


async def test_a_survey_that_nobody_answers_ends() -> None:
    async with chat(survey) as c:
        await c.hears("survey")
        _ = c.said
        await c.later(days=1)
        _ = c.said
        await c.later(days=7)
        c.says("Never mind. Thank you all the same!")
        assert c.stands.flow == ""


class Shop:
    """The back-end; it answers with an order in a state, or not at all."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.asked: list[tuple[str, str, Any]] = []

    async def request(self, method: str, url: str, **more: Any) -> Any:
        self.asked.append((method, url, more.get("headers")))
        if not self.state:
            raise ConnectionError("nobody there")
        return SimpleNamespace(status=200, body=b"{}", json=lambda: {"state": self.state})


async def test_an_order_is_found_and_cancelled_with_a_key() -> None:
    shop = Shop("packed")
    async with chat(order_status, http=shop, settings={"shop": "secret-of-the-shop"}) as c:
        await c.hears("Where is my order?")
        c.says("Your order number, please.")
        await c.hears("17")
        c.says("Order 17 is packed.")
        c.says("Shall I cancel it?")
        await c.hears("yes")
        c.says("It is cancelled.")
        assert shop.asked == [
            ("GET", f"{SHOP}/17", {"Authorization": "Bearer secret-of-the-shop"}),
            ("DELETE", f"{SHOP}/17", {"Idempotency-Key": c.called[1].key}),
        ]


async def test_a_shop_that_does_not_answer_means_a_person() -> None:
    async with chat(order_status, http=Shop("")) as c:
        await c.hears("order")
        _ = c.said
        await c.hears("17")
        c.says("Our shop does not answer just now. A colleague will look at it.")
        assert c.mode == "person"
        await c.is_handed_back("It leaves tomorrow.")
        c.says("It leaves tomorrow.")


async def test_a_person_takes_over_with_what_the_bot_knows_and_gives_back() -> None:
    async with chat(Helpdesk) as c:
        await c.hears("hi")
        c.says("What is it about?", options=["My bill", "My order", "Else"])
        await c.taps("My bill")
        c.says("I put you through to a colleague.")
        assert (c.mode, c.state) == ("person", "with_us")
        await c.is_handed_back()
        c.says("Is it settled?")
        await c.hears("no")
        c.says("I put you through to a colleague.")
        await c.is_handed_back()
        c.says("Is it settled?")
        await c.hears("yes")
        c.says("Good. Have a nice day!")
        assert c.stands.flow == ""
