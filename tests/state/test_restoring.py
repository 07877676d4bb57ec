"""When contacts are merged, what stands is carried over; when they are parted, it follows from the ledger again."""

import asyncio
from typing import Any

import asyncpg
import pytest

from state import consent, contacts, dossiers, wishes
from state.consent import STANDINGS
from state.known import of as known_of
from state.model.consent import Consent
from state.model.ids import lane_of_id, new_id, time_of_id
from state.store import Store
from state.writer import Op
from tests.state.acts import blocked
from tests.state.chains import fact

ANN, BOB = "tel:+15550100", "tel:+15550199"
ANN_LANE, BOB_LANE = 7, 9


async def test_a_stop_that_is_recorded_while_its_contact_is_merged_stands_after_it(
    stores: tuple[Store, Store], shared_url: str
) -> None:
    store = stores[0]
    found = [await store.write(contacts.find, "default", "sms", [urn]) for urn in (ANN, BOB)]
    winner, loser = sorted(each.contact for each in found)
    stop = fact("default", loser, change="withdrawn", at=5, purpose="messages", address=BOB)
    recording = await asyncpg.connect(shared_url)
    async with recording.transaction():
        await recording.execute("SELECT FROM contact WHERE id = $1 FOR UPDATE", loser)
        merging = asyncio.ensure_future(stores[1].write(contacts.find, "default", "sms", [ANN, BOB]))
        await blocked(recording)
        await recording.execute(
            "INSERT INTO standing (contact, purpose, address, channel, lane, change, at, until, fact)"
            " VALUES ($1, 'messages', $2, '', $3, 'withdrawn', 5, 0, $4)",
            loser, BOB, lane_of_id(loser), stop.id,
        )  # fmt: skip
    await recording.close()
    assert (await merging).contact == winner
    known = (await store.write(known_of, [(winner, lane_of_id(winner))]))[winner]
    assert [(each.change, each.fact) for each in known.standings] == [("withdrawn", stop.id)]


async def test_a_provider_s_word_about_a_contact_that_was_merged_is_noted_once(store: Store) -> None:
    found = [await store.write(contacts.find, "default", "sms", [urn]) for urn in (ANN, BOB)]
    loser = max(each.contact for each in found)
    await store.write(contacts.find, "default", "sms", [ANN, BOB])
    told = fact("default", loser, change="withdrawn", at=5, purpose="messages", address=BOB)
    assert [await store.write(wishes.note, told) for _ in range(2)] == [True, False]


class Pair:
    """Two contacts, of which the second is merged into the first and parted from it again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ann, self.bob = new_id(ANN_LANE), new_id(BOB_LANE)
        self.merged_at = 0

    async def record(self, contact: str, lane: int, change: str, at: int, **more: Any) -> Consent:
        made = fact("default", contact, change=change, at=at, **more)

        def work() -> Op[None]:
            yield consent.asks([made], lane)

        await self.store.write(work)
        return made

    async def merge(self) -> None:
        def work() -> Op[None]:
            (rows,) = yield [(STANDINGS, (self.bob, BOB_LANE))]
            carried = consent.carried_asks(rows, self.ann, ANN_LANE)
            yield [*carried, *consent.dropped_asks(self.bob, BOB_LANE)]

        self.merged_at = time_of_id(new_id(0))
        await self.store.write(work)

    async def part(self) -> None:
        def work() -> Op[None]:
            yield from consent.restore(self.ann, ANN_LANE, [self.ann], [ANN], [self.bob], self.merged_at)
            yield from consent.restore(self.bob, BOB_LANE, [self.bob], [BOB], [self.ann], self.merged_at)

        await self.store.alone(work)

    async def stands(self, contact: str) -> set[tuple[str, str, int]]:
        found = await dossiers.standings(self.store, contact)
        return {(each.change, each.address, each.at) for each in found}


@pytest.fixture
def pair(store: Store) -> Pair:
    return Pair(store)


async def test_what_stood_for_one_stands_for_both_once_they_are_merged(pair: Pair) -> None:
    await pair.record(pair.ann, ANN_LANE, "given", 1)
    await pair.record(pair.bob, BOB_LANE, "withdrawn", 2)
    await pair.record(pair.bob, BOB_LANE, "given", 3, address=BOB)
    await pair.merge()
    assert await pair.stands(pair.ann) == {("withdrawn", "", 2), ("given", BOB, 3)}
    assert await pair.stands(pair.bob) == set()


async def test_once_they_are_parted_each_has_its_own_again(pair: Pair) -> None:
    await pair.record(pair.ann, ANN_LANE, "given", 1)
    await pair.record(pair.bob, BOB_LANE, "withdrawn", 2)
    before = [await pair.stands(each) for each in (pair.ann, pair.bob)]
    await pair.merge()
    await pair.part()
    assert [await pair.stands(each) for each in (pair.ann, pair.bob)] == before


@pytest.mark.parametrize(
    ("change", "address", "of_ann", "of_bob"),
    [
        ("given", BOB, {("given", BOB, 5)}, {("given", BOB, 5)}),
        ("withdrawn", BOB, {("withdrawn", BOB, 5)}, {("withdrawn", BOB, 5)}),
        ("withdrawn", ANN, {("withdrawn", ANN, 5)}, set()),
        ("withdrawn", "", {("withdrawn", "", 5)}, {("withdrawn", "", 5)}),
        ("given", "", {("given", "", 5)}, set()),
    ],
)
async def test_what_was_recorded_in_between_goes_with_its_address_and_what_forbids_goes_with_both(
    pair: Pair, change: str, address: str, of_ann: set[Any], of_bob: set[Any]
) -> None:
    await pair.merge()
    await pair.record(pair.ann, ANN_LANE, change, 5, address=address)
    await pair.part()
    assert await pair.stands(pair.ann) == of_ann
    assert await pair.stands(pair.bob) == of_bob


async def test_what_the_other_had_forbidden_before_they_were_merged_stays_theirs(pair: Pair) -> None:
    await pair.record(pair.ann, ANN_LANE, "withdrawn", 5)
    pair.merged_at = time_of_id(new_id(0)) + 1
    await pair.part()
    assert (await pair.stands(pair.ann), await pair.stands(pair.bob)) == ({("withdrawn", "", 5)}, set())


async def test_a_fact_that_comes_while_it_is_restored_is_not_lost(stores: tuple[Store, Store]) -> None:
    pair = Pair(stores[0])
    other = Pair(stores[1])
    for n in range(20):
        parting = pair.part()
        writing = other.record(pair.ann, ANN_LANE, "given" if n % 2 else "withdrawn", n + 1)
        await asyncio.gather(parting, writing)
        ((_, _, at),) = await pair.stands(pair.ann)
        assert at == n + 1
