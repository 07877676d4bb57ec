"""Which words mean stop, start or help: whole messages, apart from case, accents and punctuation. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from gateway.policy.entries import Words

Meaning = Literal["stop", "start", "help"]
_MEANINGS: tuple[Meaning, ...] = ("stop", "start", "help")
_LONGEST = 60
_EDGES = "".join(c for c in map(chr, range(128)) if not c.isalnum())
"""What of ASCII may stand around a word."""
_NO_LETTERS = re.compile(r"[\W_]+")


class Vocabulary:
    """The words of a pack; those of a customer are put together once for each channel, language and country."""

    def __init__(self, rows: Iterable[Words]) -> None:
        self._rows = tuple(rows)
        self.of = lru_cache(4096)(self._of)
        """The meanings by word for (channel, language, country)."""
        every = [folded(word) for row in self._rows for word in (*row.stop, *row.start, *row.help)]
        self._beginnings = frozenset(word.lstrip("/")[:1] for word in every)

    def _of(self, channel: str, language: str, country: str) -> dict[str, Meaning]:
        uses = ("sms",) if channel == "sms" else ("chat", channel)
        found: dict[str, Meaning] = {}
        for row in self._rows:
            if row.use in uses and _fits(row, language, country):
                for meaning in _MEANINGS:
                    for word in getattr(row, meaning):
                        found.setdefault(folded(word), meaning)
        return found

    def may_mean(self, text: str) -> bool:
        """Whether a text may be one of the words at all: most are told from them by their length and first letter."""
        if len(text) > _LONGEST:
            return False
        return not text.isascii() or text.lstrip(_EDGES)[:1].lower() in self._beginnings

    def languages(self, text: str) -> frozenset[str]:
        """The languages that a whole message is a word of; none where it is one everywhere, as STOP is."""
        if not self.may_mean(text):
            return frozenset()
        word = folded(text)
        rows = [row for row in self._rows if word in map(folded, (*row.stop, *row.start, *row.help))]
        return (
            frozenset()
            if any("*" in row.countries for row in rows)
            else frozenset(row.language for row in rows)
        )

    def meaning(self, text: str, channel: str, language: str, country: str) -> Meaning | None:
        """What a whole message means to a customer of a language and a country, "" where they are not known."""
        if not self.may_mean(text):
            return None
        return self.of(channel, language, country).get(folded(text))


def _fits(row: Words, language: str, country: str) -> bool:
    known = language or country
    return not known or "*" in row.countries or language == row.language or country in row.countries


def folded(text: str) -> str:
    """A text as it is compared: small letters without accents, words parted by one space, a command's slash kept."""
    if text.isascii():
        plain = text.lower()
        words = _NO_LETTERS.sub(" ", plain.replace("'", "")).strip()
        return f"/{words}" if plain.lstrip().startswith("/") else words
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = _NO_LETTERS.sub(" ", plain.replace("'", "").replace("\u2019", "")).strip()
    return f"/{words}" if plain.lstrip().startswith("/") else words
