"""How often detectors speak of made-up traffic in which nothing is wrong: `python -m tests.bench.alarms` (a minute)."""

import random
from collections import Counter
from collections.abc import Iterable

from gateway.detectors import OURS, standard
from gateway.detectors.counts import Row
from state.traffic import DAY, HOUR, WEEK, hour_of
from tests.gateway.detectors.given import NOW, counts, level, season


def alarms(rows: list[Row], moments: Iterable[int]) -> Counter[str]:
    """How many hours were looked at, and in how many each detector spoke, and any of them."""
    heard: Counter[str] = Counter()
    for now in moments:
        given = counts(rows, now)
        heard["hours"] += 1
        spoke = [name for name, detector in OURS.items() if detector(given, standard(), now)]
        heard.update([*spoke, "any of them"] if spoke else [])
    return heard


def noisy(seed: int, busiest: int, weeks: int) -> list[Row]:
    """So many weeks of a channel that swings by half, without a season."""
    chance = random.Random(seed)
    rows: list[Row] = []
    for hour in range(hour_of(NOW) - weeks * WEEK, hour_of(NOW) + HOUR, HOUR):
        n = level(hour - 400 * DAY) / 400 * busiest * chance.lognormvariate(0, 0.5)
        shares = {"unasked": 1, "new_recipients": 2, "codes": 2, "code:4915111": 10, "same:text": 5}
        rows += [(hour, kind, round(n / part)) for kind, part in shares.items()]
    return rows


def decembers() -> Counter[str]:
    """The last two weeks of twenty Decembers."""
    heard: Counter[str] = Counter()
    for seed in range(100, 120):
        heard += alarms(season(seed), range(NOW - 2 * WEEK, NOW + 1, HOUR))
    return heard


if __name__ == "__main__":
    print("Decembers", dict(decembers()))
    for busiest in (30, 1_000, 5_000):
        for weeks in (1, 2, 4, 10):
            heard: Counter[str] = Counter()
            for seed in range(5):
                heard += alarms(noisy(seed, busiest, weeks), range(NOW - WEEK + 6 * HOUR, NOW + 1, 2 * HOUR))
            print(f"{busiest} an hour, after {weeks} weeks", dict(heard))
