"""A team: who a channel belongs to. Teams form a tree; what one has not set for itself, it has from the one above."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from state.model.base import Value
from state.model.consent import Purpose

Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", description="ISO 3166, two letters")]
Clock = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="as 08:00")]
Unknown = Literal["allow", "refuse"]


class Hours(Value, frozen=True, kw_only=True):
    """From when until just before when advertising may be sent, in the recipient's local time."""

    opens: Clock
    closes: Clock


class Cap(Value, frozen=True, kw_only=True):
    """How many messages of a purpose somebody may get within how many hours, where they answer nothing."""

    purpose: Purpose
    messages: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 366)]


class TeamSettings(Value, frozen=True, kw_only=True):
    """What a team has set; None where it has what the team above has, or else the rule packs.

    `unknown_age` and `unknown_country` say what becomes of a person of whom that is not known. `sms_authorised` are
    the countries whose authorities have registered the team for text messages.
    """

    unknown_age: Unknown | None = None
    unknown_country: Unknown | None = None
    quiet: Hours | None = None
    caps: tuple[Cap, ...] | None = None
    sms_authorised: tuple[Country, ...] | None = None


class Team(Value, frozen=True, kw_only=True):
    """A team as it is stored; `active_since` 0 (milliseconds, UTC): it is not active, and sends nothing."""

    id: str
    name: str
    parent: str = ""
    country: str = ""
    settings: TeamSettings = TeamSettings()
    created_at: int = 0
    active_since: int = 0


def above(teams: Mapping[str, Team], team_id: str) -> tuple[str, ...]:
    """A team and all above it, itself first. Raises Circle where it would be above itself."""
    found = [team_id]
    while (parent := teams[found[-1]].parent if found[-1] in teams else "") != "":
        if parent in found:
            raise Circle(f"{parent} would be above itself")
        found.append(parent)
    return tuple(found)


def settings_of(teams: Mapping[str, Team], team_id: str) -> dict[str, Any]:
    """What holds for a team: its own settings over those of the teams above it, without what none has set."""
    holds: dict[str, Any] = {}
    for each in reversed(above(teams, team_id)):
        if each in teams:
            holds |= msgspec.to_builtins(teams[each].settings)
    return holds


def country_of(teams: Mapping[str, Team], team_id: str) -> str:
    """A team's country, or that of the nearest team above it that has one; "" where there is none."""
    return next(
        (teams[each].country for each in above(teams, team_id) if each in teams and teams[each].country), ""
    )


class Circle(ValueError):
    """A team would be above itself."""
