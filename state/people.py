"""What is known of a contact: name, language, country, time zone and date of birth."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from state.model.ids import lane_of_id
from state.statements import Query, update
from state.tables import address, contact
from state.writer import Op

_C = contact.c
_COLUMNS = (
    _C.id, _C.team, _C.name, _C.locale, _C.country, _C.zone, _C.born, _C.merged_into, _C.created_at,
)  # fmt: skip


def _is(column: sa.ColumnElement[object], name: str) -> sa.ColumnElement[bool]:
    return column == sa.bindparam(name, type_=column.type)


ONE = Query(sa.select(*_COLUMNS).where(_is(_C.id, "id"), _is(_C.lane, "lane")), "id lane")
"""A contact by its id: a row of `Person`."""
OF_ADDRESS = Query(
    sa.select(*_COLUMNS)
    .select_from(address.join(contact, sa.and_(_C.id == address.c.contact, _C.lane == address.c.lane)))
    .where(_is(address.c.urn, "urn"), _is(address.c.team, "team"), _is(address.c.shard, "shard")),
    "urn team shard",
)
"""The contact with an address: a row of `Person`."""
_SET = update(contact, "name locale country zone born", "id lane")
FIELDS = ("name", "locale", "country", "zone", "born")
"""What can be set of a contact."""


class Person(NamedTuple):
    """A contact with what is known of it; `created_at` in milliseconds, UTC."""

    id: str
    team: str
    name: str
    locale: str
    country: str
    zone: str
    born: str
    merged_into: str | None
    created_at: int


class Unknown(Exception):
    """There is no contact of this id."""


def change(contact_id: str, values: Mapping[str, str]) -> Op[Person]:
    """Set some of a contact's FIELDS; gives it as it is then. Raises Unknown."""
    lane = lane_of_id(contact_id)
    (rows,) = yield [(ONE, (contact_id, lane))]
    if not rows:
        raise Unknown(contact_id)
    person = Person(**(Person(*rows[0])._asdict() | dict(values)))
    yield [(_SET, (*(getattr(person, name) for name in FIELDS), contact_id, lane))]
    return person
