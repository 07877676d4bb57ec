"""Reading what is recorded about one contact's consent: with that of the contacts that are merged into it."""

from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state import merges
from state.consent_tables import consent, standing
from state.model.address import kept, lane_of
from state.model.consent import Consent, Standing
from state.model.ids import lane_of_id
from state.statements import Query
from state.store import Store
from state.tables import address

_F, _S, _A = consent.c, standing.c, address.c
_FACTS = Query(
    sa.select(_F.body, _F.seq, _F.hash)
    .where(
        _F.contact == sa.bindparam("contact", type_=_F.contact.type),
        _F.id < sa.bindparam("before", type_=_F.id.type),
    )
    .order_by(_F.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "contact before limit",
)
_STANDS = Query(
    sa.select(_S.purpose, _S.address, _S.channel, _S.change, _S.at, _S.until, _S.fact, _S.basis)
    .where(
        _S.contact == sa.bindparam("contact", type_=_S.contact.type),
        _S.lane == sa.bindparam("lane", type_=_S.lane.type),
    )
    .order_by(_S.purpose, _S.address, _S.channel),
    "contact lane",
)
_OWNER = Query(
    sa.select(_A.contact).where(
        _A.urn == sa.bindparam("urn", type_=_A.urn.type),
        _A.team == sa.bindparam("team", type_=_A.team.type),
        _A.shard == sa.bindparam("shard", type_=_A.shard.type),
    ),
    "urn team shard",
)

OWNERS = Query(
    sa.select(_A.team, _A.contact)
    .where(
        _A.urn == sa.bindparam("urn", type_=_A.urn.type),
        _A.shard == sa.bindparam("shard", type_=_A.shard.type),
    )
    .order_by(_A.team),
    "urn shard",
)
"""Whose an address is in each team that knows it: team and contact."""


class Dossier(NamedTuple):
    """Whose facts belong together: the contact, its team, and with it those that are merged into it."""

    contact: str
    team: str
    members: tuple[str, ...]


class Entered(NamedTuple):
    """A fact with its place in the chain; None until the sealer came by."""

    fact: Consent
    seq: int | None
    hash: str | None


async def find(store: Store, said: str, team: str) -> Dossier | None:
    """Whom an address of a team, or the id of a contact of any, means; raises ValueError where it is neither."""
    contact_id = said
    if ":" in said:
        urn = kept(said)
        rows = await store.read(_OWNER, urn, team, lane_of(urn))
        if not rows:
            return None
        contact_id = rows[0][0]
    person = await merges.found(store, contact_id)
    if person is None:
        return None
    members = await merges.read(store, merges.members(person.contact))
    return Dossier(person.contact, person.team, tuple(members))


async def facts(store: Store, dossier: Dossier, before: str, limit: int) -> list[Entered]:
    """The facts about a contact before an id, the newest first."""
    found: list[Entered] = []
    for each in dossier.members:
        rows = await store.read(_FACTS, each, before, limit)
        found += [Entered(msgspec.json.decode(row[0], type=Consent), row[1], row[2]) for row in rows]
    return sorted(found, key=lambda each: each.fact.id, reverse=True)[:limit]


async def standings(store: Store, contact_id: str) -> list[Standing]:
    """What stands for a contact, by purpose, address and channel."""
    return [Standing(*row) for row in await store.read(_STANDS, contact_id, lane_of_id(contact_id))]
