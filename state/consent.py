"""The consent ledger: facts are appended, and what stands of them is kept beside, in the same commit.

The ledger is the truth; `standing` is derived from it and can be built again. An upsert that lets the later fact win
needs no reading first, so turns of one contact on two channels do not wait for each other.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from state.consent_tables import consent, standing, touch
from state.model.consent import Consent, Standing, standing_of, stands
from state.model.ids import lane_of_id, time_of_id
from state.statements import Fetch, Query, Row, Statement, delete, insert, update, upsert
from state.tables import contact
from state.writer import Op

_FACT = insert(consent, "id lane team contact purpose change body")
_COLUMNS = "contact purpose address channel lane change at until fact basis"


def _later(new: Any) -> dict[str, sa.ColumnElement[Any]]:
    """The later of two facts; of one time the one that forbids, then the one with the greater id."""
    old = standing.c
    gives_new, gives_old = new.change == "given", old.change == "given"
    forbids = sa.and_(gives_old, sa.not_(gives_new))
    alike = sa.and_(gives_old == gives_new, new.fact > old.fact)
    wins = sa.or_(new.at > old.at, sa.and_(new.at == old.at, sa.or_(forbids, alike)))
    sets: dict[str, sa.ColumnElement[Any]] = {
        name: sa.case((wins, new[name]), else_=old[name])
        for name in ("change", "until", "fact", "basis", "at")
    }
    return sets | {"announced": sa.case((wins, sa.literal_column("0")), else_=old.announced)}


_STANDS = upsert(standing, _COLUMNS, _later)
STANDINGS = Fetch(standing, "purpose address channel change at until fact basis", "contact lane")
"""What stands for a contact: rows of `Standing`, by contact and lane."""
TOUCHES = Fetch(touch, "at purpose digest message campaign", "contact lane", order="at")
"""What was sent to a contact that answered nothing: rows of `known.Touch`, by contact and lane."""
TOUCHED = insert(touch, "message lane contact at purpose digest campaign", ignore=True)
"""Remembers such a message; what is remembered already stays."""
LOCKED = Fetch(contact, "merged_into country zone born revision fenced", "id lane", lock="wait")
"""A contact's row, locked: one statement for all who do so, since by two of them two writers lock in two orders."""
_NOTHING_STANDS = delete(standing, "contact lane")
_RAISED = update(contact, "", "id lane", revision=contact.c.revision + sa.literal_column("1"))
"""What stands of a contact is not what it was. It goes with every change of that, in the same step, so that who has
read the revision first and then what stands finds in the contact alone whether it stands still."""
_contact = sa.bindparam("contact", type_=consent.c.contact.type)
_FACTS = Query(sa.select(consent.c.body).where(consent.c.contact == _contact), "contact")
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
            made.append((_STANDS, _row(fact.contact, lane, standing_of(fact))))
            made.append((_RAISED, (fact.contact, lane)))
    return made


def _row(contact: str, lane: int, each: Standing) -> Row:
    return (
        contact, each.purpose, each.address, each.channel, lane, each.change, each.at, each.until, each.fact,
        each.basis,
    )  # fmt: skip


def carried_asks(rows: Sequence[Row], contact: str, lane: int) -> Asks:
    """The statements that let what stands for one contact (rows of STANDINGS) stand for the one it is merged into."""
    stands: Asks = [(_STANDS, _row(contact, lane, Standing(*row[:8]))) for row in rows]
    return [*stands, (_RAISED, (contact, lane))] if stands else []


def record(facts: Sequence[Consent]) -> Op[None]:
    """Append facts, each about the contact it names or the one that was merged into. Commits nothing else.

    The contact is locked first: a send that was decided without these facts is either marked by then, or decided anew.
    """
    now = yield from homes({fact.contact for fact in facts})
    made: Asks = []
    for fact in facts:
        home = now[fact.contact]
        made += asks([msgspec.structs.replace(fact, contact=home)], lane_of_id(home))
    yield made


def lock_asks(*contacts: str) -> Asks:
    """The questions after which nobody else records a fact about contacts, or marks a message, until the commit."""
    return [(LOCKED, (each, lane_of_id(each))) for each in sorted(contacts)]


def homes(contacts: Iterable[str]) -> Op[dict[str, str]]:
    """The contacts that these are now, locked."""
    now = {each: each for each in sorted(contacts)}
    waiting = dict(now)
    while waiting:
        answers = yield [(LOCKED, (home, lane_of_id(home))) for home in waiting.values()]
        merged = {
            each: rows[0][0] for each, rows in zip(waiting, answers, strict=True) if rows and rows[0][0]
        }
        now.update(merged)
        waiting = merged
    return now


def dropped_asks(contact: str, lane: int) -> Asks:
    """The statements after which nothing stands for a contact any more: it was merged into another."""
    return [(_NOTHING_STANDS, (contact, lane)), (_RAISED, (contact, lane))]


def restore(
    contact: str,
    lane: int,
    own: Collection[str],
    urns: Collection[str],
    others: Collection[str] = (),
    since: int = 0,
) -> Op[None]:
    """Derive from the ledger what stands for a contact, as after an unmerge.

    `own` are the contacts whose facts are this one's: itself and those that are merged into it. `urns` are the
    addresses it has now; what was recorded about one of them with `others` goes with the address. Of what was recorded
    with others about all of a contact's addresses, after `since` (milliseconds, UTC: the merge), only what forbids goes
    with it. What stands is taken away first and the ledger read after that, so that no fact of another writer is lost.
    """
    yield dropped_asks(contact, lane)
    found = yield [(_FACTS, (each,)) for each in dict.fromkeys((*own, *others))]
    facts = [msgspec.json.decode(row[0], type=Consent) for rows in found for row in rows]
    mine = [each for each in facts if each.contact in own or _follows(each, urns, since)]
    yield [*((_STANDS, _row(contact, lane, each)) for each in stands(mine)), (_RAISED, (contact, lane))]


def _follows(fact: Consent, urns: Collection[str], since: int) -> bool:
    """Whether a fact recorded with another contact is also about one that had been merged with it."""
    if fact.address:
        return fact.address in urns
    return fact.change != "given" and time_of_id(fact.id) >= since
