"""Parley's own words are in the customer's language, also where nobody has said which that is."""

import pytest

from gateway import notices, policy
from gateway.tongue import _OF, spoken

HELD = policy.standard().as_of(1_800_000_000_000)
FRENCH, GERMAN, SWISS, AMERICAN = (
    "tel:+33612345678",
    "whatsapp:4915112340030",
    "tel:+41791234567",
    "tel:+12025550143",
)


@pytest.mark.parametrize(
    ("locale", "urn", "country", "words", "language"),
    [
        ("", FRENCH, "", "ARRET", "fr"), ("", GERMAN, "", "Abmelden", "de"), ("", GERMAN, "", "STOP", "de"),
        ("", GERMAN, "", "", "de"), ("", SWISS, "", "", "de"), ("", SWISS, "", "arrêt!", "fr"),
        ("", GERMAN, "", "help", "de"), ("", GERMAN, "", "unsubscribe", "de"), ("", AMERICAN, "", "STOP", ""),
        ("", AMERICAN, "", "ALTO", "es"), ("", AMERICAN, "", "PARAR", ""), ("", "tel:+351912345678", "", "PARAR", "pt"),
        ("", FRENCH, "IT", "", "fr"), ("", AMERICAN, "DE", "", ""), ("", "telegram:7", "", "/stop", ""),
        ("", "telegram:7", "PL", "", "pl"),
        ("en", FRENCH, "FR", "ARRET", "en"), ("tr", GERMAN, "", "", "tr"), ("", "tel:+886912345678", "", "", "zh-Hant"),
        ("", GERMAN, "", "Where is my order?", "de"),
    ],
)  # fmt: skip
def test_the_locale_tells_the_language_else_the_word_else_the_country(
    locale: str, urn: str, country: str, words: str, language: str
) -> None:
    assert spoken(locale, (urn,), country, HELD, words) == language


def test_each_language_of_a_country_is_one_that_the_texts_have() -> None:
    assert set(_OF.values()) <= set(notices.texts().notice) - {"en", "hi"}
