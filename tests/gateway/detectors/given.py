"""Made-up traffic: weeks of a shop's hours, with a season that rises, noise, and a newsletter on Tuesdays."""

import math
import random
from collections.abc import Iterable
from datetime import UTC, datetime

from gateway.detectors import OURS, Counts, Finding, standard
from gateway.detectors.counts import Row
from state.traffic import DAY, HOUR, WEEK, hour_of

NOW = int(datetime(2026, 12, 22, 10, 30, tzinfo=UTC).timestamp() * 1000)
"""A Tuesday before Christmas."""
NEWSLETTER = 5_000
_WEEKS = 10


def level(hour: int) -> float:
    """How many messages an hour asks for: by day, by weekday, and three times as many before Christmas."""
    of_day, of_week = hour // HOUR % 24, (hour // DAY + 3) % 7
    busy = max(0.05, math.sin((of_day - 6) / 16 * math.pi)) if 6 <= of_day <= 22 else 0.05
    weeks_left = (NOW - hour) / WEEK
    season = 1 + 2 * math.exp(-((max(weeks_left, 0) / 2.5) ** 2))
    return 400 * busy * (0.6 if of_week >= 5 else 1.0) * season


def is_newsletter(hour: int) -> bool:
    """Whether the newsletter goes out in this hour: on Tuesdays at ten."""
    return (hour // DAY + 3) % 7 == 1 and hour // HOUR % 24 == 10


def season(seed: int = 1, until: int = NOW, weeks: int = _WEEKS) -> list[Row]:
    """All counts up to and with the hour of a time."""
    chance = random.Random(seed)
    rows: list[Row] = []
    for hour in range(hour_of(until) - weeks * WEEK, hour_of(until) + HOUR, HOUR):
        usual = round(level(hour) * chance.lognormvariate(0, 0.25))
        letters = round(NEWSLETTER * chance.uniform(0.9, 1.2)) if is_newsletter(hour) else 0
        codes = usual // 2
        rows += [
            (hour, "unasked", usual + letters),
            (hour, "new_recipients", usual // 4 + letters),
            (hour, "accepted", usual + letters),
            (hour, "codes", codes),
        ]
        rows += [(hour, f"code:4915{n}00", codes // 10) for n in range(10)]
        if letters:
            rows.append((hour, "same:newsletter", letters))
    return rows


def counts(rows: Iterable[Row], now: int = NOW) -> Counts:
    """Counts as the loop gives them to detectors at a time."""
    rows = [row for row in rows if row[0] <= hour_of(now)]
    until = hour_of(now) + HOUR
    days = [((until - hour - 1) // DAY, n) for hour, kind, n in rows if kind == "unasked"]
    first = min((hour for hour, _, _ in rows), default=0)
    return Counts("wa", rows, first, [each for each in days if each[0]])


def found(rows: Iterable[Row], now: int = NOW) -> dict[str, Finding]:
    """What our detectors find, by code."""
    given = counts(rows, now)
    each = {name: detector(given, standard(), now) for name, detector in OURS.items()}
    return {name: finding for name, finding in each.items() if finding}


def attacked(rows: Iterable[Row], **more: int) -> list[Row]:
    """The same with more of some kinds in the present hour; `__` stands for a colon."""
    return [*rows, *((hour_of(NOW), kind.replace("__", ":"), n) for kind, n in more.items())]
