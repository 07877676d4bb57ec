"""Readers: what turns a customer's answer into a value, in the customer's language, or says what to answer instead.

A reader is a plain value: the same one serves every conversation. `read` is given the message, the customer's locale
(BCP 47) and the time (milliseconds, UTC), and raises NotRead where the message is no such answer.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeVar

from conversations import languages
from conversations.errors import FlowError
from conversations.languages import folded
from state.model.content import Choice, Chosen, Content, Location, Media, Option, Text, plain

T_co = TypeVar("T_co", covariant=True)

_ADDRESS = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s.,;<>\"()]+")
_MAIL_LENGTH = 254
"""Characters of an e-mail address (RFC 5321, 4.5.3.1.3, without its brackets)."""


class NotRead(ValueError):
    """A message that is no answer to the question; `why` is what to tell the customer, or empty.

    `values` stand in it in braces, so that it can be said in other languages.
    """

    def __init__(self, why: str = "", **values: object) -> None:
        super().__init__(why)
        self.why, self.values = why, values


@dataclass(frozen=True)
class Reader(Generic[T_co]):
    """Reads one kind of answer. `kind` names it, `type` is how its value is stored, `retry` what is said otherwise."""

    kind: str
    type: Any
    take: Callable[[Content, str, int], T_co]
    retry: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    options: tuple[Option, ...] = ()

    def asked(self, prompt: Content) -> Content:
        """The prompt as it is shown: with the options, where there are some and the prompt has none of its own."""
        return Choice(prompt.text, self.options) if self.options and isinstance(prompt, Text) else prompt

    def read(self, content: Content, locale: str, now: int) -> T_co:
        """The value of an answer; raises NotRead, with what to say to it."""
        try:
            return self.take(content, locale, now)
        except NotRead as error:
            if error.why:
                raise
            raise NotRead(self.retry, **self.values) from error


def text(*, longest: int = 4096) -> Reader[str]:
    """Any words, without the space around them; of a choice its title, of a file its caption."""

    def take(content: Content, _locale: str, _now: int) -> str:
        said = plain(content).strip()
        if not said:
            raise NotRead
        if len(said) > longest:
            raise NotRead("That is too long: at most {longest} characters, please.", longest=longest)
        return said

    return Reader("text", str, take, "Please answer in words.")


def anything() -> Reader[Content]:
    """Whatever the customer sends, as it is."""
    return Reader("anything", Content, lambda content, _locale, _now: content)


def number(least: float | None = None, most: float | None = None) -> Reader[int]:
    """A whole number, as it is written where the customer is."""

    def take(content: Content, locale: str, _now: int) -> int:
        found = _decimal(content, locale)
        if found != found.to_integral_value():
            raise NotRead
        return int(_within(found, least, most))

    return Reader("number", int, take, *_bounds(least, most))


def amount(least: float | None = None, most: float | None = None) -> Reader[Decimal]:
    """A number with decimals, as it is written where the customer is."""

    def take(content: Content, locale: str, _now: int) -> Decimal:
        return _within(_decimal(content, locale), least, most)

    return Reader("amount", Decimal, take, *_bounds(least, most))


def day(*, past: bool = False) -> Reader[date]:
    """A day, as people say it: "tomorrow", "Friday", "24.12.", in the customer's language; `past`: also one gone by."""
    _dates()

    def take(content: Content, locale: str, now: int) -> date:
        today = datetime.fromtimestamp(now / 1000, UTC)
        found = _day(plain(content).strip(), locale, today)
        if found < today.date() - timedelta(days=1) and not past:
            raise NotRead("That day is over. Please name one to come.")
        return found

    return Reader("day", date, take, "Please name a day, as in “tomorrow” or “24 December”.")


def yes_no() -> Reader[bool]:
    """Yes or no, in the words of many languages, or by a button."""

    def take(content: Content, locale: str, _now: int) -> bool:
        found = languages.yes_or_no(content.id if isinstance(content, Chosen) else plain(content), locale)
        if found is None:
            raise NotRead
        return found

    return Reader(
        "yes_no", bool, take, "Please answer yes or no.", {}, (Option("yes", "Yes"), Option("no", "No"))
    )


def one_of(options: Mapping[str, str] | Iterable[Option]) -> Reader[str]:
    """One of some options, by a tap, its title, its id, or its number in the list; gives the id."""
    many = _options(options)
    words = {folded(each.title): each.id for each in many} | {folded(each.id): each.id for each in many}
    places = {str(place): each.id for place, each in enumerate(many, 1)}
    if not many:
        raise FlowError(
            "one_of: there is nothing to choose: give options, as in {'s': 'Small', 'l': 'Large'}"
        )

    def take(content: Content, _locale: str, _now: int) -> str:
        said = folded(content.id if isinstance(content, Chosen) else plain(content))
        found = words.get(said) or places.get(said)
        if found is None:
            raise NotRead
        return found

    return Reader("one_of", str, take, "Please choose one of these.", {}, many)


