"""The ledgers of consent and of acts, chained: each team's facts are one chain (`team:<id>`), the audit is another.

Rows are written without a place in the chain. One sealer takes them in the order of their ids and gives each its number
and hash; the head of the chain is signed in the same commit. The row lock on the head makes one sealer of several.
"""

import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from state import audit as acts
from state.consent_tables import chain, consent
from state.model.chain import Head, Link, after, digest, origin
from state.model.ids import lane_of_id, now_ms
from state.signing import Signer, is_signed
from state.statements import Fetch, Query, Row, Statement, insert, update
from state.store import Store
from state.tables import Ms, audit
from state.writer import Op

AUDIT = "audit"
PAGE = 1000
_TABLES = {"consent": consent, "audit": audit}
_BODY = {
    "consent": "id lane team contact purpose change body",
    "audit": "id actor action subject reason body",
}
_KEYS = {"consent": "id lane", "audit": "id"}
_NAMED = ("id", "team", "contact", "purpose", "change")
_ROWS = {kind: Fetch(table, f"seq hash salt {_BODY[kind]}", _KEYS[kind]) for kind, table in _TABLES.items()}
_SEAL = {kind: update(table, "seq hash salt", _KEYS[kind]) for kind, table in _TABLES.items()}
_BEGIN = insert(chain, "name seq hash signature key at", ignore=True)
_EXTEND = update(chain, "seq hash signature key at", "name")
_C = chain.c
_heads = sa.select(_C.name, _C.seq, _C.hash, _C.signature, _C.key, _C.at)
_named = _heads.where(_C.name == sa.bindparam("name", type_=_C.name.type))
_TAKE = Query(_named.with_for_update(skip_locked=True), "name")
_HEAD = Query(_named, "name")
_HEADS = Query(_heads.order_by(_C.name), "")


def _pending(kind: str) -> Query:
    c = _TABLES[kind].c
    columns = [c[name] for name in _KEYS[kind].split()] + ([c.team] if kind == "consent" else [])
    limit = sa.bindparam("limit", type_=sa.Integer)
    return Query(sa.select(*columns).where(c.seq.is_(None)).order_by(c.id).limit(limit), "limit")


def _chained(kind: str, columns: Sequence[str], where: Any, limit: int | None = None) -> Query:
    """Rows of a chain in its order, where their number is as asked."""
    c = _TABLES[kind].c
    query = sa.select(*(c[name] for name in columns)).where(c.seq.is_not(None), where(c.seq))
    if kind == "consent":
        query = query.where(c.team == sa.bindparam("team", type_=c.team.type))
    numbers = "after upto" if limit is None else "upto"
    names = f"team {numbers}" if kind == "consent" else numbers
    return Query(query.order_by(c.seq, c.id).limit(limit), names)


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=Ms)


_PENDING = {kind: _pending(kind) for kind in _TABLES}
_WAITING = {
    "consent": Query(
        sa.select(sa.func.count())
        .select_from(consent)
        .where(consent.c.seq.is_(None), consent.c.team == sa.bindparam("team", type_=consent.c.team.type)),
        "team",
    ),
    "audit": Query(sa.select(sa.func.count()).select_from(audit).where(audit.c.seq.is_(None)), ""),
}
_LINKS = {
    kind: _chained(
        kind,
        ["seq", "hash", "salt", *_BODY[kind].split()],
        lambda seq: sa.and_(seq > _number("after"), seq <= _number("upto")),
    )
    for kind in _TABLES
}
_STRAY = {
    kind: _chained(kind, ["seq"], lambda seq: sa.or_(seq <= sa.literal_column("0"), seq > _number("upto")), 1)
    for kind in _TABLES
}
_TEAMS = Query(sa.select(consent.c.team).where(consent.c.seq.is_not(None)).distinct(), "")


def of_team(team: str) -> str:
    """The name of a team's chain."""
    return f"team:{team}"


def _kind(name: str) -> str:
    return "audit" if name == AUDIT else "consent"


def _bound(name: str, *numbers: int) -> tuple[Any, ...]:
    return numbers if name == AUDIT else (name.removeprefix("team:"), *numbers)


def record(kind: str, row: Sequence[Any]) -> tuple[Any, str]:
    """What is hashed of a row (its columns of `_BODY`), and what is wrong with the row by itself."""
    values = dict(zip(_BODY[kind].split(), row, strict=True))
    try:
        body = msgspec.json.decode(values["body"])
    except msgspec.DecodeError as error:
        return None, f"its body cannot be read: {error}"
    if kind == "audit":
        return values | {"body": body}, ""
    return body, _flaw(values, body)


