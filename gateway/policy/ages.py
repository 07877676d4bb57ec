"""How old somebody is, whose birth may be known by its year alone: one count for who is let in and who is sent to.

From which age somebody consents for themselves is a figure of the rule pack (`Held.age_of_consent`).
"""

from datetime import UTC, date, datetime
from functools import lru_cache

_DAY, _HALF_DAY, _EPOCH = 86_400_000, 43_200_000, date(1970, 1, 1).toordinal()
_OLDEST = 1900


class BadDate(ValueError):
    """A date of birth that is none: YYYY, YYYY-MM or YYYY-MM-DD is expected, and no day to come."""


def years_old(born: str, now: int) -> int:
    """The age in whole years of someone born on YYYY, YYYY-MM or YYYY-MM-DD, at a time (milliseconds, UTC).

    Where the day is not known it is the last that it may be, and a birthday counts once it is that day everywhere.
    """
    return _years(born, (now - _HALF_DAY) // _DAY)


@lru_cache(65_536)
def _years(born: str, days: int) -> int:
    today = date.fromordinal(_EPOCH + days)
    month, day = int(born[5:7] or 12), int(born[8:10] or 31)
    return today.year - int(born[:4]) - ((today.month, today.day) < (month, day))


def check(born: str, now: int) -> None:
    """Raise BadDate where a date of birth is none, or has not begun at a time (milliseconds, UTC)."""
    parts = born.split("-")
    form = [len(each) for each in parts]
    if form not in ([4], [4, 2], [4, 2, 2]) or not all(each.isascii() and each.isdigit() for each in parts):
        raise BadDate(f"{born!r}: YYYY, YYYY-MM or YYYY-MM-DD is expected")
    try:
        first = date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError as error:
        raise BadDate(f"{born!r}: there is no such day") from error
    if first.year < _OLDEST:
        raise BadDate(f"{born!r}: nobody is that old")
    if first > datetime.fromtimestamp(now / 1000, UTC).date():
        raise BadDate(f"{born}: a day to come")
