"""Decisions that were made, page by page, with what is stored of their messages and what was known of their customers.

The ledger and the touches are read up to each decision. What is kept as it is today only (a contact's country, which
contacts are one) is told as it is today.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from state.columns import Id, Ms
from state.consent_tables import consent, suspension, touch
from state.known import Known, Touch
from state.model.consent import Consent, stands
from state.model.ids import lane_of_id
from state.model.message import Decision
from state.model.suspension import Suspension
from state.statements import Query, Row
from state.store import Store
from state.tables import contact, conversation, decision, merge, message

PAGE = 1000
"""Decisions that are in memory at a time, with what belongs to them."""
_D, _M, _C, _P = decision.c, message.c, conversation.c, contact.c
_IDS = {name: sa.bindparam(name, type_=Id) for name in ("first", "last", "after", "before", "contact")}
_since = sa.bindparam("since", type_=Ms)


def _belonging(columns: Sequence[Any]) -> sa.Select[Any]:
    """Columns of decisions, their messages, conversations and contacts; of what has left by retention, nulls."""
    joined = decision.outerjoin(message, sa.and_(_M.id == _D.message, _M.lane == _D.lane))
    joined = joined.outerjoin(conversation, sa.and_(_C.id == _M.conversation, _C.lane == _M.lane))
    joined = joined.outerjoin(contact, sa.and_(_P.id == _C.contact, _P.lane == _C.lane))
    return sa.select(*columns).select_from(joined)


def _last_in() -> sa.ScalarSelect[Any]:
    """When the customer had last written in the conversation before the decision, by the messages that are kept."""
    heard = message.alias("heard")
    query = sa.select(sa.func.max(heard.c.accepted)).where(
        heard.c.conversation == _C.id,
        heard.c.lane == _C.lane,
        heard.c.direction == sa.literal_column("'in'"),
        heard.c.id < _D.id,
    )
    return query.scalar_subquery()


_PAGE = Query(
    _belonging(
        (
            _D.id, _D.lane, _D.message, _D.body, _M.conversation, _M.channel, _M.content, _M.cause, _C.contact,
            _C.urns, _C.told, _last_in(), _P.merged_into, _P.country, _P.zone, _P.born, _M.native,
        )
    )
    .where(_D.id > _IDS["after"], _D.id < _IDS["before"])
    .order_by(_D.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "after before limit",
)  # fmt: skip
_theirs = _belonging((_C.contact,)).where(_D.id >= _IDS["first"], _D.id <= _IDS["last"])
_FACTS = Query(
    sa.select(consent.c.contact, consent.c.body).where(consent.c.contact.in_(_theirs)), "first last"
)
_TOUCH = (touch.c.at, touch.c.purpose, touch.c.digest, touch.c.message, touch.c.campaign)
_TOUCHES = Query(
    sa.select(touch.c.contact, *_TOUCH)
    .where(touch.c.contact.in_(_theirs), touch.c.at >= _since)
    .order_by(touch.c.at),
    "first last since",
)
_FACTS_OF = Query(
    sa.select(consent.c.contact, consent.c.body).where(consent.c.contact == _IDS["contact"]), "contact"
)
_TOUCHES_OF = Query(
    sa.select(touch.c.contact, *_TOUCH)
    .where(touch.c.contact == _IDS["contact"], touch.c.at >= _since)
    .order_by(touch.c.at),
    "contact since",
)
_ABOUT = Query(sa.select(_P.country, _P.zone, _P.born).where(_P.id == _IDS["contact"]), "contact")
_MERGED = Query(sa.select(merge.c.loser, merge.c.winner).where(merge.c.undone_at.is_(None)), "")
_SUSPENSIONS = Query(
    sa.select(
        suspension.c.body, suspension.c.created_at, suspension.c.due_at, suspension.c.lifted_at
    ).order_by(suspension.c.id),
    "",
)
_decision = msgspec.json.Decoder(Decision)
_fact = msgspec.json.Decoder(Consent)


class Letter(NamedTuple):
    """What is stored of a message and its conversation; `content`, `cause`, `urns`, `native` as in their tables (JSON).

    `told` is the notice the customer was given, as it is kept today; `last_in` (milliseconds, UTC; 0: never) is from
    the messages of theirs that are kept. `known` is what was known of them when the decision was made.
    """

    conversation: str
    channel: str
    content: str
    cause: str
    contact: str
    urns: str
    told: str
    last_in: int
    known: Known
    native: str = ""


class Was(NamedTuple):
    """A decision that was made; `letter` is None where its message has left by retention."""

    id: str
    lane: int
    message: str
    made: Decision
    letter: Letter | None


class Force(NamedTuple):
    """A suspension, and from when until when it was in force (milliseconds, UTC; `until` 0: it still is)."""

    suspension: Suspension
    since: int
    until: int

    def at(self, now: int) -> bool:
        """Whether it was in force at a time."""
        return self.since <= now and (not self.until or now < self.until)


class _Person(NamedTuple):
    """A contact of today: itself, its facts and its touches in the order of their time."""

    key: tuple[str, int]
    about: tuple[str, str, str]
    facts: Sequence[Consent]
    touches: Sequence[Touch]

    def known(self, decided: str, at: int) -> Known:
        """What was known when a decision (by its id and its time) was made."""
        facts = [each for each in self.facts if each.id < decided]
        touches = tuple(each for each in self.touches if each.at < at)
        return Known(*self.key, *self.about, tuple(sorted(stands(facts))), touches)


async def suspensions(store: Store) -> list[Force]:
    """Every suspension there was; one whose notice was lifted before it came into force never was."""
    rows = await store.read(_SUSPENSIONS)
    found = [
        Force(msgspec.json.decode(body, type=Suspension), max(at, due or 0), lifted or 0)
        for body, at, due, lifted in rows
    ]
    return [each for each in found if not each.until or each.since < each.until]


async def pages(
    store: Store, since: int, until: int, look: int, size: int = PAGE
) -> AsyncIterator[list[Was]]:
    """The decisions from one time to another, oldest first, some at a time.

    Times in milliseconds, UTC; touches are read `look` milliseconds back from the first decision of a page.
    """
    family = _Family(await store.read(_MERGED))
    after, before = f"{since:012x}{'0' * 20}", f"{until:012x}{'0' * 20}"
    while rows := await store.read(_PAGE, after, before, size):
        people = await _people(store, family, rows, look)
        yield [_was(row, people) for row in rows]
        after = rows[-1][0]


class _Family:
    """Which contacts are one today."""

    def __init__(self, merged: Iterable[Any]) -> None:
        self._home: dict[str, str] = dict(merged)
        self._members: dict[str, list[str]] = defaultdict(list)
        for loser in self._home:
            self._members[self.home(loser)].append(loser)

    def home(self, contact_id: str) -> str:
        """The contact that one is now."""
        while contact_id in self._home:
            contact_id = self._home[contact_id]
        return contact_id

    def merged(self, contact_id: str) -> Sequence[str]:
        """The contacts that were merged into one."""
        return self._members.get(contact_id, ())


async def _people(store: Store, family: _Family, rows: Sequence[Row], look: int) -> Mapping[str, _Person]:
    """The contacts of a page's decisions, by the contact of the conversation."""
    first, last, since = rows[0][0], rows[-1][0], int(rows[0][0][:12], 16) - look
    facts = _by_contact(await store.read(_FACTS, first, last))
    touches = _by_contact(await store.read(_TOUCHES, first, last, since))
    people: dict[str, _Person] = {}
    for row in rows:
        asked = row[8]
        if asked is None or asked in people:
            continue
        home = family.home(asked)
        if home == asked and not family.merged(home):
            people[asked] = _person(home, row[13:16], facts[home], touches[home])
        else:
            people[asked] = await _merged(store, family, home, since)
    return people


