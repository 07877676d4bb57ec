"""Consents that end: found by their time, announced once, and expired by a fact of their own."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state import audit, consent, hooks
from state.consent_tables import consent as facts
from state.consent_tables import standing
from state.model.consent import Consent
from state.model.ids import new_id
from state.model.occurrence import ExpiringData, Occurrence, occurrence, time
from state.statements import Fetch, Query, update
from state.tables import Ms
from state.writer import Op

_C = standing.c
_KEY = "contact purpose address channel lane"
_LOCKED = Fetch(standing, "fact change announced", _KEY, lock="wait")
_TOLD = update(standing, "announced", f"{_KEY} fact")
_FACT = Query(sa.select(facts.c.body).where(facts.c.id == sa.bindparam("id", type_=facts.c.id.type)), "id")


def _between(*where: sa.ColumnElement[bool]) -> Query:
    """What was given and ends after a time and up to another; the index knows the two conditions with no parameter."""
    names = [*_KEY.split(), "at", "until", "fact"]
    query = sa.select(*(_C[name] for name in names)).where(
        _C.change == sa.literal_column("'given'"), _C.until > sa.literal_column("0"),
        _C.until > sa.bindparam("after", type_=Ms), _C.until <= sa.bindparam("upto", type_=Ms), *where,
    )  # fmt: skip
    limit = sa.bindparam("limit", type_=sa.Integer)
    return Query(query.order_by(_C.until, _C.fact).limit(limit), "after upto limit")


ENDING = _between()
"""Consents that end after a time and up to another (milliseconds, UTC), the first to end first: rows of `Ending`."""
UNTOLD = _between(_C.announced == sa.literal_column("0"))
"""The same, those that were not announced yet."""


class Ending(NamedTuple):
    """A consent in force that ends: which fact gave it when, and when it ends (milliseconds, UTC)."""

    contact: str
    purpose: str
    address: str
    channel: str
    lane: int
    at: int
    until: int
    fact: str

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """The key of its row."""
        return self[:5]


def expire(ended: Ending) -> Op[bool]:
    """Write that a consent has ended, where it still stands; says whether it did.

    What counts of it is the time of the fact that ends, which its evidence keeps: whatever is later stands.
    """
    found, _ = yield [(_LOCKED, ended.key), *consent.lock_asks(ended.contact)]
    (rows,) = yield [(_FACT, (ended.fact,))]
    if not rows or not found or found[0][:2] != (ended.fact, "given"):
        return False
    given = msgspec.json.decode(rows[0][0], type=Consent)
    made = Consent(
        id=new_id(ended.lane), team=given.team, contact=ended.contact, change="expired", purpose=given.purpose,
        source="clock", at=ended.until, actor="clock", address=ended.address, channel=ended.channel, basis=given.basis,
        evidence={"fact": given.id, "at": ended.at}, until=ended.until,
    )  # fmt: skip
    yield consent.asks([made], ended.lane)
    return True


def announce(soon: Sequence[Ending]) -> Op[list[Ending]]:
    """Note in the audit that consents will end, and tell hooks, each once; gives those not announced before."""
    found = yield [(_LOCKED, each.key) for each in soon]
    new = [
        each
        for each, rows in zip(soon, found, strict=True)
        if rows and tuple(rows[0][:3]) == (each.fact, "given", 0)
    ]
    if new:
        rows = yield [(_FACT, (each.fact,)) for each in new]
        given = [msgspec.json.decode(each[0][0], type=Consent) for each in rows if each]
        yield [*((_TOLD, (1, *each.key, each.fact)) for each in new), *hooks.told_asks(*map(_told, given))]
        listed = [{"contact": each.contact, "fact": each.fact, "until": each.until} for each in new]
        yield from audit.note("clock", "consents_expiring", f"{len(new)} consents", consents=listed)
    return new


def _told(given: Consent) -> Occurrence:
    """What hooks are told of a consent that ends soon."""
    data = ExpiringData(
        contact=given.contact, purpose=given.purpose, address=given.address, channel=given.channel,
        until=time(given.until), fact=given.id,
    )  # fmt: skip
    return occurrence("consent.expiring", f"contacts/{given.contact}", data, given.team)
