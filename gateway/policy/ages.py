"""From which age somebody may consent for themselves, from `packs/ages.toml`: by country, as of a day."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parent / "packs" / "ages.toml"
_ANYWHERE = "*"


class _Age(NamedTuple):
    since: date
    years: int


class BadDate(ValueError):
    """A date of birth that is none: YYYY, YYYY-MM or YYYY-MM-DD is expected, and no day to come."""


@cache
def _ages() -> dict[str, list[_Age]]:
    """The ages by country, the oldest figure first."""
    read = tomllib.loads(_FILE.read_text("utf-8"))
    found: dict[str, list[_Age]] = {}
    for each in read["age"]:
        found.setdefault(each["country"], []).append(_Age(each.get("from", read["from"]), each["years"]))
    return {country: sorted(figures) for country, figures in found.items()}


def age_of_consent(country: str, on: date) -> int:
    """The age of consent (years) in a country on a day; where no law's figure is known, the highest there is."""
    figures = _ages().get(country) or _ages()[_ANYWHERE]
    begun = [each for each in figures if each.since <= on]
    return (begun or figures[:1])[-1].years


def old_enough(born: str, country: str, on: date, minimum: int = 0) -> bool:
    """Whether somebody is of the age of consent of their country on a day, and of `minimum` years besides.

    Where the day or the month of the birth is not told, the latest of the year or the month counts. Raises BadDate.
    """
    return years(born, on) >= max(age_of_consent(country, on), minimum)


def years(born: str, on: date) -> int:
    """The age in years on a day of somebody born then (YYYY, YYYY-MM or YYYY-MM-DD), at least; raises BadDate."""
    year, month, day = _latest(born)
    if (year, month, day) > (on.year, on.month, on.day) and not _begun(born, on):
        raise BadDate(f"{born}: a day to come")
    return max(0, on.year - year - ((on.month, on.day) < (month, day)))


def _begun(born: str, on: date) -> bool:
    """Whether the year or the month that is told has begun."""
    return on.isoformat()[: len(born)] >= born


def _latest(born: str) -> tuple[int, int, int]:
    """The latest day a birth may have been; the 31st stands for the last of any month."""
    parts = born.split("-")
    form = [len(each) for each in parts]
    if form not in ([4], [4, 2], [4, 2, 2]) or not all(each.isascii() and each.isdigit() for each in parts):
        raise BadDate(f"{born!r}: YYYY, YYYY-MM or YYYY-MM-DD is expected")
    try:
        whole = date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError as error:
        raise BadDate(f"{born!r}: there is no such day") from error
    if whole.year < 1900:
        raise BadDate(f"{born!r}: nobody is that old")
    return whole.year, whole.month if len(form) > 1 else 12, whole.day if len(form) > 2 else 31
