"""When it is day at a recipient's: the next minute at which hours are open in all of some time zones.

Hours open and close on whole minutes, and so do the zones; a minute (since 1970, UTC) is what is counted in.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.policy.entries import Holiday, Quiet

_TRIES = 64


class Hours:
    """A row of quiet hours with its country's holidays; compared by identity, so that it is a cheap key."""

    __slots__ = ("closes", "days", "everywhere", "holidays", "opens", "row")

    def __init__(self, row: Quiet, holidays: Iterable[Holiday] = ()) -> None:
        self.row = row
        self.opens = row.opens.hour * 60 + row.opens.minute
        self.closes = row.closes.hour * 60 + row.closes.minute
        self.days = frozenset(row.days)
        self.everywhere = row.everywhere
        self.holidays = tuple(holidays) if row.holidays else ()

    def on(self, day: date) -> bool:
        """Whether they are open on a day at all."""
        return day.isoweekday() in self.days and not any(is_holiday(each, day) for each in self.holidays)


def easter(year: int) -> date:
    """Easter Sunday of a year (Gregorian calendar), by the century, the moon's cycle and the day of the week."""
    century, golden = year // 100, year % 19
    moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon -= moon // 28 * (1 - moon // 28 * (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    return date(year, 3, 28) + timedelta(days=moon - weekday)


def is_holiday(row: Holiday, day: date) -> bool:
    """Whether a day is one of a country's public holidays."""
    return f"{day:%m-%d}" in row.days or (day - easter(day.year)).days in row.after_easter


@lru_cache(16_384)
def opening(hours: Hours, zones: tuple[str, ...], minute: int) -> int:
    """The first minute from one on at which it is open in every zone; -1 where the zones have none in common."""
    at = minute
    for _ in range(_TRIES):
        later = max((_opening(hours, ZoneInfo(zone), at) for zone in zones), default=at)
        if later == at:
            return at
        at = later
    return -1


def _opening(hours: Hours, zone: ZoneInfo, minute: int) -> int:
    local = datetime.fromtimestamp(minute * 60, zone)
    at, day = local.hour * 60 + local.minute, local.date()
    if at < hours.closes and hours.on(day):
        if at >= hours.opens:
            return minute
    else:
        day = _after(hours, day)
    opens = time(hours.opens // 60, hours.opens % 60)
    return int(datetime.combine(day, opens, zone).timestamp()) // 60


def _after(hours: Hours, day: date) -> date:
    for _ in range(31):
        day += timedelta(days=1)
        if hours.on(day):
            break
    return day
