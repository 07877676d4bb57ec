"""A consent that ends is announced once, expires once, and what was given later stands all the same."""

import asyncio
from typing import Any

import msgspec
import pytest

from gateway.lapses import Lapses
from state import audit, consent, dossiers, lapses, recording
from state.lapses import Ending
from state.model.consent import Consent
from state.model.ids import new_id
from state.recording import Entry
from state.store import Store
from state.writer import Op
from tests.state.acts import count

DAY = 24 * 3600 * 1000
PHONE = "tel:+15550100"


async def give(store: Store, at: int, until: int, to: str = PHONE, **more: Any) -> Consent:
    usual: dict[str, Any] = {"team": "default", "change": "given", "purpose": "marketing", "source": "import"}
    return await store.write(
        recording.record, Entry(**(usual | {"actor": "a test"} | more), to=to, at=at, until=until)
    )


async def stands(store: Store, made: Consent) -> list[tuple[str, int]]:
    return [(each.change, each.until) for each in await dossiers.standings(store, made.contact)]


async def facts(store: Store) -> list[str]:
    dossier = await dossiers.find(store, PHONE, "default")
    assert dossier
    return [each.fact.change for each in await dossiers.facts(store, dossier, "f" * 32, 50)]


async def test_a_consent_expires_by_a_fact_of_the_clock_when_its_time_is_over(store: Store) -> None:
    made = await give(store, 1000, 5000)
    loop = Lapses(store, 0)
    assert await loop.round(4999) == 0
    assert await stands(store, made) == [("given", 5000)]
    assert [await loop.round(5000), await loop.round(5000)] == [1, 0]
    assert await stands(store, made) == [("expired", 5000)]
    dossier = await dossiers.find(store, PHONE, "default")
    assert dossier
    (expired, _) = [each.fact for each in await dossiers.facts(store, dossier, "f" * 32, 9)]
    assert (expired.source, expired.actor, expired.evidence) == (
        "clock",
        "clock",
        {"fact": made.id, "at": 1000},
    )
    assert (expired.address, expired.at, expired.until) == (PHONE, 5000, 5000)


@pytest.mark.parametrize("renewed_first", [True, False])
async def test_what_was_renewed_before_its_end_stands_in_whatever_order_that_is_known(
    store: Store, renewed_first: bool
) -> None:
    made = await give(store, 1000, 5000)
    (row,) = await store.read(lapses.ENDING, 0, 9000, 10)
    for renews in (renewed_first, not renewed_first):
        if renews:
            await give(store, 2000, 90_000)
        else:
            await store.write(lapses.expire, Ending(*row))
    assert await stands(store, made) == [("given", 90_000)]
    assert await facts(store) == (["given"] * 2 if renewed_first else ["given", "expired", "given"])


async def test_what_was_withdrawn_or_has_no_end_does_not_expire(store: Store) -> None:
    await give(store, 1000, 5000)
    await give(store, 2000, 0, change="withdrawn")
    await give(store, 1000, 0, purpose="service")
    assert await Lapses(store, 30).round(90_000) == 0


async def test_a_consent_is_announced_once_and_again_when_it_was_renewed(store: Store) -> None:
    heard: list[list[str]] = []
    loop = Lapses(store, 30, lambda found: heard.append([each.fact for each in found]))
    made = await give(store, 1000, 40 * DAY)
    assert await loop.round(5 * DAY) == 0
    assert [await loop.round(15 * DAY), await loop.round(16 * DAY)] == [1, 0]
    renewed = await give(store, 2000, 41 * DAY)
    assert await loop.round(15 * DAY) == 1
    assert heard == [[made.id], [renewed.id]]
    entries = await store.read(audit.LATEST, 9)
    assert [row[2] for row in entries] == ["consents_expiring"] * 2
    told = msgspec.json.decode(entries[1][5])["consents"]
    assert told == [{"contact": made.contact, "fact": made.id, "until": 40 * DAY}]


async def test_what_is_renewed_in_the_commit_that_announces_it_is_announced_again(store: Store) -> None:
    made = await give(store, 1000, 40 * DAY)
    soon = [Ending(*row) for row in await store.read(lapses.UNTOLD, 15 * DAY, 45 * DAY, 10)]
    renewed = msgspec.structs.replace(made, id=new_id(soon[0].lane), at=2000, until=41 * DAY)

    def renew() -> Op[None]:
        yield consent.asks([renewed], soon[0].lane)

    await asyncio.gather(store.write(lapses.announce, soon), store.write(renew))
    assert [row[7] for row in await store.read(lapses.UNTOLD, 15 * DAY, 45 * DAY, 10)] == [renewed.id]


async def test_many_are_announced_and_expire_in_batches(store: Store) -> None:
    await asyncio.gather(*(give(store, 1000, 40 * DAY, f"tel:+1555{n:04}") for n in range(450)))
    heard: list[int] = []
    loop = Lapses(store, 30, lambda found: heard.append(len(found)))
    while await loop.round(15 * DAY):
        pass
    while await loop.round(50 * DAY):
        pass
    assert heard == [200, 200, 50]
    assert await count(store, "consent") == 900


async def test_two_nodes_announce_and_expire_each_consent_once(stores: tuple[Store, Store]) -> None:
    await asyncio.gather(*(give(stores[0], 1000, 40 * DAY, f"tel:+1555{n:04}") for n in range(100)))
    heard: list[str] = []
    nodes = [Lapses(each, 30, lambda found: heard.extend(each.fact for each in found)) for each in stores]
    for now in (15 * DAY, 50 * DAY):
        await asyncio.gather(*(each.round(now) for each in nodes))
    assert (len(heard), len(set(heard))) == (100, 100)
    assert await count(stores[0], "consent") == 200
