"""Which words stop, start and help, on which channel and to whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy import meaning
from gateway.policy.vocabulary import folded
from tests.gateway.policy.given import HELD, PACK

SMS = [
    ("STOP", "", "", "stop"), ("stop", "en-US", "", "stop"), (" Stop. ", "", "US", "stop"),
    ("STOP!!!", "fr", "", "stop"), ("\u201cSTOP\u201d", "", "", "stop"), ("opt-out", "en", "US", "stop"),
    ("Opt Out", "en", "US", "stop"), ("please stop", "en", "US", "stop"),
    ("Stop texting me!", "en", "US", "stop"), ("don\u2019t text me", "en", "", "stop"),
    ("ARRÊT", "fr", "FR", "stop"), ("arret", "", "CA", "stop"), ("Désabonner", "fr-CA", "", "stop"),
    ("ARRET", "de", "DE", None), ("Abmelden", "de_DE", "", "stop"), ("ENDE", "", "AT", "stop"),
    ("ENDE", "en", "US", None), ("BAJA", "es", "", "stop"), ("baja", "en", "GB", None),
    ("SAIR", "pt", "", "stop"), ("Basta", "it", "IT", "stop"), ("AFMELDEN", "", "NL", "stop"),
    ("ENDE", "", "", "stop"), ("ARRET", "", "", "stop"), ("Yes", "en", "US", "start"),
    ("SÍ", "es", "ES", "start"), ("ja", "de", "", "start"), ("JA", "en", "US", None),
    ("OUI", "fr", "", "start"), ("UNSTOP", "", "", "start"), ("HELP", "", "", "help"),
    ("Hilfe?", "de", "", "help"), ("AIDE", "fr", "", "help"), ("info", "", "", "help"),
    ("stop the order", "en", "US", None), ("", "", "", None), ("!!", "", "", None), ("s t o p", "", "", None),
    ("\U0001f44d", "", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "locale", "country", "found"), SMS)
def test_by_text_message_the_whole_set_of_the_customer_counts(
    text: str, locale: str, country: str, found: str | None
) -> None:
    assert meaning(text, "sms", HELD, locale=locale, country=country) == found


CHAT = [
    ("STOP", "", "stop"), ("unsubscribe", "en", "stop"), ("Stopp!", "de", "stop"), ("Arrêt", "fr", "stop"),
    ("Darse de baja", "es", "stop"), ("Afmelden", "nl", "stop"), ("PARAR", "pt", "stop"),
    ("disiscrivimi", "it", "stop"), ("CANCEL", "en", None), ("END", "en", None), ("QUIT", "en", None),
    ("YES", "en", None), ("REMOVE", "en", None), ("BAJA", "es", None), ("ALTO", "es", None),
    ("Basta", "it", None), ("ENDE", "de", None), ("please stop", "en", None), ("START", "", "start"),
    ("UNSTOP", "", "start"), ("HELP", "", None), ("/stop", "", None),
]  # fmt: skip


@pytest.mark.parametrize("channel", ["whatsapp", "messenger", "inapp", "telegram", "x"])
@pytest.mark.parametrize(("text", "locale", "found"), CHAT)
def test_elsewhere_stop_and_unsubscribe_count_and_the_rest_are_answers(
    channel: str, text: str, locale: str, found: str | None
) -> None:
    if text != "/stop":
        assert meaning(text, channel, HELD, locale=locale) == found


@pytest.mark.parametrize(
    ("channel", "text", "found"),
    [
        ("telegram", "/stop", "stop"), ("telegram", "/STOP ", "stop"), ("telegram", "/start", "start"),
        ("telegram", "/help", "help"), ("telegram", "/start promo", None), ("telegram", "STOP", "stop"),
        ("whatsapp", "/stop", None), ("sms", "/stop", None),
    ],
)  # fmt: skip
def test_the_commands_of_telegram_are_its_own(channel: str, text: str, found: str | None) -> None:
    assert meaning(text, channel, HELD) == found


def test_a_word_never_means_two_things_to_one_customer() -> None:
    for use in ("sms", "chat", "telegram"):
        for language in {row.language for row in PACK.rows.words}:
            rows = [row for row in PACK.rows.words if row.use == use and row.language in (language, "en")]
            stop, start, help = (
                {folded(word) for row in rows for word in getattr(row, name)}
                for name in ("stop", "start", "help")
            )
            assert (stop & start, stop & help, start & help) == (set(), set(), set()), (use, language)


@given(st.text(max_size=80), st.sampled_from(["sms", "whatsapp", "telegram"]), st.text(max_size=8))
def test_no_text_breaks_it(text: str, channel: str, locale: str) -> None:
    assert meaning(text, channel, HELD, locale=locale) in (None, "stop", "start", "help")
