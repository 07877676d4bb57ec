"""Teams: made, changed and activated by the operations every face calls."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from admin import teams as operations
from admin.operations import Refused
from gateway.api.endpoint import Answer, Asked, Call, Nothing, Word
from gateway.api.moments import at, moment
from gateway.policy.offered import offered
from gateway.problems import Problem
from gateway.teams import check_own
from state import teams as rows
from state.model.team import Country, Team, above, settings_of

Name = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]
Slug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]


class NewTeam(Asked, frozen=True, kw_only=True):
    """A team to make; `parent` is the team above it."""

    id: Slug
    name: Name = ""
    parent: Word = ""
    country: Country | None = None
    settings: dict[str, Any] = {}


class ChangeTeam(Asked, frozen=True, kw_only=True):
    """What is to change of a team; what is left out stays. `settings` take the place of all it has set."""

    name: Name | None = None
    parent: Word | None = None
    country: Country | None = None
    settings: dict[str, Any] | None = None
    reason: Name = ""


class Activate(Asked, frozen=True, kw_only=True):
    """A team is to send."""


class TeamView(Answer, frozen=True, kw_only=True):
    """A team; `above` are the teams above it, the nearest first, `holds` its settings with those it has from them.

    While `active_since` is null it sends nothing.
    """

    id: str
    name: str
    parent: str
    country: str
    settings: Mapping[str, Any]
    created: datetime
    active_since: datetime | None
    above: tuple[str, ...]
    holds: dict[str, Any]


class TeamList(Answer, frozen=True, kw_only=True):
    """All teams, the oldest first."""

    items: tuple[TeamView, ...]


class TeamDone(Answer, frozen=True, kw_only=True):
    """A team as an operation has left it."""

    id: str
    name: str
    parent: str
    country: str
    settings: Mapping[str, Any]
    active_since: datetime | None


def done(team: Team) -> TeamDone:
    """A team as it is shown after an operation."""
    return TeamDone(
        id=team.id, name=team.name, parent=team.parent, country=team.country, settings=team.settings,
        active_since=moment(team.active_since),
    )  # fmt: skip


def _view(known: Mapping[str, Team], team: Team) -> TeamView:
    return TeamView(
        id=team.id, name=team.name, parent=team.parent, country=team.country, settings=team.settings,
        created=at(team.created_at), active_since=moment(team.active_since), above=above(known, team.id)[1:],
        holds=settings_of(known, team.id),
    )  # fmt: skip


async def _all(call: Call[Any, Any]) -> Mapping[str, Team]:
    return rows.by_id(await call.gateway.store.read(rows.LIST))


async def listing(call: Call[Nothing, None]) -> TeamList:
    """All teams."""
    known = await _all(call)
    return TeamList(items=tuple(_view(known, each) for each in known.values()))


async def read(call: Call[Nothing, None]) -> TeamView:
    """A team; raises Problem `not_found`."""
    known = await _all(call)
    if call.id not in known:
        raise Problem("not_found", f"there is no team {call.id!r}")
    return _view(known, known[call.id])


async def add(call: Call[Nothing, NewTeam]) -> Team:
    """Make a team; raises Problem `conflict` where there is one of its name."""
    asked = call.body
    if asked.id in await _all(call):
        raise Problem("conflict", f"there is a team {asked.id!r} already", field="id")
    new = Team(
        id=asked.id,
        name=asked.name,
        parent=asked.parent,
        country=asked.country or "",
        settings=asked.settings,
    )
    check_own(asked.settings)
    made = await operations.add_team(call.store, call.actor, new)
    call.gateway.teams.tell()
    return made


async def change(call: Call[Nothing, ChangeTeam]) -> Team:
    """Change a team; raises Problem `not_found`."""
    await read(call)  # type: ignore[arg-type]
    asked = call.body
    check_own(asked.settings or {})
    changed = operations.Changed(asked.name, asked.parent, asked.country, asked.settings, asked.reason)
    made = await operations.change_team(call.store, call.actor, call.id, changed, offered())
    call.gateway.teams.tell()
    return made


async def activate(call: Call[Nothing, Activate]) -> Team:
    """Let a team send; raises Problem `not_found`, or `conflict` where the service is not offered in its country."""
    await read(call)  # type: ignore[arg-type]
    try:
        made = await operations.activate_team(call.store, call.actor, call.id, offered())
    except Refused as error:
        raise Problem("conflict", str(error), field=error.field) from error
    call.gateway.teams.tell()
    return made
