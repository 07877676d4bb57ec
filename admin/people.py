"""Correcting what is known of a contact, or making one before it has written."""

from collections.abc import Mapping, Sequence

from admin.operations import Actor, Writes
from state import audit, contacts, people
from state.people import Person
from state.writer import Op


async def change(
    store: Writes, actor: Actor, contact_id: str, values: Mapping[str, str], reason: str = ""
) -> Person:
    """Set what is known of a contact. The audit says which fields, never what is in them. Raises people.Unknown."""
    actor.needs("consent:write")

    def op() -> Op[Person]:
        person = yield from people.change(contact_id, values)
        yield from audit.note(actor.name, "change_contact", contact_id, reason, fields=sorted(values))
        return person

    return await store.alone(op)


async def add(
    store: Writes, actor: Actor, team: str, channel: str, urns: Sequence[str], values: Mapping[str, str]
) -> Person:
    """The contact with these addresses, made where there is none, with what is known of it."""
    actor.needs("consent:write")

    def op() -> Op[Person]:
        who = yield from contacts.find(team, channel, urns)
        person = yield from people.change(who.contact, values)
        yield from audit.note(actor.name, "add_contact", who.contact, fields=sorted(values))
        return person

    return await store.alone(op)
