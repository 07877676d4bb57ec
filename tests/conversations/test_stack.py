"""Flows that begin flows, and messages that ask for another flow while one runs."""

from typing import Any

import pytest

from conversations import engine
from conversations.router import Router
from parley import (
    ClientEvent,
    Customer,
    Flow,
    On,
    Question,
    Referral,
    Started,
    Talk,
    Text,
    Turn,
    chat,
    flow,
    read,
)
from state.model.event import Event, MessageReceived
from state.model.turn import Snapshot
from tests.conversations.kit import CUSTOMER, NOW, notes, said, words


class Address(Flow):
    start, final = "street", ("done",)
    asks = {"street": Question("Which street?"), "city": Question("Which city?")}
    table = (On("answered", "street", "city"), On("answered", "city", "done", do="give"))
    street: str = ""
    city: str = ""
    country: str = "DE"
    events = ("never",)

    def give(self, turn: Turn) -> None:
        turn.end({"street": self.street, "city": self.city, "country": self.country})


class Order(Flow):
    start, final = "what", ("done",)
    asks = {"what": Question("What do you want?")}
    table = (
        On("answered", "what", "address", do="fetch"),
        On("done_Address", "address", "done", do="confirm"),
        On("done_age", "address", "done"),
    )
    what: str = ""

    def fetch(self, turn: Turn) -> None:
        turn.begin(Address, country="FR")

    def confirm(self, turn: Turn) -> None:
        turn.say(f"{self.what} to {turn.result['street']}, {turn.result['city']}, {turn.result['country']}.")


@flow(events=("never",))
async def age(talk: Talk) -> int:
    return await talk.ask("How old?", read.number())


@flow
async def card(talk: Talk) -> None:
    where = await talk.begin(Address)
    years = await talk.begin(age)
    talk.say(f"{years} years, {where['city']}.")


async def test_a_flow_begins_another_and_goes_on_with_its_result() -> None:
    async with chat(Order, Address) as c:
        await c.hears("hi")
        c.says("What do you want?")
        await c.hears("Tea")
        c.says("Which street?")
        assert (c.stands.flow, [each.flow for each in c.stands.stack]) == ("Address", ["Order"])
        c.restarts()
        await c.hears("Main St")
        c.says("Which city?")
        await c.hears("Bonn")
        c.says("Tea to Main St, Bonn, FR.")
        assert c.stands == Snapshot(run=1)


async def test_a_script_begins_a_flow_and_a_script() -> None:
    async with chat(card, Address, age) as c:
        for heard, said_then in (
            ("hi", "Which street?"),
            ("A", "Which city?"),
            ("B", "How old?"),
            ("x", None),
            ("7", "7 years, B."),
        ):
            await c.hears(heard)
            c.says(said_then or "Please type a number.")
        assert c.stands == Snapshot(run=1)


class Loop(Flow):
    table = (On("message", "start", "start", do="again"),)

    def again(self, turn: Turn) -> None:
        turn.begin("Loop")


@pytest.mark.parametrize(
    ("flows", "told", "stands"),
    [
        ([Order], "Order begins Address, which is not served: name it in bots", "what"),
        ([Loop], "Loop: 10 flows wait for one another: which begins itself", ""),
    ],
)
async def test_a_flow_that_cannot_be_begun_parks_where_it_stood(
    flows: list[type[Flow]], told: str, stands: str
) -> None:
    async with chat(*flows, may_fail=True) as c:
        for heard in ("hi", "Tea"):
            await c.hears(heard)
            _ = c.said
    assert c.fault
    assert told in c.fault.reason
    assert (c.state, c.stands.stack) == (stands, ())


class Help(Flow):
    keywords, start, final = ("info",), "asked", ("done",)
    asks = {"asked": Question("What about?")}
    table = (On("answered", "asked", "done", say="I see."),)


