"""Texts in the customer's language: a flow writes its own, and says beside it what that is in others."""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import msgspec

from conversations import languages
from conversations.errors import FlowError
from state.model.content import Choice, Content, Media, Option, Text

Translations = Mapping[str, Mapping[str, str]]
"""By locale (BCP 47): what a flow's own text is there."""
NO_TRANSLATIONS: Translations = {}


def translated(text: str, locale: str, translations: Translations) -> str:
    """A text in a locale, else in its language, else as it is written; the readers' own texts are known."""
    for name in chain(locale):
        found = translations.get(name, {}).get(text)
        if found is not None:
            return found
    return languages.texts(locale).get(text, text) if locale else text


@lru_cache(256)
def chain(locale: str) -> tuple[str, ...]:
    """The locales to look in, the nearest first: `de-AT`, then `de`."""
    parts = locale.replace("_", "-").split("-")
    return tuple("-".join(parts[:count]) for count in range(len(parts), 0, -1))


def filled(text: str, locale: str, values: Mapping[str, object]) -> str:
    """A text with values in its braces, numbers and days as they are written in the locale; raises FlowError."""
    try:
        return text.format(**{name: shown(value, locale) for name, value in values.items()})
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise FlowError(f"the text {text!r} cannot be filled with {', '.join(values)}: {error}") from error


def shown(value: object, locale: str) -> object:
    """A value as it is written in a locale."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | date | time):
        return value
    from babel import dates, numbers

    from conversations.readers import known_locale

    known = known_locale(locale)
    match value:
        case datetime():
            return dates.format_datetime(value, "medium", locale=known)
        case date():
            return dates.format_date(value, "long", locale=known)
        case time():
            return dates.format_time(value, "short", locale=known)
    return numbers.format_decimal(value, locale=known)


def content_in(content: Content, locale: str, translations: Translations) -> Content:
    """A content whose words are those of a locale."""

    def say(text: str) -> str:
        return translated(text, locale, translations) if text else text

    match content:
        case Text():
            return msgspec.structs.replace(content, text=say(content.text))
        case Media(caption=caption) if caption:
            return msgspec.structs.replace(content, caption=say(caption))
        case Choice(header=header):
            return msgspec.structs.replace(
                content,
                text=say(content.text),
                options=tuple(_option(each, locale, translations) for each in content.options),
                header=content_in(header, locale, translations) if header else None,
                footer=say(content.footer),
                button=say(content.button),
            )
    return content


def _option(option: Option, locale: str, translations: Translations) -> Option:
    title = translated(option.title, locale, translations)
    about = translated(option.description, locale, translations) if option.description else ""
    return msgspec.structs.replace(option, title=title, description=about)


def texts_of(content: Content) -> Iterator[str]:
    """The words of a content that can be translated."""
    match content:
        case Text(text=text):
            yield text
        case Media(caption=caption) if caption:
            yield caption
        case Choice():
            yield from filter(None, (content.text, content.footer, content.button))
            for option in content.options:
                yield from filter(None, (option.title, option.description))
            if content.header:
                yield from texts_of(content.header)


def translations(folder: str) -> Translations:
    """Translations from a folder of TOML files, one a locale (`de.toml`): `"Hello" = "Hallo"`; raises FlowError.

    The folder is beside the file that calls, else where the process runs.
    """
    caller = Path(sys._getframe(1).f_globals.get("__file__") or "")
    place = next((each for each in (caller.parent / folder, Path(folder)) if each.is_dir()), None)
    if place is None:
        raise FlowError(f"translations: there is no folder {folder!r}")
    return {file.stem: _read(file) for file in sorted(place.glob("*.toml"))}


def _read(file: Path) -> Mapping[str, str]:
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise FlowError(f"translations: {file}: {error}") from error
    for text, other in found.items():
        if not isinstance(other, str):
            raise FlowError(f'translations: {file}: {text!r} is no text: write "…" = "…"')
    return found
