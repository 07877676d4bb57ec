"""Recording facts about consent outside a turn: by a caller, an admin or a file."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from state import consent, contacts, merges
from state.consent import STANDINGS
from state.consent_tables import consent as facts
from state.model.address import lane_of
from state.model.base import Value
from state.model.consent import Basis, Change, Consent, Purpose, Source
from state.model.ids import new_id, now_ms
from state.statements import Query
from state.tables import team
from state.writer import Op

TEAMS = Query(sa.select(team.c.id), "")
"""The ids of all teams."""
_KNOWN = Query(sa.select(facts.c.id).where(facts.c.id == sa.bindparam("id", type_=facts.c.id.type)), "id")
_encode = msgspec.json.Encoder(order="deterministic").encode


class NoContact(Exception):
    """There is no such contact."""


class Entry(Value, frozen=True, kw_only=True):
    """What is to be recorded; `to` is an address, or a contact's id: then it is about all of their addresses.

    `at` and `until` in milliseconds, UTC; `at` 0 is now. `actor` is who records it. The rest is as in `Consent`.
    """

    team: str
    to: str
    change: Change
    purpose: Purpose
    source: Source
    actor: str
    channel: str = ""
    basis: Basis = "consent"
    evidence: Mapping[str, Any] = {}
    text: str = ""
    text_version: str = ""
    locale: str = ""
    until: int = 0
    at: int = 0


def record(entry: Entry) -> Op[Consent]:
    """Record a fact; raises NoContact. What is recorded as of now is later than all that is known of its purpose."""
    contact_id, lane = yield from _whose(entry)
    (known,) = yield [(STANDINGS, (contact_id, lane))]
    newest = max((row[4] for row in known if row[0] == entry.purpose), default=0)
    at = entry.at or max(now_ms(), newest + (entry.change == "given"))
    made = _fact(entry, new_id(lane), contact_id, at)
    yield from consent.record([made])
    return made


def record_once(entry: Entry) -> Op[bool]:
    """Record a fact of a file, unless the same was recorded before; says whether it is new.

    Its id follows from what it says, so that a file may be taken any number of times, by any number of nodes.
    """
    made_id = _id_of(entry)
    (known,) = yield [(_KNOWN, (made_id,))]
    if known:
        return False
    contact_id, _ = yield from _whose(entry)
    yield from consent.record([_fact(entry, made_id, contact_id, entry.at)])
    return True


def _fact(entry: Entry, made_id: str, contact_id: str, at: int) -> Consent:
    names = (
        "team",
        "change",
        "purpose",
        "source",
        "actor",
        "channel",
        "basis",
        "evidence",
        "text",
        "text_version",
    )
    values = {name: getattr(entry, name) for name in (*names, "locale", "until")}
    address = entry.to if ":" in entry.to else ""
    return Consent(**values, id=made_id, contact=contact_id, address=address, at=at)


def _id_of(entry: Entry) -> str:
    """An id (UUIDv7) of the time a fact is about, whose random part is a hash of all it says."""
    said = {
        name: value for name, value in msgspec.to_builtins(entry).items() if name not in ("actor", "source")
    }
    number = int.from_bytes(hashlib.sha256(_encode(said)).digest()[:9], "big")
    high, low, rest = number >> 68 & 0xF, number >> 48 & 0x3FFF, number & (1 << 48) - 1
    lane = lane_of(entry.to)
    return f"{entry.at << 80 | 0x7 << 76 | high << 72 | lane << 64 | 0b10 << 62 | low << 48 | rest:032x}"


def _whose(entry: Entry) -> Op[tuple[str, int]]:
    """The contact a fact is about and its lane, made where an address is unknown; raises NoContact."""
    if ":" in entry.to:
        return (yield from contacts.person(entry.team, entry.to))
    person = yield from merges.follow(entry.to)
    if person is None or person.team != entry.team:
        raise NoContact(entry.to)
    return person.contact, person.lane
