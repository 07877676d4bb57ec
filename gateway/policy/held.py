"""What of a rule pack holds at one time, laid out so that a rule finds its figure by a look."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from gateway.policy.entries import BasisLimit, Cap, ChannelAge, Holiday, PurposeLimit, Quiet, Reach, Rows
from gateway.policy.hours import Hours
from gateway.policy.places import Places
from gateway.policy.vocabulary import Vocabulary

ANY = "*"
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000


class Held:
    """The figures that hold at a time; those of length in milliseconds."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.ages: Mapping[str, int] = {each.country: each.years for each in rows.age}
        self.strictest_age = max(self.ages.values(), default=0)
        self.channel_ages: Mapping[str, tuple[ChannelAge, ...]] = _by_channel(rows.channel)
        self.reach: Mapping[str, tuple[Reach, ...]] = _by_channel(rows.reach)
        self.starts = frozenset(each.channel for each in rows.starts)
        self.purposes: Mapping[str, tuple[PurposeLimit, ...]] = _by_channel(rows.purpose)
        self.bases: Mapping[str, tuple[BasisLimit, ...]] = {
            purpose: tuple(each for each in rows.basis if each.purpose == purpose)
            for purpose in {each.purpose for each in rows.basis}
        }
        self.caps: tuple[Cap, ...] = rows.cap
        self.duplicates = {each.purpose: each.minutes * _MINUTE for each in rows.duplicate}
        self.longest_look = max(
            (*(each.hours * _HOUR for each in rows.cap), *self.duplicates.values()), default=0
        )
        """How far back a rule looks at what was sent to a contact."""
        self.confirmation = rows.confirmation[-1].minutes * _MINUTE if rows.confirmation else 0
        self._hours = _hours(rows.quiet, rows.holiday)
        self.messaging = frozenset(
            c for each in rows.offered if each.service == "messaging" for c in each.countries
        )
        """The countries (ISO 3166) whose teams may send messages."""
        self.opening = frozenset(country for each in rows.opening for country in each.countries)
        """The countries (ISO 3166) whose customers are told by the first text message who sends it and how to stop."""
        self.words = Vocabulary(rows.words)
        self.place = lru_cache(65_536)(Places(rows.area).find)
        """The place of (addresses, country, zone): found once for each recipient that is written to."""

    def opens(self, country: str) -> bool:
        """Whether the first text message to a country names the business and says how to stop."""
        return country in self.opening or ANY in self.opening

    def offered(self, service: str, country: str) -> bool:
        """Whether a service (`messaging`, `contact_centre`) is offered to teams of a country (ISO 3166)."""
        return any(each.service == service and country in each.countries for each in self.rows.offered)

    def hours(self, country: str, state: str = "") -> Hours | None:
        """When marketing may be sent to a country or one of its states; None where the pack has no hours for it."""
        hours = self._hours
        return hours.get((country, state)) or hours.get((country, "")) or hours.get((ANY, ""))

    def age_of_consent(self, country: str) -> int:
        """The years from which a person of a country consents for themselves; the strictest for "" (not known)."""
        return self.ages.get(country) or self.ages.get(ANY, 0) if country else self.strictest_age


def _by_channel(rows: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for each in rows:
        found[each.channel].append(each)
    return {channel: tuple(those) for channel, those in found.items()}


def _hours(rows: Iterable[Quiet], holidays: tuple[Holiday, ...]) -> dict[tuple[str, str], Hours]:
    return {
        (row.country, state): Hours(row, (each for each in holidays if each.country == row.country))
        for row in rows
        for state in row.states or ("",)
    }
