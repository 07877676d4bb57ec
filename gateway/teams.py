"""The teams as this process knows them: what a message's team may, and all teams above it."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from admin import teams as operations
from admin.operations import Actor, Refused
from gateway import detectors
from gateway.held import decide_again
from gateway.policy import facts
from gateway.policy.offered import offered
from gateway.wake import Wake
from state import audit
from state import teams as rows
from state.model.ids import now_ms
from state.model.team import BadSettings, Team, above, country_of, read, settings_of
from state.model.team_settings import TeamSettings
from state.store import Store
from state.writer import Op

log = logging.getLogger("parley.teams")
SETTING = Actor("the setting country", frozenset({"admin"}))
"""Who gives the first team its country, where the settings do."""


class Teams:
    """All teams, read from the store and again whenever they change."""

    def __init__(self, store: Store, wake: Wake) -> None:
        self._store, self._wake = store, wake
        self._teams: Mapping[str, Team] | None = None
        self._facts: dict[str, facts.Team] = {}
        self._above: dict[str, tuple[str, ...]] = {}

    async def load(self) -> None:
        """Read the teams; where one may send that might not before, what is held is decided again."""
        known, found = self._teams, rows.by_id(await self._store.read(rows.LIST))
        if found == known:
            return
        self._above = {each: above(found, each) for each in found}
        self._facts = {each: _facts(found, each) for each in found}
        self._teams = found
        if known is not None:
            await decide_again(self._store)
            self._wake.tell("outbox", ("*",))

    def tell(self) -> None:
        """A team's row is another one now: every node reads them again."""
        self._wake.tell("teams")

    def above(self, team_id: str) -> tuple[str, ...]:
        """A team and all above it, itself first, as `Target.teams` holds them."""
        return self._above.get(team_id, (team_id,))

    def facts(self, team_id: str) -> facts.Team:
        """What the rules read of a team; one that is not known is not active."""
        return self._facts.get(team_id, _UNKNOWN)

    def get(self, team_id: str) -> Team | None:
        """A team by its id."""
        return (self._teams or {}).get(team_id)

    def silent(self) -> dict[str, str]:
        """The teams that are not active, each with what to do about it."""
        return silent(self._teams or {})


_UNKNOWN = facts.Team(active=False)


def _facts(known: Mapping[str, Team], team_id: str) -> facts.Team:
    """A team whose settings cannot be read is not active, and stops nobody else."""
    active = bool(known[team_id].active_since)
    try:
        settings = read(settings_of(known, team_id))
    except BadSettings as error:
        log.error("team %s sends nothing: its settings cannot be read: %s", team_id, error)
        active, settings = False, TeamSettings()
    return facts.Team(country_of(known, team_id), active, settings)


def silent(known: Mapping[str, Team], setting: str = "") -> dict[str, str]:
    """The teams that are not active, each with what to do about it; `setting` is the country the next start gives."""
    first = known.get(operations.FIRST)
    if first and setting in offered():
        country = first.country or setting
        known = {
            **known,
            first.id: msgspec.structs.replace(first, country=country, active_since=country in offered()),
        }
    return {each: _why(known, each) for each, team in known.items() if not team.active_since}


def _why(known: Mapping[str, Team], team_id: str) -> str:
    country = country_of(known, team_id)
    if not country:
        ways = f"run `parley teams set {team_id} --country CC`, then `parley teams activate {team_id}`"
        setting = 'country = "CC" in the settings file, or ' if team_id == operations.FIRST else ""
        return f"it has no country, so it sends nothing: {setting}{ways}"
    if country not in offered():
        return f"the service is not offered in {country}, so it sends nothing: see docs/teams.md"
    return f"it is not active, so it sends nothing: run `parley teams activate {team_id}`"


def check_own(settings: Mapping[str, Any]) -> None:
    """Look at figures of detectors among a team's settings, which its room does not know; raises Refused."""
    try:
        detectors.check(settings.get("detectors") or {})
    except detectors.BadThresholds as error:
        raise Refused("settings", str(error)) from error


async def establish(store: Store, country: str) -> None:
    """Give the first team the country of the settings, where it has none, and let it send; raises Refused.

    The team is made where there is none, without a country too.
    """
    if country and country not in offered():
        raise Refused("country", f"the service is not offered in {country}: docs/teams.md lists where it is")
    await operations.begin(store)
    if country:
        await store.alone(_establish, SETTING, country)


async def open_without_country(store: Store, actor: Actor) -> None:
    """Let the first team send though it has no country: for a demonstration and for tests, where nobody is real."""
    await store.alone(_establish, actor, "")


def _establish(actor: Actor, country: str) -> Op[None]:
    known = yield from rows.everyone()
    team = known.get(operations.FIRST)
    if team is None:
        team = Team(id=operations.FIRST, name=operations.FIRST, created_at=now_ms())
        yield from rows.ensure(team)
    if country and not team.country:
        team = msgspec.structs.replace(team, country=country)
        yield from rows.change(team)
        yield from audit.note(actor.name, "change_team", team.id, after={"country": country})
    if not team.active_since and (not country or team.country in offered()):
        yield from operations.active(actor, team, team.country)