async def _merged(store: Store, family: _Family, home: str, since: int) -> _Person:
    """A contact that others were merged into: their facts are its own."""
    about = await store.read(_ABOUT, home)
    facts = [row[1:] for each in (home, *family.merged(home)) for row in await store.read(_FACTS_OF, each)]
    touches = [row[1:] for row in await store.read(_TOUCHES_OF, home, since)]
    return _person(home, about[0] if about else ("", "", ""), facts, touches)


def _person(home: str, about: Row, facts: Iterable[Row], touches: Iterable[Row]) -> _Person:
    country, zone, born = about
    told = [_fact.decode(row[0]) for row in facts]
    return _Person((home, lane_of_id(home)), (country, zone, born), told, [Touch(*row) for row in touches])


def _by_contact(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _was(row: Row, people: Mapping[str, _Person]) -> Was:
    made = _decision.decode(row[3])
    if row[4] is None or row[8] is None:
        return Was(row[0], row[1], row[2], made, None)
    known = people[row[8]].known(row[0], made.at)
    talk, channel, content, cause, contact_id, urns, told = row[4:11]
    letter = Letter(talk, channel, content, cause, contact_id, urns, told, row[11] or 0, known, row[16] or "")
    return Was(row[0], row[1], row[2], made, letter)


FACT = Query(sa.select(consent.c.body).where(consent.c.id == sa.bindparam("id", type_=Id)), "id")
"""A fact of the ledger (JSON)."""
