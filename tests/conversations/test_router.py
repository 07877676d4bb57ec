"""Which flow answers: the first in order whose channels and keywords match."""

import msgspec
import pytest

from conversations.engine import play
from conversations.router import Router
from parley import STAY, Flow, FlowError, On, Started
from state.model.event import Event
from state.model.turn import Customer, Snapshot
from tests.conversations.kit import CUSTOMER, NOW, chose, said

ROW = On("message", "start", STAY)


class Booking(Flow):
    table = (ROW,)
    keywords = ("Book", "table please")


class Desk(Flow):
    table = (ROW,)
    channels = ("desk", "inapp")


class Menu(Flow):
    table = (ROW,)


CASES: dict[str, tuple[Event, str, str, type[Flow]]] = {
    "a keyword, however written": (said(" BOOK "), "shop", "whatsapp", Booking),
    "a keyword of two words": (said("Table please"), "shop", "whatsapp", Booking),
    "a button that reads like a keyword": (chose("book"), "shop", "whatsapp", Booking),
    "a keyword before a channel": (said("book"), "desk", "sms", Booking),
    "a channel by its id": (said("hi"), "desk", "sms", Desk),
    "a channel by its type": (said("hi"), "other", "inapp", Desk),
    "a keyword among other words": (said("book now"), "shop", "whatsapp", Menu),
    "anything else": (said("hi"), "shop", "whatsapp", Menu),
    "an opened conversation": (Started(key="s", at=NOW), "shop", "whatsapp", Menu),
}


@pytest.mark.parametrize(("event", "channel", "kind", "flow"), CASES.values(), ids=CASES)
def test_the_first_flow_that_matches_answers(event: Event, channel: str, kind: str, flow: type[Flow]) -> None:
    customer = msgspec.structs.replace(CUSTOMER, channel=channel, channel_type=kind)
    assert Router([Booking, Desk, Menu]).choose(event, customer) is flow.plan


def test_where_no_flow_matches_none_answers() -> None:
    assert Router([Booking]).choose(said("hi"), CUSTOMER) is None


def test_flows_are_told_apart_by_name() -> None:
    other = type("Menu", (Flow,), {"table": (ROW,)})
    assert Router([Menu, Menu]).get("Menu") is Menu.plan
    with pytest.raises(FlowError, match=r"two flows are called Menu: .* rename one"):
        Router([Menu, other])


def test_a_base_without_a_table_is_not_served() -> None:
    with pytest.raises(FlowError, match="Base has no table: it is a base for others"):
        Router([type("Base", (Flow,), {})])


def test_a_channel_may_name_the_flow_that_answers() -> None:
    class First(Flow):
        table = (On("message", "start", STAY, say="first"),)

    class Second(Flow):
        table = (On("message", "start", STAY, say="second"),)

    router, event = Router([First, Second]), Started(key="s", at=NOW)
    asked = {name: router.choose(event, Customer(flow=name)) for name in ("", "Second", "Nope")}
    assert asked == {"": First.plan, "Second": Second.plan, "Nope": None}


def test_who_tries_bots_out_begins_anew_where_a_flow_is_gone() -> None:
    stands = Snapshot("Gone", "1", 3, "somewhere")
    for anew, mode in ((False, "parked"), (True, "bot")):
        played = play(stands, [said("hi")], CUSTOMER, Router([Menu], begins_anew=anew), NOW, "seed")
        assert (played.after.mode, played.after.run) == (mode, 4 if anew else 3)


class Spring(Flow):
    campaigns = ("spring",)
    table = (On("message", "start", STAY),)


@pytest.mark.parametrize(
    ("event", "flow"),
    [
        (msgspec.structs.replace(said("yes"), campaign="spring"), Spring),
        (msgspec.structs.replace(said("yes"), campaign="autumn"), Menu),
        (msgspec.structs.replace(said("book"), campaign="spring"), Booking),
        (said("yes"), Menu),
        (Started(key="s", at=NOW), Menu),
    ],
    ids=["its answer", "another campaign's", "a keyword that stands before it", "no answer", "opened"],
)
def test_a_flow_of_a_campaign_begins_by_its_answers(event: Event, flow: type[Flow]) -> None:
    assert Router([Booking, Spring, Menu]).choose(event, CUSTOMER) is flow.plan
