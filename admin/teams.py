"""Making, changing and activating teams. A team is active only where the service is offered."""

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec

from admin.operations import Actor, Refused, Writes
from state import audit, teams
from state.model.ids import now_ms
from state.model.team import BadSettings, Circle, Team, above, checked, country_of
from state.writer import Op

FIRST = "default"
"""The team whose channels name none."""
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_COUNTRY = re.compile(r"([A-Z]{2})?")
_NAME_MOST = 200


class Changed(NamedTuple):
    """What is to change of a team; None: as it is."""

    name: str | None = None
    parent: str | None = None
    country: str | None = None
    settings: Mapping[str, Any] | None = None
    reason: str = ""


async def begin(store: Writes) -> None:
    """Make the first team where there is none, so that it can be set and recorded for before the first start."""
    if all(row[0] != FIRST for row in await store.read(teams.LIST)):
        await store.alone(lambda: teams.ensure(Team(id=FIRST, name=FIRST, created_at=now_ms())))


async def add_team(store: Writes, actor: Actor, new: Team) -> Team:
    """Make a team, which is not active yet; raises Refused."""
    actor.needs("admin")
    if not _SLUG.fullmatch(new.id):
        raise Refused("id", f"{new.id!r}: lower-case letters, digits and hyphens are allowed, 63 at most")
    own = _settings(new.settings)
    made = msgspec.structs.replace(
        new, name=new.name or new.id, settings=own, created_at=now_ms(), active_since=0
    )

    def op() -> Op[Team]:
        known = yield from teams.everyone()
        _check({**known, made.id: made}, made)
        yield from teams.add(made)
        yield from audit.note(actor.name, "add_team", made.id, after=_public(made))
        return made

    try:
        return await store.alone(op)
    except teams.Exists as error:
        raise Refused("id", f"there is a team {new.id!r} already") from error


async def change_team(
    store: Writes, actor: Actor, team_id: str, changed: Changed, offered: Collection[str]
) -> Team:
    """Change a team; one that is active stays within the countries where the service is `offered`. Raises Refused."""
    actor.needs("admin")
    values = {name: each for name, each in changed._asdict().items() if each is not None and name != "reason"}

    if changed.settings is not None:
        values["settings"] = _settings(changed.settings)

    def op() -> Op[Team]:
        known = yield from teams.everyone()
        old = _of(known, team_id)
        new = msgspec.structs.replace(old, **values)
        after = {**known, team_id: new}
        _check(after, new)
        for each in after.values():
            if each.active_since and country_of(after, each.id) != country_of(known, each.id):
                _may_be_active(after, each.id, offered)
        yield from teams.change(new)
        yield from audit.note(
            actor.name, "change_team", team_id, changed.reason, before=_public(old), after=_public(new)
        )
        return new

    return await store.alone(op)


async def activate_team(store: Writes, actor: Actor, team_id: str, offered: Collection[str]) -> Team:
    """Let a team send; raises Refused where it has no country, or the service is not offered in it."""
    actor.needs("admin")

    def op() -> Op[Team]:
        known = yield from teams.everyone()
        team = _of(known, team_id)
        if team.active_since:
            return team
        _may_be_active(known, team_id, offered)
        return (yield from active(actor, team, country_of(known, team_id)))

    return await store.alone(op)


def active(actor: Actor, team: Team, country: str) -> Op[Team]:
    """Make a team active, as part of an operation that has looked whether it may be."""
    new = msgspec.structs.replace(team, active_since=now_ms())
    yield from teams.change(new)
    yield from audit.note(actor.name, "activate_team", team.id, country=country)
    return new


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return checked(given)
    except BadSettings as error:
        raise Refused("settings", str(error)) from error


def _of(known: Mapping[str, Team], team_id: str) -> Team:
    if team_id not in known:
        raise Refused("id", f"there is no team {team_id!r}")
    return known[team_id]


def _check(known: Mapping[str, Team], new: Team) -> None:
    """Raise Refused where a team cannot be as it is to be."""
    if new.parent and new.parent not in known:
        raise Refused("parent", f"there is no team {new.parent!r}")
    if not _COUNTRY.fullmatch(new.country):
        raise Refused(
            "country", f"{new.country!r} is no country: two capital letters of ISO 3166 are expected"
        )
    if len(new.name) > _NAME_MOST or not new.name.isprintable():
        raise Refused("name", f"at most {_NAME_MOST} printable characters are allowed")
    try:
        above(known, new.id)
    except Circle as error:
        raise Refused("parent", str(error)) from error


def _may_be_active(known: Mapping[str, Team], team_id: str, offered: Collection[str]) -> None:
    country = country_of(known, team_id)
    if not country:
        raise Refused("country", f"team {team_id} has none: parley teams set {team_id} --country CC")
    if country not in offered:
        raise Refused(
            "country", f"the service is not offered in {country}, so team {team_id} cannot be active"
        )


def _public(team: Team) -> dict[str, object]:
    return {"name": team.name, "parent": team.parent, "country": team.country, "settings": team.settings}
