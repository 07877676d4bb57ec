"""Which countries and time zones there are, from the time zone database that is installed with us."""

from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones


@cache
def countries() -> frozenset[str]:
    """All countries (ISO 3166, two letters)."""
    text = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in text.splitlines() if line and not line.startswith("#"))


@cache
def zones() -> frozenset[str]:
    """All time zones (IANA)."""
    return frozenset(available_timezones())
