"""Walks find bots that fail, that never stop talking, and that let nobody out; sound bots they leave alone."""

import pytest

from conversations.loading import Source
from conversations.router import compiled
from examples.booking import Booking
from examples.hand_over import Helpdesk
from examples.menu import Menu, Order
from examples.order_status import order_status
from examples.orders import Orders
from examples.survey import survey
from parley import STAY, WAYS_OUT, Flow, On, Question, Talk, Turn, flow, read, walk


class Fails(Flow):
    table = (*WAYS_OUT, On("message", "start", STAY, do="answer"))

    def answer(self, turn: Turn) -> None:
        assert turn.text != "4", "four"


class Traps(Flow):
    start, final = "age", ("done",)
    asks = {
        "age": Question("Age?", read.number(1, 20)),
        "trap": Question("Why?", read.number(99, 99), limit=10**6),
    }
    table = (On("answered", "age", "trap"), On("answered", "trap", "done"))


@flow(commands=())
async def chatters(talk: Talk) -> None:
    await talk.ask("How often?")
    for _ in range(30):
        talk.say("And again.")


@pytest.mark.parametrize(
    ("bot", "told"),
    [
        (Fails, "AssertionError: four"),
        (Traps, "there is no way out of '(age|trap)'"),
        (chatters, "it said 30 messages"),
    ],
)
def test_what_serves_a_customer_badly_is_found(bot: object, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        walk(bot, length=5, examples=200)  # type: ignore[arg-type]


EXAMPLES: dict[str, tuple[Source, ...]] = {
    "booking": (Booking,),
    "menu": (Menu, Order),
    "survey": (survey,),
    "order_status": (order_status,),
    "hand_over": (Helpdesk,),
    "orders": (Orders,),
}


@pytest.mark.parametrize("bots", EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_serve_everybody(bots: tuple[Source, ...]) -> None:
    given = {"lookup": {"order": "17", "state": "packed"}, "find": {"state": "packed"}, "cancel": None}
    there = {name for bot in bots for name in compiled(bot).effects}
    answers = {name: value for name, value in given.items() if name in there}
    walk(*bots, answers=answers, examples=30)
