"""One person is one contact in one lane, whatever addresses come to light in whatever order."""

import asyncio
from itertools import permutations

import msgspec
import pytest
from msgspec.structs import replace

from state import contacts, inbox
from state.contacts import NoMerge, Who
from state.model.address import lane_of
from state.model.event import AddressChanged
from state.store import Store
from state.turned import commit
from tests.state.acts import BSUID, PHONE, accept, converse, count, message, rows, take, turned

NEW_PHONE = "whatsapp:15559998888"
BOTH = (BSUID, PHONE)


async def who_is(store: Store, *urns: str) -> Who:
    return await store.write(contacts.find, "default", "wa", urns)


async def owners(store: Store) -> set[str]:
    return {row[0] for row in await rows(store, "address.contact")}


async def test_a_phone_and_a_user_id_are_one_contact_in_one_lane_in_any_order(store: Store) -> None:
    for case, order in enumerate(
        permutations([("whatsapp-bsuid:US.",), ("whatsapp-bsuid:US.", "tel:"), ("tel:",)])
    ):
        told = [tuple(f"{urn}{case}" for urn in urns) for urns in order]
        for n, urns in enumerate(told):
            await accept(store, message(f"{case}.{n}", *urns))
        found = [await who_is(store, *urns) for urns in told]
        assert len({(who.contact, who.lane, who.conversation) for who in found}) == 1, order
    assert len(await owners(store)) == 6


async def test_a_contact_keeps_the_lane_of_its_first_address(store: Store) -> None:
    assert lane_of(BSUID) != lane_of(PHONE)
    first = await who_is(store, BSUID)
    both = await who_is(store, PHONE, BSUID)
    assert (both.contact, both.lane, both.past) == (first.contact, lane_of(BSUID), ())
    assert await rows(store, "contact.id contact.lane") == [(first.contact, lane_of(BSUID))]


async def test_addresses_of_another_team_are_other_people(store: Store) -> None:
    ours = await store.write(contacts.find, "ours", "wa", [PHONE])
    theirs = await store.write(contacts.find, "theirs", "wb", [PHONE])
    assert ours.contact != theirs.contact


async def test_a_contact_has_a_conversation_on_each_channel(store: Store) -> None:
    one = await store.write(contacts.find, "default", "wa", [PHONE])
    two = await store.write(contacts.find, "default", "inapp", [PHONE])
    assert one.contact == two.contact
    assert one.conversation != two.conversation


async def test_two_nodes_that_meet_a_customer_at_once_make_one_contact(stores: tuple[Store, Store]) -> None:
    for n in range(10):
        urns = [f"whatsapp:{n}", f"whatsapp-bsuid:{n}"]
        one, two = await asyncio.gather(who_is(stores[0], *urns), who_is(stores[1], *reversed(urns)))
        assert one == two
    assert (await count(stores[0], "contact"), await count(stores[0], "conversation")) == (10, 10)


async def test_two_contacts_that_prove_to_be_one_are_merged_into_the_older(store: Store) -> None:
    older, newer = await who_is(store, PHONE), await who_is(store, BSUID)
    assert older.contact != newer.contact
    both = await who_is(store, *BOTH)
    assert (both.contact, both.conversation) == (older.contact, older.conversation)
    assert await owners(store) == {older.contact}
    (row,) = await store.read(contacts.BY_ID, newer.contact, newer.lane)
    assert row[2] == older.contact


async def test_a_merge_can_be_taken_back_once(store: Store) -> None:
    older, newer = await who_is(store, PHONE), await who_is(store, BSUID)
    await who_is(store, *BOTH)
    ((merge_id, *who, urns, _),) = await store.read(contacts.MERGES, 10)
    assert (who, msgspec.json.decode(urns)) == ([older.contact, newer.contact], [BSUID])
    await store.write(contacts.unmerge, "default", merge_id)
    apart = await who_is(store, PHONE), await who_is(store, BSUID)
    assert [replace(each, past=()) for each in apart] == [replace(each, past=()) for each in (older, newer)]
    (row,) = await store.read(contacts.BY_ID, newer.contact, newer.lane)
    assert row[2] is None
    with pytest.raises(NoMerge):
        await store.write(contacts.unmerge, "default", merge_id)


async def test_three_addresses_of_two_contacts_are_merged_once(store: Store) -> None:
    older = await who_is(store, PHONE)
    await who_is(store, BSUID, NEW_PHONE)
    all_three = await who_is(store, BSUID, PHONE, NEW_PHONE)
    assert all_three.contact == older.contact
    assert await count(store, "merge") == 1


async def test_an_event_from_before_a_merge_is_known_after_it(store: Store) -> None:
    await accept(store, message("m1", PHONE))
    await accept(store, message("m2", BSUID))
    await accept(store, message("m3", *BOTH))
    assert await count(store, "inbox") == 3
    for n, urns in enumerate([(PHONE,), (BSUID,), BOTH], start=1):
        await accept(store, message(f"m{n}", *urns))
    assert await count(store, "inbox") == 3
    arrived = [
        inbox.Arrived(message("m2", BSUID), "wa", "default"),
        inbox.Arrived(message("m4", BSUID), "wa", "default"),
    ]
    await store.write(inbox.accept_again, "0" * 32, arrived)
    assert {row[0] for row in await rows(store, "event.key")} == {"m1", "m2", "m3", "m4"}


async def test_who_changes_the_number_stays_the_same_contact(store: Store) -> None:
    before = await converse(store, "m1")
    await accept(store, AddressChanged(key="c1", at=2, addresses=(PHONE,), new=(NEW_PHONE,)))
    (taken,) = await take(store)
    await store.write(commit, turned(taken))
    assert taken.id == before.taken.id
    await accept(store, message("m2", NEW_PHONE))
    (taken,) = await take(store)
    assert (taken.id, taken.urns) == (before.taken.id, (NEW_PHONE,))