def _flaw(values: Mapping[str, Any], body: Any) -> str:
    """Where the columns of a fact say something else than its body."""
    if not isinstance(body, dict):
        return "its body is no fact"
    for name in _NAMED:
        if values[name] != body.get(name):
            return f"its column {name} says {values[name]!r}, and the fact itself {body.get(name)!r}"
    try:
        lane = lane_of_id(values["contact"])
    except ValueError as error:
        return f"its contact: {error}"
    return "" if lane == values["lane"] else f"it lies in lane {values['lane']}, its contact in lane {lane}"


async def pending(store: Store, limit: int) -> dict[str, list[Row]]:
    """Keys of the oldest rows that have no place yet, by the name of their chain; at most `limit` of each table."""
    found: dict[str, list[Row]] = {}
    for row in await store.read(_PENDING["consent"], limit):
        found.setdefault(of_team(row[2]), []).append((row[0], row[1]))
    if acts_ := await store.read(_PENDING["audit"], limit):
        found[AUDIT] = [(row[0],) for row in acts_]
    return found


def seal(name: str, keys: Iterable[Row], signer: Signer | None) -> Op[int]:
    """Give rows their places at the end of a chain; gives how many, 0 where another sealer is at this chain.

    A head that is not signed by the key in use is signed anew, and the audit is told: a key was changed, or somebody
    was at the database.
    """
    head = yield from _taken(name)
    if head is None:
        return 0
    kind = _kind(name)
    found = yield [(_ROWS[kind], key) for key in keys]
    rows = [each[0] for each in found if each and each[0][0] is None]
    ours = not signer or not head.seq or (head.key == signer.known[0] and is_signed(head))
    if not rows and ours:
        return 0
    last, asks = _placed(kind, head, rows)
    last = signer.sign(last) if signer else last
    yield [*asks, (_EXTEND, (*last[1:], name))]
    if not ours:
        yield from acts.note("sealer", "sign_anew", name, _why(head), **head._asdict())
    return len(rows)


def _placed(kind: str, head: Head, rows: Sequence[Row]) -> tuple[Head, list[tuple[Statement, Row]]]:
    """The head after the rows, not signed yet, and what gives them their places."""
    width, keys = len(_BODY[kind].split()), len(_KEYS[kind].split())
    asks: list[tuple[Statement, Row]] = []
    seq, hash_ = head.seq, head.hash
    for row in rows:
        salt, values = os.urandom(16).hex(), tuple(row[3 : 3 + width])
        seq += 1
        hash_ = after(hash_, seq, digest(salt, record(kind, values)[0]))
        asks.append((_SEAL[kind], (seq, hash_, salt, *values[:keys])))
    return Head(head.name, seq, hash_, at=now_ms()), asks


def _taken(name: str) -> Op[Head | None]:
    """The head of a chain, locked; None where another holds it."""
    (rows,) = yield [(_TAKE, (name,))]
    if not rows:
        yield [(_BEGIN, (name, 0, origin(name), "", "", 0))]
        (rows,) = yield [(_TAKE, (name,))]
    return Head(*rows[0]) if rows else None


def _why(head: Head) -> str:
    if not head.signature:
        return "the head was not signed before"
    return "the head was signed with another key" if is_signed(head) else "the head's signature was wrong"


async def head(store: Store, name: str) -> Head | None:
    """The head of a chain, or None where there is none."""
    rows = await store.read(_HEAD, name)
    return Head(*rows[0]) if rows else None


async def heads(store: Store) -> list[Head]:
    """The heads of all chains."""
    return [Head(*row) for row in await store.read(_HEADS)]


async def chains(store: Store) -> list[str]:
    """The names of all chains, also of those whose head is gone; looks at every fact."""
    named = [each.name for each in await heads(store)]
    teams = [of_team(row[0]) for row in await store.read(_TEAMS)]
    return sorted({*named, *teams, AUDIT})


async def links(store: Store, name: str, after_seq: int, upto: int) -> AsyncIterator[Link]:
    """The links of a chain after a number and up to another, in their order; reads a page at a time.

    Pages are cut by number, so that two rows with one number are both seen.
    """
    kind = _kind(name)
    for begin in range(after_seq, upto, PAGE):
        for row in await store.read(_LINKS[kind], *_bound(name, begin, min(begin + PAGE, upto))):
            found, flaw = record(kind, tuple(row)[3:])
            flaw = flaw or ("" if row[1] else "it has no hash")
            yield Link(row[0], row[1] or "", row[2] or "", found, flaw=flaw)


async def stray(store: Store, name: str, upto: int) -> int | None:
    """A number in a chain that is below 1 or above the last, where there is one."""
    rows = await store.read(_STRAY[_kind(name)], *_bound(name, upto))
    return int(rows[0][0]) if rows else None


async def waiting(store: Store, name: str) -> int:
    """How many rows of a chain have no place yet."""
    return int((await store.read(_WAITING[_kind(name)], *_bound(name)))[0][0])
