"""The counts of one channel as detectors are given them. Pure: no clock, no database, and no order matters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from state.traffic import DAY, HOUR, WEEK, hour_of

Row = tuple[int, str, int]
"""An hour (its beginning in milliseconds, UTC), a kind, and how many."""
_NONE: Mapping[str, int] = {}


class Counts:
    """Counts of a channel by hour; `first` is the hour it was first counted in (0: never).

    `days` are counts of `unasked` by days back: 1 are the 24 hours before those that end with the present hour.
    """

    def __init__(
        self, channel: str, rows: Iterable[Row], first: int = 0, days: Iterable[tuple[int, int]] = ()
    ) -> None:
        self.channel, self.first = channel, first
        self._hours: defaultdict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for hour, kind, n in rows:
            self._hours[hour][kind] += n
        self._days: defaultdict[int, int] = defaultdict(int)
        for ago, n in days:
            self._days[ago] += n

    def at(self, now: int, kind: str) -> int:
        """How many in the hour of a time."""
        return self._hours.get(hour_of(now), _NONE).get(kind, 0)

    def beside(self, now: int, kind: str, reach: int) -> int:
        """The most in one hour, up to `reach` hours before and after."""
        return max(self.at(now + n * HOUR, kind) for n in range(-reach, reach + 1))

    def within(self, now: int, kind: str, hours: int = 24) -> int:
        """How many in so many hours, the last of which is the hour of a time."""
        return sum(self.at(now - n * HOUR, kind) for n in range(hours))

    def before(self, now: int, kind: str, hours: int) -> int:
        """How many in so many whole hours before that of a time."""
        return self.within(now - HOUR, kind, hours)

    def alike(self, now: int, head: str) -> dict[str, int]:
        """Counts of the kinds that begin with `head:` in the hour of a time, by what comes after it."""
        hour = self._hours.get(hour_of(now), _NONE)
        return {kind[len(head) + 1 :]: n for kind, n in hour.items() if kind.startswith(f"{head}:")}

    def greatest(self, now: int, head: str) -> int:
        """The greatest of such counts; 0 where there is none."""
        return max(self.alike(now, head).values(), default=0)

    def day(self, ago: int) -> int:
        """What nobody asked for in the 24 hours that ended so many days ago."""
        return self._days.get(ago, 0)

    def weeks_before(self, now: int, most: int) -> list[int]:
        """The same hour of the weeks before, the latest first, as far back as the channel was counted."""
        return self._before(now, WEEK, most)

    def days_before(self, now: int, most: int) -> list[int]:
        """The same hour of the days before."""
        return self._before(now, DAY, most)

    def _before(self, now: int, step: int, most: int) -> list[int]:
        hours = [hour_of(now) - n * step for n in range(1, most + 1)]
        return [hour for hour in hours if self.first and hour >= self.first]
