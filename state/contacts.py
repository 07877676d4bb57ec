"""Contacts and their addresses: who somebody is, however many addresses they have.

A contact gets its lane at birth from the hash of its first address and keeps it. `find` is part of an operation (use it
with `yield from`); it makes what is not there, and merges contacts that prove to be one person.
"""

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from state import consent, fences, merges, parted
from state.consent import STANDINGS, TOUCHED, TOUCHES
from state.model.address import lane_of
from state.model.ids import lane_of_id, new_id, now_ms, time_of_id
from state.statements import Fetch, Query, Row, Statement, insert, update
from state.tables import address, contact, conversation, merge
from state.writer import Ask, Op

_ADDRESSES = Fetch(address, "contact lane lane_before", "urn team shard")
_NEW_ADDRESS = insert(address, "urn team shard contact lane lane_before created_at", ignore=True)
_NEW_CONTACT = insert(contact, "id lane team name locale created_at")
_NEW_CONVERSATION = insert(conversation, "id lane contact channel urns updated_at", ignore=True)
_CONVERSATION = Fetch(conversation, "id", "contact channel lane")
_MOVE = update(address, "contact lane lane_before", "urn team shard")
_MERGED = update(contact, "merged_into", "id lane")
_FENCED = update(contact, "fenced", "id lane")
_NEW_MERGE = insert(merge, "id lane winner loser urns")
_UNDO_MERGE = update(merge, "undone_at", "id lane")
_MERGE = Fetch(merge, "loser urns undone_at winner", "id lane", lock="wait")
_URNS_OF = Query(
    sa.select(address.c.urn, address.c.shard).where(
        address.c.contact == sa.bindparam("contact", type_=address.c.contact.type)
    ),
    "contact",
)
MERGES = Query(
    sa.select(merge.c.id, merge.c.winner, merge.c.loser, merge.c.urns, merge.c.undone_at)
    .order_by(merge.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "limit",
)
"""The latest merges, newest first: id, winner, loser, the URNs that moved (JSON), and when it was undone."""

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


class Who(msgspec.Struct, frozen=True):
    """A contact on a channel: its id, its lane, and its conversation there.

    `past` are other lanes that events of these addresses may lie in, from before a merge.
    """

    contact: str
    lane: int
    conversation: str
    past: tuple[int, ...] = ()


class _Owner(NamedTuple):
    """Whose an address is: the contact, its lane, and the lane of the contact that had it before."""

    contact: str
    lane: int
    lane_before: int


def find(team: str, channel: str, urns: Sequence[str], name: str = "", locale: str = "") -> Op[Who]:
    """The contact with these addresses (at least one) and its conversation on the channel, made where there is none."""
    shards = [lane_of(urn) for urn in urns]
    known = yield from _owners(team, urns, shards)
    owners = [each for each in known if each]
    if len(owners) < len(urns):
        owners = yield from _claim(team, urns, shards, known, (name, locale))
    lanes = {each.lane for each in owners} | {each.lane_before for each in owners}
    contact_id, lane = yield from _one_of(team, owners)
    conversation_id = yield from open_conversation(contact_id, lane, channel, urns)
    return Who(contact_id, lane, conversation_id, tuple(sorted(lanes - {lane})))


def person(team: str, urn: str) -> Op[tuple[str, int]]:
    """The contact with an address and its lane, made where there is none; without a conversation."""
    shards = [lane_of(urn)]
    known = yield from _owners(team, [urn], shards)
    owners = [each for each in known if each]
    if not owners:
        owners = yield from _claim(team, [urn], shards, known, ("", ""))
    return owners[0].contact, owners[0].lane


def _one_of(team: str, owners: Sequence[_Owner]) -> Op[tuple[str, int]]:
    """The one contact that all these are; several are merged."""
    first, *others = dict.fromkeys((each.contact, each.lane) for each in owners)
    for other in others:
        first = yield from _join(team, first, other)
    return first


def _owners(
    team: str, urns: Sequence[str], shards: Sequence[int]
) -> Generator[Ask, list[Any], list[_Owner | None]]:
    rows = yield [(_ADDRESSES, (urn, team, shard)) for urn, shard in zip(urns, shards, strict=True)]
    return [_Owner(*found[0][:3]) if found else None for found in rows]


def _claim(
    team: str,
    urns: Sequence[str],
    shards: Sequence[int],
    known: Sequence[_Owner | None],
    about: tuple[str, str],
) -> Op[list[_Owner]]:
    """Give the unknown addresses to the known contact, or to a new one; another writer may win the race for it.

    `about` are a new contact's name and locale.
    """
    owner = next((each for each in known if each), None)
    lane = owner.lane if owner else shards[0]
    mine = owner.contact if owner else new_id(lane)
    at = now_ms()
    yield [
        (_NEW_ADDRESS, (urn, team, shard, mine, lane, lane, at))
        for urn, shard, each in zip(urns, shards, known, strict=True)
        if not each
    ]
    settled = yield from _owners(team, urns, shards)
    if not owner and any(each and each.contact == mine for each in settled):
        name, locale = about
        yield [(_NEW_CONTACT, (mine, lane, team, name.replace("\0", ""), locale, at))]
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
    # Locked before the reading: what is recorded meanwhile would not be carried, and who merged them first has done it.
    now = yield from consent.homes((one[0], two[0]))
    winner, loser = sorted((now[one[0]], now[two[0]]))
    lane, loser_lane = lane_of_id(winner), lane_of_id(loser)
    if winner == loser:
        return winner, lane
    rows = yield [(_URNS_OF, (loser,)), (STANDINGS, (loser, loser_lane)), (TOUCHES, (loser, loser_lane))]
    asks: list[tuple[Statement, Row]] = [
        (_MOVE, (winner, lane, loser_lane, urn, team, shard)) for urn, shard in rows[0]
    ]
    moved = msgspec.json.encode([urn for urn, _ in rows[0]]).decode()
    asks.append((_MERGED, (winner, loser, loser_lane)))
    asks.append((_NEW_MERGE, (new_id(lane), lane, winner, loser, moved)))
    asks += [(TOUCHED, (row[3], lane, winner, *row[:3], row[4])) for row in rows[2]]
    asks += [*consent.carried_asks(rows[1], winner, lane), *consent.dropped_asks(loser, loser_lane)]
    if epoch := (
        yield from fences.people_changed()
    ):  # nothing leaves to the winner by what was seen before it
        asks += [fences.changed(epoch), (_FENCED, (epoch, winner, lane))]
    yield asks
    return winner, lane


class NoMerge(Exception):
    """There is no such merge, or it was undone already."""


def unmerge(team: str, merge_id: str) -> Op[None]:
    """Take a merge back: the addresses that moved then return to the contact that lost them. Raises NoMerge.

    What stands of the consent of both is derived from the ledger again.
    """
    key = (merge_id, lane_of_id(merge_id))
    (found,) = yield [(_MERGE, key)]
    if not found or found[0][2] is not None:
        raise NoMerge(merge_id)
    loser, urns, _, winner = found[0][:4]
    lane = lane_of_id(loser)
    yield consent.lock_asks(winner, loser)
    asks: list[tuple[Statement, Row]] = [
        (_MOVE, (loser, lane, key[1], urn, team, lane_of(urn))) for urn in msgspec.json.decode(urns)
    ]
    if epoch := (yield from fences.people_changed()):
        asks += [fences.changed(epoch), *(yield from parted.asks(winner, loser))]
    yield [*asks, (_MERGED, (None, loser, lane)), (_UNDO_MERGE, (now_ms(), *key))]
    for one, other in ((winner, loser), (loser, winner)):
        own, others = (yield from merges.members(one)), (yield from merges.members(other))
        (rows,) = yield [(_URNS_OF, (one,))]
        reached = [row[0] for row in rows]
        yield from consent.restore(one, lane_of_id(one), own, reached, others, time_of_id(merge_id))
