"""Reading WhatsApp Cloud webhooks: every entry, change, message and status; one bad item loses only itself.

A list is decoded at once, typed; where that fails it is decoded item by item, and each that does not fit becomes a
Problem with its JSON path. A body with broken text (half a surrogate pair, no UTF-8) is mended, not lost.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import msgspec

from connectors.whatsapp import messages, notices
from connectors.whatsapp.fields import Unfit, line
from connectors.whatsapp.messages import Page
from connectors.whatsapp.shapes import (
    NONE,
    Change,
    Contact,
    Entry,
    Envelope,
    Message,
    Metadata,
    Preference,
    Shape,
    Status,
    UserId,
    Value,
)
from state.model.event import Event
from state.model.wire import Malformed, Problem, Received

T = TypeVar("T")
_UNREAD = (msgspec.DecodeError, RecursionError)
_ENTRY, _CHANGE, _VALUE = Shape(Entry), Shape(Change), Shape(Value)
_METADATA, _CONTACT = Shape(Metadata), Shape(Contact)
_OBJECT: Shape[dict[str, Any]] = Shape(dict[str, Any])
_envelope = msgspec.json.Decoder(Envelope).decode
_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode

_LISTS: dict[str, tuple[tuple[str, Shape[Any], Callable[[Any, Page], Event]], ...]] = {
    "messages": (
        ("messages", Shape(Message), messages.message),
        ("statuses", Shape(Status), messages.status),
        ("errors", _OBJECT, notices.account_error),
    ),
    "smb_message_echoes": (("message_echoes", Shape(Message), messages.echo),),
    "user_preferences": (("user_preferences", Shape(Preference), notices.preference),),
    "user_id_update": (("user_id_update", Shape(UserId), messages.new_user_id),),
}
"""The fields whose value holds lists of items: where they stand, their shape, and the event one makes."""


class Found(NamedTuple):
    """What has been read so far."""

    events: list[Event]
    problems: list[Problem]

    def unfit(self, path: str, error: Exception) -> None:
        """Note what could not be read; msgspec tells the path within an item behind its words."""
        why, _, inner = str(error).partition(" - at `$")
        where = error.where if isinstance(error, Unfit) else inner.rstrip("`")
        self.problems.append(Problem(path + where, why or type(error).__name__))


def read(body: bytes) -> Received:
    """The events of a webhook's body; raises Malformed where it is no WhatsApp webhook at all."""
    envelope = _open(body)
    if envelope.object != "whatsapp_business_account":
        raise Malformed(f"object is {envelope.object[:60]!r}, not 'whatsapp_business_account'")
    found = Found([], [])
    for n, entry in _items(envelope.entry, _ENTRY, "$.entry", found):
        path = f"$.entry[{n}].changes"
        for m, change in _items(entry.changes, _CHANGE, path, found):
            _change(change, entry, f"{path}[{m}].value", found)
    return Received(tuple(found.events), problems=tuple(found.problems))


def _open(body: bytes) -> Envelope:
    try:
        if not body.isascii():
            body.decode()
        return _envelope(body)
    except msgspec.ValidationError as error:
        raise Malformed(f"no WhatsApp webhook: {error}") from error
    except (*_UNREAD, UnicodeDecodeError):
        return _open_mended(body)


def _open_mended(body: bytes) -> Envelope:
    """With a question mark for every half of a surrogate pair, and U+FFFD for what is no UTF-8."""
    try:
        text = json.dumps(json.loads(body.decode("utf-8", "replace"), strict=False), ensure_ascii=False)
        return _envelope(text.encode("utf-8", "replace"))
    except (*_UNREAD, ValueError) as error:
        raise Malformed(f"no JSON: {error}") from error


def _change(change: Change, entry: Entry, path: str, found: Found) -> None:
    lists = _LISTS.get(change.field)
    if lists is None:
        return _notice(change, entry, path, found)
    value = _item(change.value, _VALUE, path, found)
    if value is None:
        return None
    page = _page(value, entry, path, found)
    for name, shape, read_one in lists:
        raw = getattr(value, name)
        if raw is NONE:
            continue
        for n, item in _items(raw, shape, f"{path}.{name}", found):
            try:
                found.events.append(read_one(item, page))
            except Unfit as error:
                found.unfit(f"{path}.{name}[{n}]", error)
    return None


def _notice(change: Change, entry: Entry, path: str, found: Found) -> None:
    value = _item(change.value, _OBJECT, path, found)
    if value is not None:
        found.events.append(notices.notice(change.field, value, entry))


def _page(value: Value, entry: Entry, path: str, found: Found) -> Page:
    """Which number of ours it is about, and the customers it names."""
    metadata = None
    if value.metadata is not NONE:
        metadata = _item(value.metadata, _METADATA, f"{path}.metadata", found)
    people: dict[str, Contact] = {}
    if value.contacts is not NONE:
        for _, contact in _items(value.contacts, _CONTACT, f"{path}.contacts", found):
            people |= {key: contact for key in (contact.wa_id, contact.user_id) if key}
    return Page(entry, line(metadata.phone_number_id[:64]) if metadata else "", people)


def _items(raw: msgspec.Raw, shape: Shape[T], path: str, found: Found) -> Iterable[tuple[int, T]]:
    """The items of a list that can be read, with their places."""
    try:
        return enumerate(shape.many(raw))
    except _UNREAD:
        pass
    try:
        each = _raws(raw)
    except _UNREAD as error:
        found.unfit(path, error)
        return ()
    items = ((n, _item(one, shape, f"{path}[{n}]", found)) for n, one in enumerate(each))
    return [(n, item) for n, item in items if item is not None]


def _item(raw: msgspec.Raw, shape: Shape[T], path: str, found: Found) -> T | None:
    """One item; None where it does not fit."""
    try:
        return shape.one(raw)
    except _UNREAD as error:
        found.unfit(path, error)
        return None
