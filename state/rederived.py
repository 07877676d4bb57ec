"""Whether what stands is what the ledger says: `standing` is derived, so who changes it leaves no link that breaks.

Every row of it must be the fact it names, of the contact's own or of one it is or was merged with; and no fact of a
contact may count more than what stands. Facts and rows are read in pages, and what differs is looked at once more: a
gateway may have written meanwhile.
"""

from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from state import dossiers, merges
from state.consent_tables import consent, standing
from state.model.base import Value
from state.model.consent import Consent, Standing, rank, standing_of, stands
from state.statements import Query, Row
from state.store import Store
from state.tables import merge

_PAGE = 1000
_NOBODY = "0" * 32
_F, _S, _M = consent.c, standing.c, merge.c
_ABOUT = (_S.purpose, _S.address, _S.channel, _S.change, _S.at, _S.until, _S.fact, _S.basis)
_KEY = (_S.contact, _S.purpose, _S.address, _S.channel)


def _of(column: Any, name: str) -> Any:
    return sa.bindparam(name, type_=column.type)


def _after(columns: tuple[Any, ...], names: str) -> Any:
    """Rows whose key comes after one."""
    bound = (_of(each, name) for each, name in zip(columns, names.split(), strict=True))
    return sa.tuple_(*columns) > sa.tuple_(*bound)


_ROWS = Query(
    sa.select(_S.contact, *_ABOUT, _F.body)
    .join_from(standing, consent, _F.id == _S.fact, isouter=True)
    .where(_after(_KEY, "contact purpose address channel"))
    .order_by(*_KEY)
    .limit(_PAGE),
    "contact purpose address channel",
)
_FACTS = Query(
    sa.select(_F.contact, _F.id, _F.body)
    .where(_after((_F.contact, _F.id), "contact id"))
    .order_by(_F.contact, _F.id)
    .limit(_PAGE),
    "contact id",
)
_BETWEEN = Query(
    sa.select(_S.contact, *_ABOUT).where(
        _S.contact >= _of(_S.contact, "first"), _S.contact <= _of(_S.contact, "last")
    ),
    "first last",
)
_OWN = Query(sa.select(_F.body).where(_F.contact == _of(_F.contact, "contact")), "contact")
_MERGED = Query(
    sa.select(_M.id)
    .where(sa.or_(_M.winner == _of(_M.winner, "one"), _M.loser == _of(_M.loser, "two")))
    .limit(1),
    "one two",
)
_Known = dict[tuple[str, str, str], Standing]
"""What stands of a contact, by purpose, address and channel."""
_decode = msgspec.json.Decoder(Consent).decode


class Compared(Value, frozen=True, kw_only=True):
    """What was found: how many rows stand, and the first contact that differs ("": none does) with what is wrong."""

    rows: int
    contact: str = ""
    reason: str = ""


async def compare(store: Store) -> Compared:
    """Compare what stands with the ledger, for all contacts."""
    rows, contact, reason = await _untrue(store)
    if not reason:
        contact, reason = await _outranked(store)
    return Compared(rows=rows, contact=contact, reason=reason)


async def _untrue(store: Store) -> tuple[int, str, str]:
    """How many rows were looked at, and the first that is not what its fact says."""
    key, count = (_NOBODY, "", "", ""), 0
    while rows := await store.read(_ROWS, *key):
        for row in rows:
            count += 1
            if reason := await _flaw(store, row):
                return count, row[0], reason
        key = tuple(rows[-1][:4])
    return count, "", ""


async def _flaw(store: Store, row: Row) -> str:
    says = Standing(*row[1:9])
    if row[9] is None:
        return f"what stands of {says.purpose} names the fact {says.fact}, which is not in the ledger"
    fact = _read(row[9])
    if fact is None or standing_of(fact) != says:
        told = fact.change if fact else "nothing that can be read"
        return (
            f"what stands of {says.purpose} is {says.change}, and its fact {says.fact} says otherwise: {told}"
        )
    if fact.contact != row[0] and not await _kin(store, row[0], fact.contact):
        return f"what stands of {says.purpose} is a fact about another contact, {fact.contact}"
    return ""


def _read(body: str) -> Consent | None:
    try:
        return _decode(body)
    except (msgspec.MsgspecError, ValueError):
        return None


async def _kin(store: Store, one: str, other: str) -> bool:
    """Whether two contacts are one person, or each was merged once: then a fact may have gone with its address."""
    if await _head(store, one) == await _head(store, other):
        return True
    return all([await store.read(_MERGED, each, each) for each in (one, other)])


async def _head(store: Store, contact: str) -> str:
    try:
        person = await merges.found(store, contact)
    except ValueError:
        return contact
    return person.contact if person else contact


async def _outranked(store: Store) -> tuple[str, str]:
    """The first contact with a fact that counts more than what stands."""
    key = (_NOBODY, _NOBODY)
    while rows := await store.read(_FACTS, *key):
        found: dict[str, _Known] = {}
        for row in await store.read(_BETWEEN, rows[0][0], rows[-1][0]):
            found.setdefault(row[0], {})[row[1], row[2], row[3]] = Standing(*row[1:9])
        for contact, group in groupby(rows, key=lambda row: str(row[0])):
            facts = [fact for row in group if (fact := _read(row[2]))]
            if _lacks(facts, found.get(contact, {})) and (reason := await _still(store, contact)):
                return contact, reason
        key = (rows[-1][0], rows[-1][1])
    return "", ""


def _lacks(facts: list[Consent], known: _Known) -> Standing | None:
    """What should stand of facts, and does not."""
    return next(
        (
            each
            for each in stands(facts)
            if (there := known.get(each[:3])) is None or rank(there) < rank(each)
        ),
        None,
    )


async def _still(store: Store, contact: str) -> str:
    """What is wrong with a contact, read again, or with whom it was merged into."""
    facts = [fact for row in await store.read(_OWN, contact) if (fact := _read(row[0]))]
    home = await _head(store, contact)
    known = {each[:3]: each for each in await dossiers.standings(store, home)}
    missing = _lacks(facts, known)
    if missing is None:
        return ""
    there = known.get(missing[:3])
    stood = f"{there.change} stands" if there else "nothing stands"
    return f"of {missing.purpose} {stood}, though the ledger says {missing.change} ({missing.fact})"
