"""A conversation to give away: the same with invented people and ids, so that it plays elsewhere as it did."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import msgspec

from gateway.replaying import Recorded
from state.model.content import Content, Media, plain
from state.model.event import AddressChanged, Event, Happened, MessageReceived, Referral
from state.model.turn import Customer, Step

_TAGS = {str(each.__struct_config__.tag) for each in (*get_args(Event), *get_args(Content))}
"""What contents and events are, in plain data."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"\+?\d[\d ()/-]{6,}\d")


_IDS: dict[type, tuple[str, ...]] = {
    Happened: ("key", "provider_id", "reply_to", "target", "message_id", "effect_id", "client_ref", "group"),
    Referral: ("click_id",),
    Media: ("ref",),
    Step: ("event",),
    Customer: ("contact",),
}
"""Where ids stand: a provider's may be made of the customer's number."""
_LONG = 12
"""How long an id is that is looked for in other places too; a short one may be a word or an answer there."""


def redacted(record: Recorded) -> Recorded:
    """The same with invented people and ids: each name, address, number, mail address and id by the same other.

    Long numbers keep their shape; times, words and choices stay, or nothing could be played again.
    """
    ids = _new_ids(record)
    known = {old: new for old, new in ids.items() if len(old) >= _LONG}
    known |= _people(record)
    renamed = _renamed(record, ids)
    return msgspec.convert(_swapped(msgspec.to_builtins(renamed), known), type=Recorded)


def _people(record: Recorded) -> dict[str, str]:
    """Names, addresses, mail addresses and numbers, each with what stands for it."""
    text = msgspec.json.encode(record).decode()
    events = [event for turn in record.turns for event in turn.events]
    names = {turn.name for turn in record.turns} | {event.name for event in events}
    known: dict[str, str] = {}
    for number, name in enumerate(sorted(filter(None, names), key=len, reverse=True)):
        known[name] = f"Customer {number + 1}"
    for urn in dict.fromkeys((*record.customer.addresses, *_addresses(events))):
        path = urn.partition(":")[2]
        known.setdefault(path, _address(path, len(known)))
    for number, mail in enumerate(sorted(set(_MAIL.findall(text)))):
        known.setdefault(mail, f"customer{number + 1}@example.org")
    said = [plain(each.content) for each in events if isinstance(each, MessageReceived)]
    numbers = {each for words in said for each in _NUMBER.findall(words)}
    for found in sorted(numbers, key=len, reverse=True):
        known.setdefault(found, _shape(found, len(known)))
    return known


def _addresses(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        yield from event.addresses
        if isinstance(event, AddressChanged):
            yield from event.new


def _address(path: str, number: int) -> str:
    """Another address: a number keeps its shape."""
    return f"customer{number + 1}" if any(map(str.isalpha, path)) else _shape(path, number)


def _new_ids(record: Recorded) -> dict[str, str]:
    """Every id of the conversation, of its customer, and of its events, with another."""
    seeds = (turn.seed.rpartition(":")[0] for turn in record.turns)
    found = dict.fromkeys(filter(None, (*seeds, *_ids(record))))
    return {old: f"id{number}" for number, old in enumerate(found, 1)}


def _places(value: msgspec.Struct) -> tuple[str, ...]:
    """The fields of a value that hold ids."""
    named = next((names for kind, names in _IDS.items() if isinstance(value, kind)), ())
    return tuple(each for each in named if each in value.__struct_fields__)


def _ids(value: Any) -> Iterator[str]:
    """The ids in a value and in all that it is made of."""
    if isinstance(value, msgspec.Struct):
        yield from (getattr(value, name) for name in _places(value))
        value = [getattr(value, name) for name in value.__struct_fields__]
    if isinstance(value, tuple | list):
        for each in value:
            yield from _ids(each)


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """A value, and all that it is made of, with the new ids where ids stand."""
    if isinstance(value, tuple):
        return tuple(_renamed(each, ids) for each in value)
    if not isinstance(value, msgspec.Struct):
        return value
    held = {name: getattr(value, name) for name in value.__struct_fields__}
    places = _places(value)
    return msgspec.structs.replace(
        value,
        **{
            name: ids.get(each, each) if name in places else _renamed(each, ids)
            for name, each in held.items()
        },
    )


def _shape(text: str, number: int) -> str:
    """The same letters and signs around other digits, of a range that belongs to nobody."""
    digits = f"1555010{number:02d}" + "0" * 30
    places = iter(digits)
    return "".join(next(places) if each.isdigit() else each for each in text)


def _swapped(value: Any, known: Mapping[str, str]) -> Any:
    """Plain data with each of these in place of the other, as whole words; what a thing is, stays."""
    if not known:
        return value
    words = sorted(known, key=len, reverse=True)
    wanted = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")

    def swap(part: Any, name: str = "") -> Any:
        match part:
            case str() if part in _TAGS and name in ("type", "event"):
                return part
            case str() if part in known:
                return known[part]
            case str():
                return wanted.sub(lambda found: known[found[0]] if _is_word(found[0]) else found[0], part)
            case list() | tuple():
                return [swap(each) for each in part]
            case dict():
                return {key: swap(each, key) for key, each in part.items()}
        return part

    return swap(value)


def _is_word(name: str) -> bool:
    """Whether a name is looked for inside of texts; one sign may be anything."""
    return sum(map(str.isalnum, name)) > 1
