"""A contact's revision rises with every change of what stands of it, so one look at the contact tells of all."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from msgspec.structs import replace

from state import consent, contacts, conversations, known, lapses, outbox
from state.lapses import Ending
from state.lease import LeaseLost
from state.model.consent import Change, Consent
from state.model.ids import lane_of_id, new_id, now_ms
from state.model.receipts import Facts
from state.outbox import Settled
from state.statements import Row
from state.store import Store
from state.turned import commit
from tests.state.acts import BSUID, PHONE, accept, converse, count, lease, message, rows, take, turned

STOOD = "standing.contact standing.purpose standing.change standing.fact"


def fact(contact: str, change: Change = "given", until: int = 0) -> Consent:
    return Consent(
        id=new_id(0), team="default", contact=contact, change=change, purpose="marketing", source="api", at=now_ms(),
        actor="a test", until=until,
    )  # fmt: skip


async def stood(store: Store) -> dict[str, tuple[int, list[Row]]]:
    """Of each contact its revision, and what stands of it."""
    standing = await rows(store, STOOD)
    revisions = await rows(store, "contact.id contact.revision")
    return {one: (revision, [row for row in standing if row[0] == one]) for one, revision in revisions}


def unlike(
    before: dict[str, tuple[int, list[Row]]], after: dict[str, tuple[int, list[Row]]]
) -> Iterable[str]:
    """The contacts of which something else stands by now; each must have another revision."""
    for one, (revision, standing) in after.items():
        old_revision, old_standing = before.get(one, (-1, []))
        if standing != old_standing:
            assert revision != old_revision, f"{one} stands otherwise at the same revision"
            yield one


async def test_what_is_recorded_and_what_expires_raises_it(store: Store) -> None:
    contact = (await converse(store, "m1")).taken.contact
    known_at = [await stood(store)]
    made = fact(contact, until=now_ms() - 1)
    await store.write(consent.record, [made])
    known_at.append(await stood(store))
    ending = Ending(contact, "marketing", "", "", lane_of_id(contact), made.at, made.until, made.id)
    assert await store.write(lapses.expire, ending)
    known_at.append(await stood(store))
    await store.write(consent.record, [fact(contact, "withdrawn")])
    known_at.append(await stood(store))
    for before, after in pairwise(known_at):
        assert list(unlike(before, after)) == [contact]


async def test_a_merge_and_its_undoing_raise_it(store: Store) -> None:
    one, two = (
        (await converse(store, "m1")).taken.contact,
        (await converse(store, "m2", urn=BSUID)).taken.contact,
    )
    await store.write(consent.record, [fact(one)])
    await store.write(consent.record, [fact(two, "withdrawn")])
    apart = await stood(store)
    await store.write(contacts.find, "default", "wa", [BSUID, PHONE])
    merged = await stood(store)
    assert set(unlike(apart, merged)) == {one, two}
    ((merge_id,),) = await rows(store, "merge.id")
    await store.write(contacts.unmerge, "default", merge_id)
    assert set(unlike(merged, await stood(store))) == {one, two}


async def test_what_a_customer_was_told_raises_nothing(store: Store) -> None:
    contact = (await converse(store, "m1")).taken.contact
    await store.write(consent.record, [fact(contact, "told")])
    assert (await stood(store))[contact] == (0, [])


async def test_of_a_contact_whose_revision_was_raised_it_is_read_what_stands(store: Store) -> None:
    contact = (await converse(store, "m1")).taken.contact
    await store.write(consent.record, [fact(contact)])
    await accept(store, message("m2"))
    (taken,) = await take(store)
    (person,) = (await store.write(known.of, [(contact, lane_of_id(contact))])).values()
    assert taken.known.revision == person.revision == 1
    assert [[each.change for each in one.standings] for one in (taken.known, person)] == [
        ["given"],
        ["given"],
    ]


async def test_one_that_has_lost_its_lease_writes_nothing_and_the_rest_of_its_commit_all(
    store: Store,
) -> None:
    for name in ("m1", "m2"):
        await converse(store, name, "hello", urn=f"whatsapp:1555000000{name[1]}")
    ours, lost = await lease(store)
    ends = [Settled(each, Facts(accepted=1), each.id, trace="[]") for each in (ours, replace(lost, epoch=9))]
    both = [store.write(outbox.settle, each) for each in ends]
    await both[0]
    with pytest.raises(LeaseLost):
        await both[1]
    assert await rows(store, "outbox.id") == [(lost.id,)]
    assert await rows(store, "exchange.message") == [(ours.id,)]
    taken = await rows(store, "message.id message.provider_id message.direction")
    assert {row[0]: row[1] for row in taken if row[2] == "out"} == {ours.id: ours.id, lost.id: ""}


async def test_a_turn_s_commit_is_refused_whole_where_its_conversation_was_saved_meanwhile(
    store: Store,
) -> None:
    await accept(store, message("m1"))
    (taken,) = await take(store)
    await store.write(commit, turned(taken, "first"))
    with pytest.raises(LeaseLost):
        await store.write(commit, turned(taken, "second"))
    assert await count(store, "outbox") == 1


async def test_who_has_lost_a_conversation_does_not_free_it(stores: tuple[Store, Store]) -> None:
    await accept(stores[0], message("m1"))
    (first,) = await take(stores[0], "n1", lease=0)
    (second,) = await take(stores[1], "n2")
    await stores[0].write(conversations.release, [first])
    assert await take(stores[0], "n1") == []
    await stores[1].write(conversations.release, [second])
    assert [each.id for each in await take(stores[0], "n1")] == [second.id]
