"""The consent ledger: facts are appended, and what stands of them is kept beside, in the same commit.

The ledger is the truth; `standing` is derived from it and can be built again. An upsert that lets the later fact win
needs no reading first, so turns of one contact on two channels do not wait for each other.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from state.consent_tables import consent, standing
from state.model.consent import Consent, Standing
from state.model.ids import lane_of_id
from state.statements import Fetch, Row, Statement, insert, upsert
from state.tables import contact
from state.writer import Op

_FACT = insert(consent, "id lane team contact purpose change body")
_COLUMNS = "contact purpose address channel lane change at until fact"


def _later(new: Any) -> dict[str, sa.ColumnElement[Any]]:
    """The later of two facts; of one time the one that forbids, then the one with the greater id."""
    old = standing.c
    gives_new, gives_old = new.change == "given", old.change == "given"
    forbids = sa.and_(gives_old, sa.not_(gives_new))
    alike = sa.and_(gives_old == gives_new, new.fact > old.fact)
    wins = sa.or_(new.at > old.at, sa.and_(new.at == old.at, sa.or_(forbids, alike)))
    return {name: sa.case((wins, new[name]), else_=old[name]) for name in ("change", "until", "fact", "at")}


_STANDS = upsert(standing, _COLUMNS, _later)
STANDINGS = Fetch(standing, "purpose address channel change at until fact", "contact lane")
"""What stands for a contact: rows of `Standing`, by contact and lane."""
_LOCK = Fetch(contact, "merged_into", "id lane", lock="wait")
_encode = msgspec.json.Encoder().encode
Asks = list[tuple[Statement, Row]]


def asks(facts: Sequence[Consent], lane: int) -> Asks:
    """The statements that append facts about contacts of a lane, for the step of an operation that writes.

    What a customer was told allows and forbids nothing, so nothing stands of it.
    """
    made: Asks = []
    for fact in facts:
        body = _encode(fact).decode()
        made.append((_FACT, (fact.id, lane, fact.team, fact.contact, fact.purpose, fact.change, body)))
        if fact.change != "told":
            made.append((_STANDS, _row(fact.contact, lane, _standing(fact))))
    return made


def _standing(fact: Consent) -> Standing:
    return Standing(fact.purpose, fact.address, fact.channel, fact.change, fact.at, fact.until, fact.id)


def _row(contact: str, lane: int, each: Standing) -> Row:
    return (
        contact, each.purpose, each.address, each.channel, lane, each.change, each.at, each.until, each.fact
    )  # fmt: skip


def carried_asks(rows: Sequence[Row], contact: str, lane: int) -> Asks:
    """The statements that let what stands for one contact (rows of STANDINGS) stand for the one it is merged into."""
    return [(_STANDS, _row(contact, lane, Standing(*row[:7]))) for row in rows]


def record(facts: Sequence[Consent]) -> Op[None]:
    """Append facts, each about the contact it names or the one that was merged into. Commits nothing else.

    The contact is locked first: a send that was decided without these facts is either marked by then, or decided anew.
    """
    homes = yield from _homes({fact.contact for fact in facts})
    made: Asks = []
    for fact in facts:
        home = homes[fact.contact]
        made += asks([msgspec.structs.replace(fact, contact=home)], lane_of_id(home))
    yield made


def _homes(contacts: Iterable[str]) -> Op[dict[str, str]]:
    """The contacts that these are now, locked."""
    now = {each: each for each in sorted(contacts)}
    waiting = dict(now)
    while waiting:
        answers = yield [(_LOCK, (home, lane_of_id(home))) for home in waiting.values()]
        merged = {
            each: rows[0][0] for each, rows in zip(waiting, answers, strict=True) if rows and rows[0][0]
        }
        now.update(merged)
        waiting = merged
    return now
