"""What Parley itself says is there in every language, names the channel, and says how to go back."""

import pytest

from connectors.sms import gsm7
from gateway import notices, policy
from gateway.notices import Part, Texts, helps, notice, started, stopped, texts

LANGUAGES = tuple(texts().notice)
TABLES = [each for each in Texts.__struct_fields__ if each != "version"]
HELD = policy.standard().as_of(1_800_000_000_000)


@pytest.mark.parametrize("table", TABLES)
def test_every_text_is_there_in_every_language(table: str) -> None:
    said = getattr(texts(), table)
    assert tuple(said) == LANGUAGES
    assert [language for language, words in said.items() if not words.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_names_the_channel_once_and_nothing_else(language: str) -> None:
    assert texts().notice[language].replace("{channel}", "", 1).count("{") == 0
    for kind, name in (("whatsapp", "WhatsApp"), ("twilio", "SMS"), ("inapp", texts().app[language])):
        found = notice(kind, language)
        assert name in found.text
        assert (found.locale, found.version) == (language, f"{texts().version}/{language}")
        assert notices.current(found.version)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_comes_first_has_its_parts_in_their_order_and_is_known_by_them(language: str) -> None:
    parts: tuple[Part, ...] = ("machine", "business", "access")
    found = notice("twilio", language, parts, "Tea {access}")
    access, machine = notice("twilio", language).text, texts().machine[language]
    assert (
        found.text == f"{machine} {texts().business[language].replace('{business}', 'Tea {access}')} {access}"
    )
    assert notices.current(found.version, parts)
    assert notices.current(found.version)
    assert not notices.current(f"{texts().version}/{language}", parts)


@pytest.mark.parametrize(
    ("told", "parts", "current"),
    [
        ("", (), True), ("", ("machine",), False), ("2020-01-01/en", ("access",), False),
        ("{now}/en", ("access",), True), ("{now}+machine/en", ("access",), False),
        ("{now}+machine/en", ("machine",), True), ("2020-01-01+machine/en", ("machine",), False),
    ],
)  # fmt: skip
def test_who_was_told_a_part_is_not_told_it_again(told: str, parts: tuple[Part, ...], current: bool) -> None:
    assert notices.current(told.format(now=texts().version), parts) == current


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_to_help_says_who_it_is_how_to_reach_people_and_how_to_stop(language: str) -> None:
    words = helps(language, "Tea & Co", "+1 202 555 0100")
    assert [each for each in ("Tea & Co", "+1 202 555 0100", "STOP") if words.count(each) != 1] == []
    assert "{" not in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_the_words_that_are_named_mean_what_is_said_of_them(channel: str, language: str) -> None:
    for words, word, wanted in (
        (stopped(language), "START", "start"), (started(language), "STOP", "stop"),
        *([(texts().business[language], "STOP", "stop"), (texts().business[language], "HELP", "help")]
          if channel == "sms" else []),
    ):  # fmt: skip
        assert words.count(word) == 1
        assert policy.meaning(word, channel, HELD, locale=language) == wanted


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de", "de"), ("de-AT", "de"), ("de_DE", "de"), ("DE", "de"), ("pt-BR", "pt"), ("", "en"), ("tlh", "en"),
        ("zh", "zh"), ("zh-CN", "zh"), ("zh-Hans-SG", "zh"), ("zh-TW", "zh-Hant"), ("zh_HK", "zh-Hant"),
        ("zh-Hant-MO", "zh-Hant"), ("en-HK", "en"),
    ],
)  # fmt: skip
def test_a_customer_is_told_in_their_language_or_else_in_english(locale: str, language: str) -> None:
    assert notice("whatsapp", locale).locale == language
    assert stopped(locale) == texts().stopped[language]
    assert started(locale) == texts().started[language]


@pytest.mark.parametrize("language", ["en", "de", "fr", "it", "nl"])
def test_languages_that_the_short_alphabet_can_write_are_written_in_it(language: str) -> None:
    whole = notice("sms", language, ("machine", "business", "access"), "Tea").text
    for words in (whole, stopped(language), started(language), helps(language, "Tea", "1")):
        assert gsm7.fits(words)