def form(how: str, refusal: str = "") -> type[Flow]:
    """A flow that treats another's keyword in a way."""
    body: dict[str, Any] = {
        "start": "name",
        "final": ("done",),
        "asks": {"name": Question("Your name?")},
        "table": (On("answered", "name", "done", say="Thanks."),),
        "interruption": how,
        "refusal": refusal,
    }
    return type("Form", (Flow,), body)


WAYS: dict[str, tuple[str, list[str]]] = {
    "ignore": ("", ["Your name?", "Thanks."]),
    "interrupt": ("", ["Your name?", "What about?", "I see.", "Your name?", "Thanks."]),
    "queue": ("One thing first.", ["Your name?", "One thing first.", "Thanks.", "What about?", "I see."]),
    "refuse": ("Not now.", ["Your name?", "Not now.", "Thanks."]),
}


@pytest.mark.parametrize(("how", "refusal", "spoken"), [(how, *each) for how, each in WAYS.items()], ids=WAYS)
async def test_another_flow_s_keyword_does_what_the_running_flow_says(
    how: str, refusal: str, spoken: list[str]
) -> None:
    found = list[str]()
    async with chat(Help, form(how, refusal)) as c:
        for heard in ("hi", "INFO!", "Ada", "Bo"):
            c.restarts()
            await c.hears(heard)
            found += [getattr(each, "text", "") for each in c.said]
            if len(found) >= len(spoken):
                break
    assert found == spoken


@flow(keywords=("tea",), interruption="interrupt")
async def tea(talk: Talk) -> None:
    await talk.ask("Which tea?")


@flow(keywords=("cake",), interruption="interrupt")
async def cake(talk: Talk) -> None:
    await talk.ask("Which cake?")


async def test_who_asks_for_one_flow_and_the_other_is_answered_for_ever() -> None:
    async with chat(tea, cake) as c:
        for wish in ["tea", "cake"] * 20:
            await c.hears(wish)
            assert c.said
        assert c.mode == "bot"


def test_only_so_many_messages_wait() -> None:
    router, stands = Router([Help, form("queue", "Wait.")]), Snapshot()
    played = engine.play(stands, [said("hi"), *[said("info")] * 7], CUSTOMER, router, NOW, "s")
    assert len(played.after.later) == 5
    assert [note for _, note in notes(played)][-3:] == ["Help waits", "Help is refused", "Help is refused"]


# What begins a run


@flow(referrals=("ad", "post-7"))
async def advert(talk: Talk) -> None:
    await talk.ask("From the advert?")


@flow(events=("cart",))
async def cart(talk: Talk) -> None:
    await talk.ask("Your cart waits. Shall we send it?")


@flow(locales=("de", "pt-BR"))
async def german(talk: Talk) -> None:
    await talk.ask("Hallo?")


@flow
async def rest(talk: Talk) -> None:
    await talk.ask("Hello?")


def _hi(referral: Referral | None = None) -> MessageReceived:
    return MessageReceived(key="k", at=NOW, provider_id="p", content=Text("hi"), referral=referral)


BEGINS: list[tuple[Event, str, str]] = [
    (_hi(Referral("ad", "3")), "en", "From the advert?"),
    (Started(key="s", at=NOW, referral=Referral("link", "post-7")), "en", "From the advert?"),
    (_hi(Referral("ad2", "3")), "en", "Hello?"),
    (ClientEvent(key="e", at=NOW, event_name="cart"), "de", "Your cart waits. Shall we send it?"),
    (ClientEvent(key="e", at=NOW, event_name="other"), "de", ""),
    (_hi(), "de-AT", "Hallo?"),
    (_hi(), "pt-BR", "Hallo?"),
    (_hi(), "pt-PT", "Hello?"),
    (_hi(), "", "Hello?"),
]


@pytest.mark.parametrize(("event", "locale", "asked"), BEGINS)
def test_a_run_begins_by_what_its_flow_says(event: Event, locale: str, asked: str) -> None:
    customer = Customer("c", "shop", "sms", locale=locale)
    played = engine.play(Snapshot(), [event], customer, Router([advert, cart, german, rest]), NOW, "s")
    assert words(played) == ([asked] if asked else [])
