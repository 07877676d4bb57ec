"""Which campaign a message answers, and how the test kit plays it."""

import pytest
from msgspec.structs import replace

from conversations.campaigns import WINDOW, answering
from conversations.router import Router
from parley import STAY, Flow, FlowError, On, Question, Talk, Turn, chat, flow, hours, walk
from state.model.event import SLACK, MessageReceived
from tests.conversations.kit import NOW, said

SPRING = ("spring",)


class Sale(Flow):
    """Answers a campaign."""

    campaigns = SPRING
    table = (On("message", "start", ".", do="take"), On("stop", "start", "."))

    def take(self, turn: Turn) -> None:
        turn.say(f"Sold: {turn.text}")


class Order(Flow):
    """What runs otherwise."""

    interruption = "interrupt"
    start, final = "size", ("done",)
    asks = {"size": Question("Which size?")}
    table = (On("answered", "size", "done", say="Thank you."),)


LATEST = ("spring", NOW - 1000)
CASES: dict[str, tuple[str, tuple[str, int], bool, str]] = {
    "the first message after it": ("", LATEST, False, "spring"),
    "a later message": ("", ("", 0), False, ""),
    "one that comes too late": ("", ("spring", NOW - WINDOW - 1), False, ""),
    "one that was said before it, and waited": ("", ("spring", NOW + SLACK + 1), False, ""),
    "one of a clock that is behind": ("", ("spring", NOW + SLACK), False, "spring"),
    "one while a flow runs": ("", LATEST, True, ""),
    "one that quotes it while a flow runs": ("p7", LATEST, True, "spring"),
    "one that quotes an older one": ("p7", ("autumn", NOW - 1000), False, "spring"),
    "one of a campaign that nobody answers": ("", ("autumn", NOW - 1000), False, ""),
}


@pytest.mark.parametrize(("quotes", "latest", "running", "wanted"), CASES.values(), ids=CASES)
def test_a_message_answers_a_campaign(
    quotes: str, latest: tuple[str, int], running: bool, wanted: str
) -> None:
    event = MessageReceived(key="m", at=NOW, provider_id="p", content=said("yes").content, reply_to=quotes)
    (told,) = answering([event], {"p7": "spring"}, latest, running=running, served=frozenset(SPRING))
    assert isinstance(told, MessageReceived)
    assert told.campaign == wanted


def test_of_several_messages_the_first_answers() -> None:
    told = answering([said("a"), said("b")], {}, LATEST, running=False, served=SPRING)
    assert [each.campaign for each in told if isinstance(each, MessageReceived)] == ["spring", ""]


def test_one_that_follows_what_waited_answers() -> None:
    waited = replace(said("a"), at=LATEST[1] - SLACK - 1)
    told = answering([waited, said("b")], {}, LATEST, running=False, served=SPRING)
    assert [each.campaign for each in told if isinstance(each, MessageReceived)] == ["", "spring"]


async def test_a_talk_answers_a_campaign() -> None:
    async with chat(Sale, Order) as c:
        c.was_sent("All shirts for half the price!", campaign="spring")
        await c.later(hours=71)
        await c.hears("a red one")
        c.says("Sold: a red one")
        await c.hears("and a blue one")
        c.says("Which size?")


async def test_what_is_said_in_a_flow_is_for_that_flow_unless_it_quotes() -> None:
    async with chat(Sale, Order) as c:
        await c.hears("hi")
        c.says("Which size?")
        sent = c.was_sent("All shirts for half the price!", campaign="spring")
        await c.hears("yes", reply_to=sent)
        c.says("Sold: yes")
        c.says("Which size?")
        await c.hears("XL")
        c.says("Thank you.")


async def test_a_script_begins_by_a_campaign() -> None:
    @flow(campaigns=SPRING)
    async def sale(talk: Talk) -> None:
        talk.say(f"Sold: {talk.opening}")

    async with chat(sale) as c:
        await c.hears("nobody answers this")
        c.was_sent("All shirts for half the price!", campaign="spring")
        c.restarts()
        await c.later(hours=1)
        await c.hears("yes")
        c.says("Sold: yes")


def test_customers_walk_into_a_flow_of_a_campaign() -> None:
    walk(Sale, examples=3)


def test_a_campaign_is_named_in_a_tuple() -> None:
    with pytest.raises(FlowError, match="no tuple"):
        type("Wrong", (Flow,), {"table": (On("message", "start", STAY),), "campaigns": "spring"})


def test_a_router_that_serves_another_version_knows_its_campaigns() -> None:
    before = type("Sale", (Flow,), {"table": Sale.table, "take": Sale.take, "expires": hours(1)})
    router = Router([before])
    assert router.campaigns == frozenset()
    router.serve(Sale.plan)
    assert router.campaigns == {"spring"}
