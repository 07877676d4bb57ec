"""Content is licensed, and used for what its channel allows."""

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.policy import Facts, Licence, subjects
from gateway.policy.contents import content_purpose, licence
from state.model.cause import Cause
from state.model.content import Choice, Component, Content, Media, Option, Parameter, Template, Text
from tests.gateway.policy.given import HELD, MARKETING, NOON, SERVICE

PICTURE, CLIP = Media("image", stored="pic"), Media("video", stored="clip")
HEADER = Component("header", (Parameter(media=PICTURE), Parameter(text="x")))
CARDS = Component("carousel", cards=((HEADER,), (Component("header", (Parameter(media=CLIP),)),)))
USED: list[tuple[Content, tuple[str, ...]]] = [
    (Text("hello"), ()), (PICTURE, ("media:pic",)), (Media("image", url="https://example.com/a"), ()),
    (Template("t", "en"), ("template:t",)), (Template("t", "en", (HEADER,)), ("template:t", "media:pic")),
    (Template("t", "en", (CARDS,)), ("template:t", "media:pic", "media:clip")),
    (Choice("?", (Option("1", "a"),), header=PICTURE), ("media:pic",)), (Choice("?", (Option("1", "a"),)), ()),
]  # fmt: skip


@pytest.mark.parametrize(("content", "found"), USED)
def test_what_a_content_uses_is_found_wherever_it_is(content: Content, found: tuple[str, ...]) -> None:
    assert subjects(content) == found


OLD, NEW, OPEN = (
    Licence("old", "media:pic", NOON),
    Licence("new", "media:pic", NOON + 1),
    Licence("o", "media:pic", 0),
)
OTHER = Licence("x", "template:t", NOON)


@pytest.mark.parametrize(
    ("held", "content", "found"),
    [
        ((), PICTURE, ""), ((OLD,), PICTURE, "licence_ended"), ((NEW,), PICTURE, ""), ((OLD, NEW), PICTURE, ""),
        ((OPEN,), PICTURE, ""), ((OTHER,), PICTURE, ""), ((OLD,), Text("hello"), ""),
        ((OTHER, NEW), Template("t", "en", (HEADER,)), "licence_ended"),
        ((OLD,), Template("t", "en", (CARDS,)), "licence_ended"),
    ],
)  # fmt: skip
def test_what_has_a_licence_is_sent_while_one_holds(
    held: tuple[Licence, ...], content: Content, found: str
) -> None:
    assert licence(replace(SERVICE, content=content, licences=held), NOON, HELD).code == found


TEMPLATE, WORDS = Template("t", "en"), Text("hello")
UTILITY = {"category": "UTILITY"}
FITTING: list[tuple[str, Content, Any, dict[str, Any], bool]] = [
    ("whatsapp", TEMPLATE, "marketing", {"category": "MARKETING"}, True),
    ("whatsapp", TEMPLATE, "service", {"category": "MARKETING"}, False),
    ("whatsapp", TEMPLATE, "marketing", UTILITY, False), ("whatsapp", TEMPLATE, "service", UTILITY, True),
    ("whatsapp", TEMPLATE, "one_time_codes", UTILITY, False), ("whatsapp", WORDS, "marketing", {}, True),
    ("whatsapp", TEMPLATE, "one_time_codes", {"category": "AUTHENTICATION"}, True),
    ("whatsapp", TEMPLATE, "marketing", {"category": "AUTHENTICATION"}, False),
    ("whatsapp", TEMPLATE, "marketing", {}, True), ("whatsapp", TEMPLATE, "service", {}, False),
    ("whatsapp", TEMPLATE, "one_time_codes", {}, False), ("whatsapp", WORDS, "service", {}, True),
    ("wechat", TEMPLATE, "marketing", {}, False), ("wechat", TEMPLATE, "service", {}, True),
    ("wechat", WORDS, "marketing", {}, True),
    ("messenger", TEMPLATE, "marketing", {}, False), ("messenger", WORDS, "marketing", {}, True),
    ("messenger", WORDS, "service", {"tag": "HUMAN_AGENT"}, False),
    ("instagram", WORDS, "service", {"tag": "HUMAN_AGENT"}, False),
    ("messenger", WORDS, "service", {"tag": "HUMAN_AGENT", "by_person": True}, True),
    ("messenger", WORDS, "service", {}, True),
    ("x", WORDS, "marketing", {}, False), ("x", WORDS, "service", {}, True),
    ("telegram", WORDS, "marketing", {}, True),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "content", "purpose", "more", "fits"), FITTING)
def test_a_channel_s_content_is_for_what_its_provider_allows(
    channel: str, content: Content, purpose: Any, more: dict[str, Any], fits: bool
) -> None:
    cause = Cause(purpose=purpose)
    facts = replace(
        MARKETING, channel_type=channel, content=content, cause=cause, **({"category": ""} | more)
    )
    assert content_purpose(facts, NOON, HELD).code == ("" if fits else "purpose_not_allowed")


def test_what_a_template_was_taken_for_is_told_where_it_leaves() -> None:
    facts = replace(SERVICE, channel_type="whatsapp", content=TEMPLATE, category="UTILITY")
    assert content_purpose(facts, NOON, HELD).inputs == UTILITY


def test_x_takes_no_campaign() -> None:
    facts: Facts = replace(SERVICE, channel_type="x", cause=Cause(campaign="spring"))
    said = content_purpose(facts, NOON, HELD)
    assert (said.code, said.reason[:38]) == ("purpose_not_allowed", "X allows no bulk and no unasked direct")
