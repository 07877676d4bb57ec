"""What a suspension is asked for about: its contact and its team have to be there, or it would stop nothing."""

import msgspec

from admin.consents import DEFAULT
from admin.operations import Refused
from state import dossiers, merges, recording
from state.model.address import BadAddress, canonical, lane_of
from state.model.suspension import Scope
from state.store import Store

_ELSE = "what somebody unknown may never be sent is recorded as a consent that is withdrawn"


async def found(store: Store, scope: Scope) -> Scope:
    """A scope with the id of its contact for an address; raises Refused for a contact or a team that is none."""
    if scope.team and scope.team != DEFAULT:
        known = {row[0] for row in await store.read(recording.TEAMS)}
        if scope.team not in known:
            raise Refused("team", f"there is no team {scope.team!r}")
    if not scope.contact:
        return scope
    if ":" in scope.contact:
        return msgspec.structs.replace(scope, contact=await _owner(store, scope))
    try:
        person = await merges.found(store, scope.contact)
    except ValueError as error:
        why = f"{scope.contact[:60]!r} is neither an address (scheme:path) nor a contact's id"
        raise Refused("contact", why) from error
    if person is None:
        raise Refused("contact", f"there is no contact {scope.contact}")
    return scope


async def _owner(store: Store, scope: Scope) -> str:
    """The contact with an address: the scope's team's where several teams know it."""
    try:
        urn = canonical(scope.contact)
    except BadAddress as error:
        raise Refused("contact", str(error)) from error
    owners = {row[0]: str(row[1]) for row in await store.read(dossiers.OWNERS, urn, lane_of(urn))}
    if not owners:
        raise Refused("contact", f"nobody with the address {urn} is known; {_ELSE}")
    if len(owners) > 1 and scope.team not in owners:
        teams = ", ".join(sorted(owners))
        raise Refused("contact", f"the teams {teams} know {urn}: name one of them too, or the contact's id")
    return owners[scope.team] if scope.team in owners else next(iter(owners.values()))
