"""A team: who a channel belongs to. Teams form a tree; what one has not set for itself, it has from the one above."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from state.model.base import Value
from state.model.team_settings import TeamSettings

Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", description="ISO 3166, two letters")]


class BadSettings(ValueError):
    """Settings that are unknown or wrong; the text names the one."""


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A team's own settings without what is taken back (null); raises BadSettings."""
    own = {name: value for name, value in settings.items() if value is not None}
    read(own)
    return own


def read(settings: Mapping[str, Any]) -> TeamSettings:
    """Settings as the rules read them; raises BadSettings."""
    try:
        return msgspec.convert(settings, TeamSettings)
    except msgspec.ValidationError as error:
        known = ", ".join(TeamSettings.__struct_fields__)
        unknown = settings.keys() - {*TeamSettings.__struct_fields__}
        raise BadSettings(f"{error}; there are: {known}" if unknown else str(error)) from error


class Team(Value, frozen=True, kw_only=True):
    """A team as it is stored: `settings` are those of TeamSettings that it has set itself.

    `active_since` 0 (milliseconds, UTC): it is not active, and sends nothing.
    """

    id: str
    name: str
    parent: str = ""
    country: str = ""
    settings: Mapping[str, Any] = {}
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
            holds |= teams[each].settings
    return holds


def country_of(teams: Mapping[str, Team], team_id: str) -> str:
    """A team's country, or that of the nearest team above it that has one; "" where there is none."""
    return next(
        (teams[each].country for each in above(teams, team_id) if each in teams and teams[each].country), ""
    )


class Circle(ValueError):
    """A team would be above itself."""
