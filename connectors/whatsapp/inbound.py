"""Reading WhatsApp Cloud webhooks: every entry, change, message and status; one bad item loses only itself."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from connectors.graph import reading
from connectors.graph.reading import NONE, OBJECT, UNREAD, Found, Shape
from connectors.values import Unfit, line
from connectors.whatsapp import messages, notices
from connectors.whatsapp.messages import Page
from connectors.whatsapp.shapes import (
    Change,
    Contact,
    Entry,
    Message,
    Metadata,
    Preference,
    Status,
    UserId,
    Value,
    Whole,
)
from state.model.event import Event
from state.model.wire import Received

_ENTRY, _CHANGE, _VALUE = Shape(Entry), Shape(Change), Shape(Value)
_METADATA, _CONTACT = Shape(Metadata), Shape(Contact)
_WHOLE = msgspec.json.Decoder(Whole)

_LISTS: dict[str, tuple[tuple[str, Shape[Any], Callable[[Any, Page], Event]], ...]] = {
    "messages": (
        ("messages", Shape(Message), messages.message),
        ("statuses", Shape(Status), messages.status),
        ("errors", OBJECT, notices.account_error),
    ),
    "smb_message_echoes": (("message_echoes", Shape(Message), messages.echo),),
    "user_preferences": (("user_preferences", Shape(Preference), notices.preference),),
    "user_id_update": (("user_id_update", Shape(UserId), messages.new_user_id),),
}
"""The fields whose value holds lists of items: where they stand, their shape, and the event one makes."""


def read(body: bytes) -> Received:
    """The events of a webhook's body; raises Malformed where it is no WhatsApp webhook at all."""
    try:
        return Received(_at_once(reading.whole(body, _WHOLE)))
    except (*UNREAD, UnicodeDecodeError, Unfit):
        return _item_by_item(body)


def _at_once(webhook: Whole) -> tuple[Event, ...]:
    """Most webhooks hold messages in which all is well: in one go, at two thirds of the cost; raises Unfit."""
    found: list[Event] = []
    for entry in webhook.entry:
        for change in entry.changes:
            value = change.value
            page = Page(entry, line(value.metadata.phone_number_id[:64]), _people(value.contacts))
            for message in value.messages:
                found.append(messages.message(message, page))
            for status in value.statuses:
                found.append(messages.status(status, page))
            for error in value.errors:
                found.append(notices.account_error(error, page))
    return tuple(found)


def _item_by_item(body: bytes) -> Received:
    found = Found([], [])
    for n, entry in found.items(reading.entries(body, "whatsapp_business_account"), _ENTRY, "$.entry"):
        path = f"$.entry[{n}].changes"
        for m, change in found.items(entry.changes, _CHANGE, path):
            _change(change, entry, f"{path}[{m}].value", found)
    return found.received()


def _change(change: Change, entry: Entry, path: str, found: Found) -> None:
    lists = _LISTS.get(change.field)
    if lists is None:
        return _notice(change, entry, path, found)
    value = found.item(change.value, _VALUE, path)
    if value is None:
        return None
    page = _page(value, entry, path, found)
    for name, shape, read_one in lists:
        raw = getattr(value, name)
        if raw is NONE:
            continue
        for n, item in found.items(raw, shape, f"{path}.{name}"):
            try:
                found.events.append(read_one(item, page))
            except Unfit as error:
                found.unfit(f"{path}.{name}[{n}]", error)
    return None


def _notice(change: Change, entry: Entry, path: str, found: Found) -> None:
    value = found.item(change.value, OBJECT, path)
    if value is not None:
        found.events.append(notices.notice(change.field, value, entry))


def _page(value: Value, entry: Entry, path: str, found: Found) -> Page:
    """Which number of ours it is about, and the customers it names."""
    metadata = None
    if value.metadata is not NONE:
        metadata = found.item(value.metadata, _METADATA, f"{path}.metadata")
    named: Iterable[Contact] = ()
    if value.contacts is not NONE:
        named = (each for _, each in found.items(value.contacts, _CONTACT, f"{path}.contacts"))
    return Page(entry, line(metadata.phone_number_id[:64]) if metadata else "", _people(named))


def _people(contacts: Iterable[Contact]) -> dict[str, Contact]:
    """Customers by phone number and by user id."""
    people = {}
    for each in contacts:
        if each.wa_id:
            people[each.wa_id] = each
        if each.user_id:
            people[each.user_id] = each
    return people
