"""What stands follows from the ledger, through merges and partings; what somebody changes there is found."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from state import contacts, recording, rederived
from state.consent_tables import standing
from state.contacts import MERGES
from state.model.ids import new_id
from state.recording import Entry
from state.store import Store
from tests.state.chains import change

ANN, BOB = "tel:+15550100", "tel:+15550199"
S = standing.c
FORGED: dict[str, Callable[[str], Any]] = {
    "change": lambda ann: sa.update(standing).values(change="given"),
    "time": lambda ann: sa.update(standing).values(at=standing.c.at + 1),
    "end": lambda ann: sa.update(standing).values(until=1),
    "address": lambda ann: sa.update(standing).values(address="tel:+15550177"),
    "fact": lambda ann: sa.update(standing).values(fact=new_id(1)),
    "gone": lambda ann: sa.delete(standing),
}


async def record(store: Store, to: str, change: str, purpose: str = "marketing") -> str:
    said = Entry(team="default", to=to, change=change, purpose=purpose, source="api", actor="a test")  # type: ignore[arg-type]
    return (await store.write(recording.record, said)).contact


async def together(store: Store) -> None:
    await store.write(contacts.find, "default", "sms", [ANN, BOB])


async def apart(store: Store) -> None:
    (found,) = [row for row in await store.read(MERGES, 10) if row[4] is None]
    await store.alone(contacts.unmerge, "default", found[0])


async def test_what_stands_follows_from_the_ledger_through_merges_and_partings(store: Store) -> None:
    await record(store, ANN, "given")
    await record(store, BOB, "withdrawn")
    for step in (together, apart, together, apart):
        await step(store)
        await record(store, BOB, "withdrawn", "service")
        await record(store, await record(store, ANN, "given", "profiling"), "withdrawn", "channel_data")
        assert (await rederived.compare(store)).reason == ""


@pytest.mark.parametrize("what", FORGED)
async def test_what_is_forged_is_found_and_its_contact_named(store: Store, what: str) -> None:
    await record(store, ANN, "given")
    ann = await record(store, ANN, "withdrawn")
    assert await rederived.compare(store) == rederived.Compared(rows=1)
    await change(store, FORGED[what](ann).where(S.contact == sa.literal_column(f"'{ann}'")))
    found = await rederived.compare(store)
    assert (found.contact, found.reason != "") == (ann, True)


async def test_an_older_fact_that_is_made_to_stand_again_is_found(store: Store) -> None:
    ann = await record(store, ANN, "given")
    (old,) = await store.read(rederived._BETWEEN, ann, ann)
    await record(store, ANN, "withdrawn")
    values = dict(zip(("change", "at", "until", "fact"), old[4:8], strict=True))
    await change(
        store, sa.update(standing).values(**{n: sa.literal_column(repr(v)) for n, v in values.items()})
    )
    found = await rederived.compare(store)
    assert (found.contact, "the ledger says withdrawn" in found.reason) == (ann, True)


async def test_a_fact_of_somebody_else_does_not_stand(store: Store) -> None:
    ann, bob = await record(store, ANN, "withdrawn"), await record(store, BOB, "given")
    await change(
        store,
        sa.update(standing)
        .values(contact=sa.literal_column(f"'{ann}'"))
        .where(S.contact == sa.literal_column(f"'{bob}'")),
    )
    assert "another contact" in (await rederived.compare(store)).reason
