"""Values of the model are frozen, strict about what they are made of, and come back from JSON as they were."""

from typing import Any

import msgspec
import pytest

from state.model.content import (
    Card,
    Choice,
    Chosen,
    Component,
    ContactCard,
    Content,
    Form,
    Item,
    Location,
    Media,
    Option,
    Order,
    Parameter,
    Reaction,
    Template,
    Text,
    Unsupported,
    media_in,
    plain,
)
from state.model.event import Event, MessageReceived, Receipt, Referral
from state.model.receipts import Fault
from state.model.suspension import Reach, Scope, Target

PICTURE = Media("image", stored="1", caption="a cat")
CARDS = Component("carousel", cards=((Component("header", (Parameter(media=PICTURE),)),),))
SAID: list[tuple[Content, str, int]] = [
    (Text("hello"), "hello", 0),
    (PICTURE, "a cat", 1),
    (Location(1.5, 2.0), "1.5,2.0", 0),
    (Location(1.5, 2.0, "Home"), "Home", 0),
    (ContactCard((Card("Ann"), Card("Bob"))), "Ann, Bob", 0),
    (Choice("Which?", (Option("a", "A"),), header=PICTURE), "Which?", 1),
    (Chosen("b"), "b", 0),
    (Chosen("b", "B"), "B", 0),
    (Template("hello_world", "en_US", (CARDS, CARDS)), "hello_world", 2),
    (Reaction("m1", "👍"), "👍", 0),
    (Form("1", "Fill in", answers={"age": 7}), "Fill in", 0),
    (Order((Item("sku"),), text="please"), "please", 0),
    (Unsupported("poll"), "poll", 0),
]
EVENTS: list[Event] = [
    MessageReceived(key="k", at=1, provider_id="p", content=Text("hi"), referral=Referral(click_id="c")),
    Receipt(key="k", at=1, provider_id="p", status="failed", fault=Fault("131026"), billable=False),
]


@pytest.mark.parametrize(("content", "words", "files"), SAID, ids=[words for _, words, _ in SAID])
def test_a_content_comes_back_from_json_and_says_itself_in_words(
    content: Content, words: str, files: int
) -> None:
    back: Content = msgspec.json.decode(msgspec.json.encode(content), type=Content)
    assert back == content
    assert (plain(content), len(list(media_in(content)))) == (words, files)


@pytest.mark.parametrize("event", EVENTS, ids=lambda each: type(each).__name__)
def test_an_event_comes_back_from_json(event: Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


@pytest.mark.parametrize(
    "body",
    [
        '{"type":"text","text":"hi","extra":1}',
        '{"type":"text"}',
        '{"type":"poll"}',
        '{"type":"text","text":1}',
        "[]",
    ],
)
def test_what_is_no_content_is_refused(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Content)


def test_a_value_cannot_be_changed() -> None:
    said: Any = Text("hi")
    with pytest.raises(AttributeError):
        said.text = "bye"


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(), True),
        (Scope(channel="wa"), True),
        (Scope(channel="wb"), False),
        (Scope(team="top"), True),
        (Scope(team="other"), False),
        (Scope(channel="wa", contact="c2"), False),
        (Scope(channel="wa", sender="123", contact="c1", flow="f", campaign="x", template="t"), True),
        (Scope(flow="g"), False),
        (Scope(sender="9"), False),
        (Scope(campaign="y"), False),
        (Scope(template="u"), False),
    ],
)
def test_a_scope_covers_what_matches_every_field_it_fills(scope: Scope, covered: bool) -> None:
    target = Target(
        channel="wa", teams=("shop", "top"), sender="123", contact="c1", flow="f", campaign="x", template="t"
    )
    assert scope.covers(target) is covered


@pytest.mark.parametrize(
    ("reach", "answer", "initiated", "inbound"),
    [("business_initiated", False, True, False), ("outbound", True, True, False), ("both", True, True, True)],
)
def test_a_scope_reaches_as_far_as_its_direction(
    reach: Reach, answer: bool, initiated: bool, inbound: bool
) -> None:
    scope = Scope(direction=reach)
    assert scope.covers(Target(channel="wa")) is answer
    assert scope.covers(Target(channel="wa", initiated=True)) is initiated
    assert scope.covers(Target(channel="wa", inbound=True)) is inbound