def email() -> Reader[str]:
    """An e-mail address, its domain in lower case."""

    def take(content: Content, _locale: str, _now: int) -> str:
        found = _ADDRESS.fullmatch(plain(content).strip().removeprefix("mailto:").rstrip("."))
        if found is None or len(found[0]) > _MAIL_LENGTH:
            raise NotRead
        local, _, domain = found[0].rpartition("@")
        return f"{local}@{domain.lower()}"

    return Reader("email", str, take, "Please type an e-mail address, as in ada@example.org.")


def phone(region: str = "") -> Reader[str]:
    """A telephone number in E.164; one without a country code is of `region` (ISO 3166), or of the locale."""

    def take(content: Content, locale: str, _now: int) -> str:
        return _phone(plain(content).strip(), region or locale.replace("_", "-").rpartition("-")[2].upper())

    return Reader(
        "phone", str, take, "Please type a telephone number with its country code, as in +44 20 7946 0000."
    )


def location() -> Reader[Location]:
    """A place the customer shares."""

    def take(content: Content, _locale: str, _now: int) -> Location:
        if not isinstance(content, Location):
            raise NotRead
        return content

    share = Option("share_location", "Share my place", kind="share_location")
    return Reader("location", Location, take, "Please share a location.", {}, (share,))


def file(*kinds: str) -> Reader[Media]:
    """A file of one of these kinds (`image`, `video`, `audio`, `document`); none named: of any."""

    def take(content: Content, _locale: str, _now: int) -> Media:
        if not isinstance(content, Media) or (kinds and content.kind not in kinds):
            raise NotRead
        return content

    return Reader("file", Media, take, "Please send a file.")


def _options(options: Mapping[str, str] | Iterable[Option]) -> tuple[Option, ...]:
    if isinstance(options, Mapping):
        return tuple(Option(name, title) for name, title in options.items())
    return tuple(options)


def _decimal(content: Content, locale: str) -> Decimal:
    from babel.numbers import NumberFormatError, parse_decimal

    said = plain(content).strip().strip(".!")
    try:
        found = parse_decimal(said, locale=known_locale(locale), strict=True)
    except NumberFormatError as error:
        raise NotRead from error
    if not found.is_finite():
        raise NotRead
    return found


def _within(found: Decimal, least: float | None, most: float | None) -> Decimal:
    if (least is not None and found < least) or (most is not None and found > most):
        raise NotRead
    return found


def _bounds(least: float | None, most: float | None) -> tuple[str, Mapping[str, object]]:
    values = {"least": least, "most": most}
    match least, most:
        case None, None:
            return "Please type a number.", {}
        case None, _:
            return "Please type a number of at most {most}.", values
        case _, None:
            return "Please type a number of at least {least}.", values
    return "Please type a number from {least} to {most}.", values


@lru_cache(1)
def _dates() -> Callable[..., Any]:
    """The parser of dates, which takes a while to load: when the bot is made, not when the first customer answers."""
    from dateparser import parse

    return parse  # type: ignore[no-any-return]


def _day(said: str, locale: str, today: datetime) -> date:
    settings = {"PREFER_DATES_FROM": "future", "RELATIVE_BASE": today.replace(tzinfo=None)}
    language, _, region = locale.replace("_", "-").partition("-")
    try:
        return date.fromisoformat(said)
    except ValueError:
        pass
    tries: tuple[dict[str, Any], ...] = ({"languages": [language or "en"]}, {"languages": ["en"]})
    if len(region) == 2 and not any(map(str.isalpha, said)):  # only among bare numbers the order tells
        tries = ({"locales": [f"{language}-{region.upper()}"]}, *tries)
    for where in tries:
        try:
            found = _dates()(said, settings=settings, **where) if said else None
        except ValueError:  # a language or a locale it does not know
            continue
        if found:
            return found.date()  # type: ignore[no-any-return]
    raise NotRead


def _phone(said: str, region: str) -> str:
    import phonenumbers

    try:
        found = phonenumbers.parse(said, region if len(region) == 2 else None)
    except phonenumbers.NumberParseException as error:
        raise NotRead from error
    if not phonenumbers.is_possible_number(found):
        raise NotRead
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(256)
def known_locale(locale: str) -> str:
    """The nearest locale there is data for: a language without its region, else English."""
    from babel import localedata

    language, _, rest = locale.replace("-", "_").partition("_")
    name = f"{language.lower()}_{rest}" if rest else language.lower()
    while name and not localedata.exists(name):
        name = name.rpartition("_")[0]
    return name or "en"
