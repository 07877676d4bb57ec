"""Readers: answers as people write them, in their language; what is no answer is told, in their language too."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations import languages
from conversations.readers import NotRead, Reader
from conversations.table import HANDED_OVER, STOPPED
from parley import Chosen, FlowError, Location, Media, Option, Text, read
from state.model.content import Choice, Content

NOW = 1_795_521_600_000
"""24 November 2026, 12:00 UTC, a Tuesday."""
SIZES = {"s": "Small", "l": "Very large"}
PICTURE, PLACE = Media("image", ref="1", caption="Look"), Location(1, 2)

READ: list[tuple[Reader[Any], str | Content, str, Any]] = [
    (read.text(), " Ada  ", "en", "Ada"),
    (read.text(), PICTURE, "en", "Look"),
    (read.anything(), PLACE, "en", PLACE),
    (read.number(), "12", "en", 12),
    (read.number(), "1,234", "en", 1234),
    (read.number(), "1.234", "de", 1234),
    (read.number(-5), "-3", "en", -3),
    (read.number(), Chosen("3", "3"), "en", 3),
    (read.amount(), "2.50", "en", Decimal("2.50")),
    (read.amount(), "2,50", "de-AT", Decimal("2.50")),
    (read.amount(), "2.50", "xx", Decimal("2.50")),
    (read.day(), "tomorrow", "en", date(2026, 11, 25)),
    (read.day(), "morgen", "de", date(2026, 11, 25)),
    (read.day(), "Friday", "en", date(2026, 11, 27)),
    (read.day(), "24.12.", "de", date(2026, 12, 24)),
    (read.day(), "24 décembre", "fr-CA", date(2026, 12, 24)),
    (read.day(), "5/6", "en-US", date(2027, 5, 6)),
    (read.day(), "5/6", "en-GB", date(2027, 6, 5)),
    (read.day(), "tomorrow", "de", date(2026, 11, 25)),
    (read.day(), "tomorrow", "qq", date(2026, 11, 25)),
    (read.day(), "2027-03-01", "", date(2027, 3, 1)),
    (read.day(past=True), "2020-03-01", "en", date(2020, 3, 1)),
    (read.yes_no(), "Yes!", "en", True),
    (read.yes_no(), "Nein.", "de", False),
    (read.yes_no(), "ja", "en", True),
    (read.yes_no(), "はい", "ja", True),
    (read.yes_no(), "👍", "fr", True),
    (read.yes_no(), Chosen("no", "Nein"), "de", False),
    (read.one_of(SIZES), "very  LARGE", "en", "l"),
    (read.one_of(SIZES), "S", "en", "s"),
    (read.one_of(SIZES), "2", "en", "l"),
    (read.one_of(SIZES), Chosen("l", "anything"), "en", "l"),
    (read.one_of([Option("a", "Apples")]), "apples", "en", "a"),
    (read.email(), "Ada@Example.ORG.", "en", "Ada@example.org"),
    (read.email(), "mailto:ada@example.org", "en", "ada@example.org"),
    (read.phone("GB"), "020 7946 0000", "en", "+442079460000"),
    (read.phone(), "020 7946 0000", "en-GB", "+442079460000"),
    (read.phone(), "+44 20 7946 0000", "de", "+442079460000"),
    (read.location(), PLACE, "en", PLACE),
    (read.file(), PICTURE, "en", PICTURE),
    (read.file("image", "video"), PICTURE, "en", PICTURE),
]


@pytest.mark.parametrize(("reader", "said", "locale", "value"), READ)
def test_an_answer_is_read(reader: Reader[Any], said: str | Content, locale: str, value: object) -> None:
    found = reader.read(Text(said) if isinstance(said, str) else said, locale, NOW)
    assert (found, type(found)) == (value, type(value))


NOT_READ: list[tuple[Reader[Any], str | Content, str]] = [
    (read.text(), PLACE, "Please"),
    (read.text(longest=3), "four", "That is too long: at most {longest} characters, please."),
    (read.number(), "many", "Please type a number."),
    (read.number(), "1.5", "Please type a number."),
    (read.number(1, 20), "21", "Please type a number from {least} to {most}."),
    (read.number(1), "0", "Please type a number of at least {least}."),
    (read.number(most=5), "6", "Please type a number of at most {most}."),
    (read.day(), "2020-03-01", "That day is over. Please name one to come."),
    (read.day(), "hello", "Please name a day, as in “tomorrow” or “24 December”."),
    (read.day(), "", "Please name a day, as in “tomorrow” or “24 December”."),
    (read.yes_no(), "perhaps", "Please answer yes or no."),
    (read.one_of(SIZES), "3", "Please choose one of these."),
    (read.email(), "ada@example", "Please type an e-mail address, as in ada@example.org."),
    (read.email(), f"{'a' * 250}@example.org", "Please type an e-mail address, as in ada@example.org."),
    (read.phone(), "12", "Please type a telephone number with its country code, as in +44 20 7946 0000."),
    (read.location(), "here", "Please share a location."),
    (read.file("image"), "x", "Please send a file."),
]


@pytest.mark.parametrize(("reader", "said", "told"), NOT_READ)
def test_what_is_no_answer_is_told(reader: Reader[Any], said: str | Content, told: str) -> None:
    if isinstance(said, Location):
        said, told = Text(" "), "Please answer in words."
    with pytest.raises(NotRead) as wrong:
        reader.read(Text(said) if isinstance(said, str) else said, "en", NOW)
    assert wrong.value.why == told
    assert wrong.value.why.format(**wrong.value.values)


def test_every_text_of_ours_is_translated_where_one_is() -> None:
    told = {told for _, _, told in NOT_READ if told != "Please"}
    told |= {"Please answer in words.", "Yes", "No", "Share my place", HANDED_OVER, STOPPED}
    for locale in ("de", "fr", "es"):
        assert set(languages.texts(locale)) == told


def test_options_are_shown_with_the_question() -> None:
    shown = read.one_of(SIZES).asked(Text("Which?"))
    assert shown == Choice("Which?", (Option("s", "Small"), Option("l", "Very large")))
    own = Choice("Which?", (Option("s", "S"),))
    assert (read.one_of(SIZES).asked(own), read.number().asked(Text("?"))) == (own, Text("?"))


def test_nothing_to_choose_is_the_author_s_mistake() -> None:
    with pytest.raises(FlowError, match="one_of: there is nothing to choose"):
        read.one_of({})


@given(st.text(max_size=40), st.sampled_from(["", "en", "de", "ar", "zh-Hant-TW", "no_such", "\0"]))
def test_a_reader_gives_a_value_or_says_what_it_wants(said: str, locale: str) -> None:
    readers: list[Reader[Any]] = [
        read.text(),
        read.number(),
        read.amount(),
        read.yes_no(),
        read.one_of(SIZES),
    ]
    for reader in [*readers, read.email(), read.phone(), read.file(), read.location()]:
        why = ""
        try:
            value = reader.read(Text(said), locale, NOW)
        except NotRead as error:
            value, why = None, error.why
        assert (value is None) == bool(why)


@pytest.mark.parametrize(
    ("said", "locale", "command"),
    [
        (Text("Stop!"), "en", "stop"),
        (Text(" go  back "), "en", "back"),
        (Text("zurück"), "de", "back"),
        (Text("hilfe"), "en", "help"),
        (Text("please stop"), "en", ""),
        (Text("?"), "en", "help"),
        (Chosen("agent", "Talk to us"), "en", "agent"),
        (Chosen("apples", "stop"), "en", ""),
        (PLACE, "en", ""),
    ],
)
def test_words_heard_everywhere(said: Content, locale: str, command: str) -> None:
    assert languages.command(said, locale) == command
