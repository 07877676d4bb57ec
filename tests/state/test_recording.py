"""What is recorded outside a turn: for whom, when, and once."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state import consent, contacts, dossiers, recording
from state.model.address import lane_of
from state.model.consent import PURPOSES, Consent, Standing, stands
from state.model.ids import lane_of_id, new_id, now_ms
from state.recording import Entry, NoContact
from state.store import Store
from state.writer import Duplicate, Op
from tests.state.acts import count
from tests.state.chains import fact

PHONE, OTHER = "tel:+15550100", "tel:+15550199"
ANY = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
FACTS = st.lists(
    st.fixed_dictionaries(
        {
            "change": st.sampled_from(["given", "withdrawn", "expired", "told"]),
            "purpose": st.sampled_from(PURPOSES[:2]),
            "address": st.sampled_from(["", PHONE]),
            "channel": st.sampled_from(["", "sms"]),
            "at": st.integers(1, 4),
            "until": st.sampled_from([0, 9]),
        }
    ),
    max_size=12,
)


def entry(to: str = PHONE, **more: Any) -> Entry:
    usual: dict[str, Any] = {"team": "default", "change": "given", "purpose": "marketing", "source": "import"}
    return Entry(**(usual | {"to": to, "actor": "a test", "at": 1_000_000} | more))


async def standings(store: Store, contact: str) -> set[Standing]:
    return set(await dossiers.standings(store, contact))


def folded(facts: list[Consent]) -> set[Standing]:
    """What stands, said as plainly as can be: the last of all facts in the order of what counts."""
    found: dict[tuple[str, str, str], Standing] = {}
    for each in sorted(facts, key=lambda each: (each.at, each.change != "given", each.id)):
        if each.change != "told":
            made = Standing(
                each.purpose, each.address, each.channel, each.change, each.at, each.until, each.id
            )
            found[made[:3]] = made
    return set(found.values())


@ANY
@given(said=FACTS, data=st.data())
async def test_what_stands_is_the_fold_of_the_ledger_in_whatever_order_it_was_written(
    store: Store, said: list[dict[str, Any]], data: st.DataObject
) -> None:
    contact = new_id(7)
    made = [fact("default", contact, **each) for each in said]
    order = data.draw(st.permutations(made))
    at_once = data.draw(st.integers(1, 5))

    def record(some: list[Consent]) -> Op[None]:
        yield consent.asks(some, 7)

    for n in range(0, len(order), at_once):
        await store.write(record, order[n : n + at_once])
    assert await standings(store, contact) == folded(made) == set(stands(made))
    await store.write(consent.restore, contact, 7, [contact], [])
    assert await standings(store, contact) == folded(made)


async def test_a_fact_about_an_unknown_address_makes_a_contact_without_a_conversation(store: Store) -> None:
    made = await store.write(recording.record, entry())
    again = await store.write(recording.record, entry(purpose="service"))
    assert (made.contact, made.address) == (again.contact, PHONE)
    assert lane_of_id(made.contact) == lane_of(PHONE)
    assert (await count(store, "contact"), await count(store, "conversation")) == (1, 0)
    who = await store.write(contacts.find, "default", "wa", [PHONE])
    assert who.contact == made.contact


async def test_a_fact_about_a_contact_is_about_all_of_their_addresses(store: Store) -> None:
    who = await store.write(contacts.find, "default", "wa", [PHONE, OTHER])
    made = await store.write(recording.record, entry(who.contact, change="withdrawn"))
    assert (made.contact, made.address) == (who.contact, "")


@pytest.mark.parametrize("team", ["default", "another"])
async def test_a_contact_that_is_not_the_team_s_is_refused(store: Store, team: str) -> None:
    who = await store.write(contacts.find, "ours", "wa", [PHONE])
    for to in (who.contact, new_id(3)):
        with pytest.raises(NoContact):
            await store.write(recording.record, entry(to, team=team))
    assert await count(store, "consent") == 0


async def test_a_fact_about_a_merged_contact_goes_to_the_one_it_became(store: Store) -> None:
    one = await store.write(contacts.find, "default", "wa", [PHONE])
    two = await store.write(contacts.find, "default", "wa", [OTHER])
    both = await store.write(contacts.find, "default", "wa", [PHONE, OTHER])
    for each in (one, two):
        assert (await store.write(recording.record, entry(each.contact))).contact == both.contact
    assert (
        len(await dossiers.facts(store, _found(await dossiers.find(store, PHONE, "default")), "f" * 32, 9))
        == 2
    )


def _found(dossier: dossiers.Dossier | None) -> dossiers.Dossier:
    assert dossier
    return dossier


async def test_what_is_recorded_as_of_now_overtakes_a_clock_that_is_ahead(store: Store) -> None:
    ahead = now_ms() + 50_000
    for change, before in (("given", ahead), ("withdrawn", 0), ("given", 0), ("withdrawn", 0)):
        made = await store.write(recording.record, entry(change=change, at=before))
        (stands,) = await standings(store, made.contact)
        assert (stands.change, stands.at >= ahead) == (change, True)


async def test_the_same_row_is_recorded_once(store: Store) -> None:
    told = [await store.write(recording.record_once, entry(actor=actor)) for actor in ("ann", "bob")]
    assert told == [True, False]
    for more in (
        {"at": 2},
        {"to": OTHER},
        {"text": "x"},
        {"until": 9},
        {"channel": "sms"},
        {"evidence": {"a": 1}},
    ):
        assert await store.write(recording.record_once, entry(**more)), more
    assert await count(store, "consent") == 7


async def test_two_nodes_that_take_the_same_rows_record_each_once(stores: tuple[Store, Store]) -> None:
    rows = [entry(f"tel:+1555{n:04}") for n in range(50)]
    told = await asyncio.gather(
        *(each.write(recording.record_once, row) for row in rows for each in stores), return_exceptions=True
    )
    assert sum(each is True for each in told) == len(rows)
    assert {type(each) for each in told} <= {bool, Duplicate}
    assert await count(stores[0], "consent") == len(rows)


async def test_a_row_is_known_also_where_its_address_has_moved_to_another_contact(store: Store) -> None:
    await store.write(contacts.find, "default", "wa", [OTHER])
    assert await store.write(recording.record_once, entry())
    await store.write(contacts.find, "default", "wa", [PHONE, OTHER])
    assert not await store.write(recording.record_once, entry())
