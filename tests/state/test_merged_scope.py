"""A suspension of a contact is of the person: it follows a merge, and falls back when the merge is undone."""

from state import contacts, fences, held, merges, outbox, suspensions
from state.model.ids import now_ms
from state.model.suspension import Order, Scope, Suspension
from state.outbox import Settled
from state.store import Store
from tests.state.acts import BSUID, PHONE, converse, lease, rows

THIRD = "whatsapp:15557776666"


async def contact(store: Store, *urns: str) -> str:
    return str((await store.write(contacts.find, "default", "wa", urns)).contact)


async def suspend(store: Store, contact_id: str) -> Suspension:
    order = Order(scope=Scope(contact=contact_id), reason="a fraud")
    return await store.alone(suspensions.suspend, order, "ann")


async def stopped(store: Store) -> list[str]:
    """The contacts that a node stops sending to, once it has renewed its permit."""
    permit = await store.write(fences.look, "n1", 0)
    return [each.scope.contact for each in permit.suspensions]


async def undo(store: Store) -> None:
    ((merge_id, *_),) = await store.read(contacts.MERGES, 1)
    await store.write(contacts.unmerge, "default", merge_id)


async def test_a_suspension_from_before_a_merge_covers_who_the_contact_is_by_now(store: Store) -> None:
    winner, loser = await contact(store, BSUID), await contact(store, PHONE)
    made = await suspend(store, loser)
    assert await stopped(store) == [loser]
    assert await contact(store, BSUID, PHONE) == winner
    assert await store.read(fences.EPOCH) == [(made.epoch + 1,)]
    assert await stopped(store) == [loser, winner]
    await undo(store)
    assert await store.read(fences.EPOCH) == [(made.epoch + 2,)]
    assert await stopped(store) == [loser]


async def test_a_suspension_follows_one_merge_after_another(store: Store) -> None:
    winner, between, loser = [await contact(store, each) for each in (BSUID, PHONE, THIRD)]
    await suspend(store, loser)
    await contact(store, PHONE, THIRD)
    assert await stopped(store) == [loser, between]
    await contact(store, BSUID, PHONE)
    assert await stopped(store) == [loser, winner, between]
    assert await merges.scopes(store, Scope(contact=loser)) == tuple(
        Scope(contact=each) for each in (winner, between, loser)
    )


async def test_a_merge_of_contacts_changes_nothing_for_the_nodes_where_none_is_suspended(
    store: Store,
) -> None:
    await store.alone(suspensions.suspend, Order(scope=Scope(channel="wb"), reason="a test"), "ann")
    await contact(store, BSUID)
    await contact(store, PHONE)
    await contact(store, BSUID, PHONE)
    assert await store.read(fences.EPOCH) == [(1,)]


async def test_what_the_winner_was_held_for_is_decided_again_once_the_merge_is_undone(store: Store) -> None:
    await contact(store, BSUID)
    loser = await contact(store, PHONE)
    made = await suspend(store, loser)
    await contact(store, BSUID, PHONE)
    await converse(store, "k1", "one", urn=BSUID)
    (row,) = await lease(store)
    await store.write(outbox.settle, Settled(row, again_at=1, held=True, held_by=made.id))
    await store.write(held.requeue, await rows(store, "outbox.lane outbox.held_by"), now_ms())
    assert await rows(store, "outbox.state") == [("held",)]
    await undo(store)
    await store.write(held.requeue, await rows(store, "outbox.lane outbox.held_by"), now_ms())
    assert await rows(store, "outbox.state") == [("queued",)]


async def test_a_suspension_of_who_somebody_is_by_now_covers_who_they_were(store: Store) -> None:
    winner, loser = await contact(store, BSUID), await contact(store, PHONE)
    await contact(store, BSUID, PHONE)
    await suspend(store, winner)
    assert await stopped(store) == [winner, loser]


async def test_what_another_suspension_holds_too_stays_held_once_the_merge_is_undone(store: Store) -> None:
    winner, loser = await contact(store, BSUID), await contact(store, PHONE)
    await contact(store, BSUID, PHONE)
    await converse(store, "k1", "one", urn=BSUID)
    (row,) = await lease(store)
    made = [await suspend(store, each) for each in (winner, loser)]
    order = Order(scope=Scope(channel="wa", direction="business_initiated"), reason="a fraud")
    made.append(await store.alone(suspensions.suspend, order, "ann"))
    held_by = " ".join(each.id for each in made)
    await store.write(outbox.settle, Settled(row, again_at=1, held=True, held_by=held_by))
    await undo(store)
    assert await rows(store, "outbox.held_by") == [(f"{made[0].id} {made[2].id}",)]


async def test_what_the_loser_was_held_for_is_decided_again_once_the_merge_is_undone(store: Store) -> None:
    winner = await contact(store, BSUID)
    await converse(store, "k1", "one", urn=PHONE)
    (row,) = await lease(store)
    await contact(store, BSUID, PHONE)
    made = await suspend(store, winner)
    await store.write(outbox.settle, Settled(row, again_at=1, held=True, held_by=made.id))
    await undo(store)
    assert await rows(store, "outbox.held_by") == [("",)]


async def test_a_walk_along_merges_ends_with_the_person_and_knows_nobody_else(store: Store) -> None:
    winner = await contact(store, BSUID)
    loser = await contact(store, PHONE)
    await contact(store, BSUID, PHONE)
    for each in (winner, loser):
        person = await merges.found(store, each)
        assert person
        assert (person.contact, person.team) == (winner, "default")
    assert await merges.found(store, "0" * 32) is None
