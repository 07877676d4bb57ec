"""Contacts: made, read, and corrected; nobody below the age of consent is made one."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec

from admin import people as operations
from gateway import admission
from gateway.admission import Known, UnderAge
from gateway.api import aim
from gateway.api.asks import To
from gateway.api.endpoint import Answer, Asked, Call, Nothing, Word
from gateway.api.moments import at
from gateway.app import Gateway
from gateway.countries import countries, zones
from gateway.policy import ages
from gateway.policy.ages import BadDate
from gateway.problems import Problem
from state import contacts, people
from state.model.address import lane_of
from state.model.ids import lane_of_id, now_ms
from state.people import FIELDS, Person

Name = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\x00]*$")]
Locale = Annotated[
    str,
    msgspec.Meta(
        max_length=35,
        pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*)?$",
        description="BCP 47, as de-AT; empty: not known",
    ),
]
Country = Annotated[
    str, msgspec.Meta(pattern=r"^([A-Z]{2})?$", description="ISO 3166, two letters; empty: not known")
]
Zone = Annotated[str, msgspec.Meta(max_length=64, description="IANA, as Europe/Vienna; empty: not known")]
Born = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$", description="YYYY, YYYY-MM or YYYY-MM-DD; empty: not known"
    ),
]


class ChangeContact(Asked, frozen=True, kw_only=True):
    """What is to be set of a contact; what is left out stays, an empty text takes it back."""

    name: Name | None = None
    locale: Locale | None = None
    country: Country | None = None
    zone: Zone | None = None
    born: Born | None = None
    reason: Word = ""


class NewContact(Asked, frozen=True, kw_only=True):
    """A contact to make: its address on a channel, and what is known of it."""

    channel: Word
    address: To
    name: Name | None = None
    locale: Locale | None = None
    country: Country | None = None
    zone: Zone | None = None
    born: Born | None = None


class ContactView(Answer, frozen=True, kw_only=True):
    """A contact; `merged_into` is the contact it proved to be."""

    id: str
    team: str
    name: str
    locale: str
    country: str
    zone: str
    born: str
    merged_into: str | None
    created: datetime


class ContactDetail(ContactView, frozen=True, kw_only=True):
    """A contact with its addresses; `under_age` is null where no date of birth is known: the team's setting decides."""

    addresses: tuple[str, ...]
    under_age: bool | None


def _values(person: Person) -> dict[str, Any]:
    values = person._asdict()
    return values | {"created": at(values.pop("created_at"))}


def view(person: Person) -> ContactView:
    """A contact as it is shown after it was made or changed."""
    return ContactView(**_values(person))


async def _one(call: Call[Any, Any]) -> Person:
    rows = await call.gateway.store.read(people.ONE, call.id, lane_of_id(call.id))
    if not rows:
        raise Problem("not_found", f"there is no contact {call.id}")
    return Person(*rows[0])


async def read(call: Call[Nothing, None]) -> ContactDetail:
    """A contact; raises Problem `not_found`."""
    person = await _one(call)
    known = await call.gateway.store.read(contacts.ADDRESSES_OF, call.id)
    team = call.gateway.teams.facts(person.team)
    under = admission.under_age(Known(person.born, person.country), team)
    return ContactDetail(**_values(person), addresses=tuple(sorted(row[0] for row in known)), under_age=under)


async def change(call: Call[Nothing, ChangeContact]) -> Person:
    """Set what is known of a contact; raises Problem `not_found`, or `conflict` where it was merged."""
    person = await _one(call)
    if person.merged_into:
        raise Problem("conflict", f"it was merged into {person.merged_into}: change that one")
    return await operations.change(call.store, call.actor, call.id, _given(call.body), call.body.reason)


async def add(call: Call[Nothing, NewContact]) -> Person:
    """Make a contact, or give the one with this address; raises Problem `under_age` and makes none."""
    asked = call.body
    values = _given(asked)
    target = await aim.find(call.gateway, asked.address, asked.channel)
    if target.conversation or target.contact:
        raise Problem("invalid_address", "an address is expected: scheme:path", field="address")
    channel = target.live.channel
    told = Known(values.get("born", ""), values.get("country", ""))
    try:
        person = told.over(await known(call.gateway, channel.team, target.urns[0]))
        admission.check(person, call.gateway.teams.facts(channel.team), target.live.terms.minimum_age)
    except UnderAge as error:
        raise Problem("under_age", str(error), field="born") from error
    return await operations.add(call.store, call.actor, channel.team, channel.id, target.urns, values)


async def known(gateway: Gateway, team: str, urn: str) -> Known:
    """What is known of whoever has an address."""
    rows = await gateway.store.read(people.OF_ADDRESS, urn, team, lane_of(urn))
    person = Person(*rows[0]) if rows else None
    return Known(person.born, person.country) if person else Known()


def _given(asked: ChangeContact | NewContact) -> dict[str, str]:
    """The fields that were given; raises Problem where one has a form and is nothing that there is."""
    values = {name: value for name in FIELDS if (value := getattr(asked, name)) is not None}
    for name, is_one, what in _CHECKS:
        if values.get(name) and not is_one(values[name]):
            raise Problem("invalid_field", f"{values[name]!r} is no {what}", field=name)
    return values


def _date(born: str) -> bool:
    try:
        ages.check(born, now_ms())
    except BadDate:
        return False
    return True


_CHECKS: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("country", lambda code: code in countries(), "country of ISO 3166"),
    ("zone", lambda name: name in zones(), "time zone of IANA"),
    ("born", _date, "day somebody alive was born on"),
)
