"""What customers say in their languages, read from `languages.toml`: yes and no, commands, and the readers' texts."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from state.model.content import Chosen, Content, Text

COMMANDS = ("stop", "restart", "back", "agent", "help")
"""The commands heard everywhere in a conversation."""
_FILE = Path(__file__).with_suffix(".toml")
_ENDS = " .,;:!?¡¿。！？、/"


def folded(words: str) -> str:
    """Words as they are compared: without case, punctuation at their ends, and space more than one."""
    return " ".join(words.casefold().strip(_ENDS).split()) or words.strip()


@lru_cache(1)
def _data() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(_FILE.read_text("utf-8"))


@lru_cache(64)
def _meanings(names: tuple[str, ...], language: str) -> Mapping[str, str]:
    """What words mean: those of the language first, then those of English, then of all others."""
    found: dict[str, str] = {}
    for each in (language, "en", *_data()):
        for name in names:
            for word in _data().get(each, {}).get(name, ()):
                found.setdefault(folded(word), name)
    return found


def language(locale: str) -> str:
    """The language of a locale (BCP 47)."""
    return locale.replace("_", "-").partition("-")[0].lower()


def yes_or_no(words: str, locale: str) -> bool | None:
    """Whether words say yes or no; None: neither."""
    found = _meanings(("yes", "no"), language(locale)).get(folded(words))
    return None if found is None else found == "yes"


def command(content: Content, locale: str) -> str:
    """The command a message is, typed as one of its words or chosen by its id; else an empty string."""
    match content:
        case Chosen(id=chosen):
            return chosen if chosen in COMMANDS else ""
        case Text(text=text) if len(text) < 100:
            return _meanings(COMMANDS, language(locale)).get(folded(text), "")
    return ""


def texts(locale: str) -> Mapping[str, str]:
    """The readers' texts in a locale's language, by their English."""
    return _data().get(language(locale), {}).get("texts", {})  # type: ignore[no-any-return]
