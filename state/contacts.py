"""Contacts and their addresses: who somebody is, however many addresses they have.

A contact gets its lane at birth from the hash of its first address and keeps it. `find` is part of an operation (use it
with `yield from`); it makes what is not there, and merges contacts that prove to be one person.
"""

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from state.model.address import lane_of
from state.model.ids import new_id, now_ms
from state.statements import Fetch, Query, Statement, insert, update
from state.tables import address, contact, conversation, merge
from state.writer import Ask, Op

_ADDRESSES = Fetch(address, "contact lane", "urn team shard")
_NEW_ADDRESS = insert(address, "urn team shard contact lane created_at", ignore=True)
_NEW_CONTACT = insert(contact, "id lane team name locale created_at")
_NEW_CONVERSATION = insert(conversation, "id lane contact channel urns updated_at", ignore=True)
_CONVERSATION = Fetch(conversation, "id", "contact channel lane")
_MOVE = update(address, "contact lane", "urn team shard")
_MERGED = update(contact, "merged_into", "id lane")
_NEW_MERGE = insert(merge, "id lane winner loser urns")
_UNDO_MERGE = update(merge, "undone_at", "id lane")
_MERGE = Fetch(merge, "winner loser urns", "id lane", lock="wait")
_URNS_OF = Query(
    sa.select(address.c.urn, address.c.shard).where(
        address.c.contact == sa.bindparam("contact", type_=address.c.contact.type)
    ),
    "contact",
)
BY_ID = Query(
    sa.select(contact.c.name, contact.c.locale, contact.c.merged_into, contact.c.created_at).where(
        contact.c.id == sa.bindparam("id", type_=contact.c.id.type),
        contact.c.lane == sa.bindparam("lane", type_=contact.c.lane.type),
    ),
    "id lane",
)
"""Name, locale, the contact it was merged into, and when it was made."""

ADDRESSES_OF = _URNS_OF
"""The URNs of a contact, with their shards."""


class Who(NamedTuple):
    """A contact on a channel: its id, its lane, and its conversation there."""

    contact: str
    lane: int
    conversation: str


def find(team: str, channel: str, urns: Sequence[str], name: str = "") -> Op[Who]:
    """The contact with these addresses and its conversation on the channel, made where there is none."""
    shards = [lane_of(urn) for urn in urns]
    known = yield from _owners(team, urns, shards)
    owners = [each for each in known if each]
    if len(owners) < len(urns):
        owners = yield from _claim(team, urns, shards, known, name)
    owner = owners[0]
    for other in owners[1:]:
        if other[0] != owner[0]:
            owner = yield from _join(team, owner, other)
    conversation_id = yield from open_conversation(owner[0], owner[1], channel, urns)
    return Who(owner[0], owner[1], conversation_id)


def _owners(
    team: str, urns: Sequence[str], shards: Sequence[int]
) -> Generator[Ask, list[Any], list[tuple[str, int] | None]]:
    rows = yield [(_ADDRESSES, (urn, team, shard)) for urn, shard in zip(urns, shards, strict=True)]
    return [(found[0][0], found[0][1]) if found else None for found in rows]


def _claim(
    team: str, urns: Sequence[str], shards: Sequence[int], known: Sequence[tuple[str, int] | None], name: str
) -> Op[list[tuple[str, int]]]:
    """Give the unknown addresses to the known contact, or to a new one; another writer may win the race for it."""
    owner = next((each for each in known if each), None)
    lane = owner[1] if owner else shards[0]
    mine = owner[0] if owner else new_id(lane)
    at = now_ms()
    yield [
        (_NEW_ADDRESS, (urn, team, shard, mine, lane, at))
        for urn, shard, each in zip(urns, shards, known, strict=True)
        if not each
    ]
    settled = yield from _owners(team, urns, shards)
    if not owner and any(each and each[0] == mine for each in settled):
        yield [(_NEW_CONTACT, (mine, lane, team, name, "", at))]
    return [each for each in settled if each]


def open_conversation(contact_id: str, lane: int, channel: str, urns: Sequence[str]) -> Op[str]:
    """The conversation of a contact on a channel, made where there is none."""
    key = (contact_id, channel, lane)
    rows = yield [(_CONVERSATION, key)]
    if not rows[0]:
        addresses = msgspec.json.encode(urns).decode()
        yield [(_NEW_CONVERSATION, (new_id(lane), lane, contact_id, channel, addresses, now_ms()))]
        rows = yield [(_CONVERSATION, key)]
    return str(rows[0][0][0])


def _join(team: str, one: tuple[str, int], two: tuple[str, int]) -> Op[tuple[str, int]]:
    """Merge two contacts that proved to be one person: the older keeps its id and gets all addresses."""
    winner, loser = sorted((one, two))
    rows = yield [(_URNS_OF, (loser[0],))]
    urns = [(str(urn), int(shard)) for urn, shard in rows[0]]
    asks: list[tuple[Statement, tuple[Any, ...]]] = [
        (_MOVE, (winner[0], winner[1], urn, team, shard)) for urn, shard in urns
    ]
    moved = msgspec.json.encode([urn for urn, _ in urns]).decode()
    asks.append((_MERGED, (winner[0], loser[0], loser[1])))
    asks.append((_NEW_MERGE, (new_id(winner[1]), winner[1], winner[0], loser[0], moved)))
    yield asks
    return winner


def unmerge(team: str, merge_id: str, lane: int, loser_lane: int) -> Op[None]:
    """Take a merge back: the addresses that moved then return to the contact that lost them."""
    rows = yield [(_MERGE, (merge_id, lane))]
    _, loser, urns = rows[0][0]
    asks: list[tuple[Statement, tuple[Any, ...]]] = [
        (_MOVE, (loser, loser_lane, urn, team, lane_of(urn))) for urn in msgspec.json.decode(urns)
    ]
    yield [*asks, (_MERGED, (None, loser, loser_lane)), (_UNDO_MERGE, (now_ms(), merge_id, lane))]
