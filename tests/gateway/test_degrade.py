"""What a channel cannot show becomes words; what is native stays as it was written."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from connectors import registry
from gateway.degrade import MOST_PARTS, Offer, Shaped, chosen, shape
from state.model.channel import Capabilities
from state.model.content import (
    Card,
    Choice,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    Option,
    Phone,
    Reaction,
    Template,
    Text,
)

WORDS = Capabilities(schemes=("tel",), text=60)
WHATSAPP = registry.connector("whatsapp").capabilities
INAPP = registry.connector("inapp").capabilities
RED, GREEN = Option("r", "Red"), Option("g", "Green", "the best")
LINK = Option("l", "Open", kind="url", url="https://example.org/x")
WHERE = Option("w", "Where?", kind="share_location")
PICTURE = Media("image", url="https://example.org/p.jpg", caption="Look")


def shaped(content: Content, can: Capabilities = WORDS) -> Shaped:
    return shape(
        content, can, lambda media: f"https://parley.example/{media.stored}" if media.stored else media.url
    )


AS_WORDS: dict[str, tuple[Content, tuple[str, ...]]] = {
    "replies": (Choice("Which?", (RED, GREEN)), ("Which?\n1. Red\n2. Green (the best)",)),
    "a link": (Choice("See", (LINK,)), ("See\nOpen: https://example.org/x",)),
    "both": (Choice("Which?", (LINK, RED)), ("Which?\nOpen: https://example.org/x\n1. Red",)),
    "a request": (Choice("Tell", (WHERE,)), ("Tell\nWhere?",)),
    "a header and a footer": (Choice("Which?", (RED,), header=Text("Colours"), footer="Bye"),
                              ("Colours\nWhich?\nBye\n1. Red",)),
    "a picture over a question": (Choice("Which?", (RED,), header=PICTURE),
                                  ("Look\nhttps://example.org/p.jpg", "Which?\n1. Red")),
    "a picture": (PICTURE, ("Look\nhttps://example.org/p.jpg",)),
    "a file of ours": (Media("document", stored="7", name="a.pdf"), ("a.pdf\nhttps://parley.example/7",)),
    "a place": (Location(52.5, 13.4, "Berlin", "Mitte", "https://example.org/b"),
                ("Berlin\nMitte\nhttps://example.org/b",)),
    "a person": (ContactCard((Card("Ann", phones=(Phone("+15550100"),)),)), ("Ann\n+15550100",)),
    "a form": (Form("f", "Fill in", footer="Thanks"), ("Fill in\nThanks",)),
    "a long text": (Text("word " * 19 + "word"), ("word " * 11 + "word", "word " * 7 + "word")),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), AS_WORDS.values(), ids=AS_WORDS.keys())
def test_a_channel_of_words_shows_words(content: Content, words: tuple[str, ...]) -> None:
    found = shaped(content)
    assert [part.text for part in found.parts if isinstance(part, Text)] == list(words)
    assert len(found.parts) == len(words)
    assert found.losses


@pytest.mark.parametrize("content", [Reaction("m", "👍"), Template("hello", "en"), Form("f")])
def test_what_no_words_replace_is_left_for_the_connector_to_refuse(content: Content) -> None:
    assert shaped(content) == Shaped((content,))


def test_a_text_of_too_many_messages_is_left_whole() -> None:
    text = Text("x" * 60 * (MOST_PARTS + 1))
    assert shaped(text).parts == (text,)


NATIVE: dict[str, tuple[Content, Capabilities]] = {
    "buttons": (Choice("Which?", (RED, GREEN), header=PICTURE, footer="Bye"), WHATSAPP),
    "a list": (Choice("Which?", (RED, GREEN), "list", header=Text("Colours"), button="Pick"), WHATSAPP),
    "one link": (Choice("See", (LINK,)), WHATSAPP),
    "one request": (Choice("Tell", (WHERE,)), WHATSAPP),
    "replies and a link": (Choice("Which?", (RED, LINK)), INAPP),
    "a sticker": (Media("sticker", ref="7"), WHATSAPP),
    "a file of ours": (Media("image", stored="7"), WHATSAPP),
    "a form": (Form("f", "Fill in"), WHATSAPP),
}


@pytest.mark.parametrize(("content", "can"), NATIVE.values(), ids=NATIVE.keys())
def test_what_a_channel_has_stays_as_it_is(content: Content, can: Capabilities) -> None:
    assert shaped(content, can) == Shaped((content,))


@pytest.mark.parametrize(("style", "count"), [("buttons", 10), ("list", 2)])
def test_a_list_says_that_it_is_one_and_what_opens_it(style: Any, count: int) -> None:
    content = Choice("?", tuple(Option(str(n), str(n)) for n in range(count)), style)
    assert shaped(content, WHATSAPP).parts == (replace(content, style="list", button="Choose"),)


def test_a_link_among_replies_is_words_where_kinds_do_not_mix() -> None:
    found = shaped(Choice("Which?", (RED, LINK)), WHATSAPP)
    assert found.parts == (Choice("Which?\nOpen: https://example.org/x", (RED,)),)
    assert found.offer is None


@pytest.mark.parametrize(
    "options",
    [tuple(Option(str(n), str(n)) for n in range(11)), (Option("a", "x" * 25),), (LINK, LINK)],
    ids=["too many", "too long", "two links"],
)
def test_options_that_do_not_fit_are_numbered(options: tuple[Option, ...]) -> None:
    (part,) = shaped(Choice("Which?", options), WHATSAPP).parts
    assert isinstance(part, Text)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (Media("audio", url="u", caption="Hear"), (Media("audio", url="u"), Text("Hear"))),
        (Media("image", url="u", caption="x" * 1025), (Media("image", url="u"), Text("x" * 1025))),
        (Media("image", url="/static/a.png"), (Media("image", url="/static/a.png"),)),
    ],
)
def test_a_caption_that_does_not_fit_goes_apart(content: Content, parts: tuple[Content, ...]) -> None:
    assert shaped(content, WHATSAPP).parts == parts


def test_a_file_goes_as_another_kind_where_its_own_is_missing() -> None:
    can = Capabilities(schemes=("x",), text=100, media={"image": 1, "document": 1})
    kinds = [shaped(Media(kind, url="u"), can).parts[0] for kind in ("sticker", "audio", "video")]
    assert [part.kind for part in kinds if isinstance(part, Media)] == ["image", "document", "document"]


def test_a_file_of_ours_is_an_address_where_the_provider_keeps_none() -> None:
    can = Capabilities(schemes=("x",), text=100, media={"image": 1})
    assert shaped(Media("image", stored="7"), can).parts == (Media("image", url="https://parley.example/7"),)


OFFER = Offer((("r", "Red"), ("g", "Green"), ("5", "5")))


@pytest.mark.parametrize(
    ("said", "option"),
    [("1", "r"), (" 2. ", "g"), ("#2", "g"), ("(2)", "g"), ("２", "g"), ("green", "g"), (" RED", "r"), ("5", "5"),
     ("0", ""), ("4", ""), ("1 and 2", ""), ("reddish", ""), ("", ""), ("²", "g")],
)  # fmt: skip
def test_a_number_or_a_title_chooses(said: str, option: str) -> None:
    found = chosen(said, OFFER)
    assert (found.id if found else "") == option


def test_the_numbers_are_those_that_were_shown() -> None:
    found = shaped(Choice("Which?", (LINK, RED, WHERE, GREEN)), Capabilities(schemes=("tel",), text=200))
    assert found.offer
    (part,) = found.parts
    assert "1. Red" in json.dumps(part.text if isinstance(part, Text) else "")
    picks: list[Any] = [chosen(str(n), found.offer) for n in (1, 2, 3)]
    assert [each and each.id for each in picks] == ["r", "g", None]
