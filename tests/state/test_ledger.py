"""Facts are chained whoever seals, whatever dies in between; and whatever is changed afterwards is found."""

import asyncio
import random
import sys
from typing import Any

import asyncpg
import msgspec
import pytest
import sqlalchemy as sa

from gateway.sealer import Sealer
from state import audit, ledger, proof
from state.model.ids import new_id
from state.seal import Seal
from state.signing import Signer
from state.statements import Row
from state.store import Store
from state.tables import audit as acts
from state.writer import Op
from tests.load.process import ROOT
from tests.state.chains import KEYS, OTHER, SEAL, chained, change, fact, seqs, verdict, write


async def test_facts_of_each_team_are_numbered_without_a_gap_in_the_order_of_their_ids(store: Store) -> None:
    made = [fact(team) for _ in range(3) for team in ("one", "two")]
    await write(store, *made)
    await Sealer(store, SEAL).all()
    for team in ("one", "two"):
        found = [each async for each in ledger.links(store, ledger.of_team(team), 0, 10)]
        assert [each.seq for each in found] == [1, 2, 3]
        assert [each.record["id"] for each in found] == sorted(each.id for each in made if each.team == team)
        told = await verdict(store, ledger.of_team(team))
        assert (told.links, told.key, told.broken, told.waiting) == (3, KEYS[0], None, 0)


async def test_the_audit_is_a_chain_of_its_own(store: Store) -> None:
    await store.write(audit.note, "ann", "suspend", "x", "why")
    await Sealer(store, SEAL).all()
    assert (await verdict(store, ledger.AUDIT)).links == 1
    await change(store, sa.update(acts).values(reason=sa.literal_column("'another'")))
    assert (await verdict(store, ledger.AUDIT)).broken == 1


async def test_without_a_key_the_chain_is_not_signed_and_says_so(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    name = await chained(store, 2, None)
    assert (await proof.verify_database(store, name)).key == ""
    assert (await verdict(store, name)).reason == "the head is not signed"
    running = asyncio.create_task(Sealer(store, None).run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert "not signed" in caplog.text


@pytest.mark.parametrize(("before", "why"), [(None, "was not signed"), (OTHER, "with another key")])
async def test_a_head_is_signed_anew_by_the_key_in_use_and_the_audit_is_told(
    store: Store, before: Seal | None, why: str
) -> None:
    name = await chained(store, 2, before)
    assert (await verdict(store, name)).broken == 2
    running = asyncio.create_task(Sealer(store, SEAL).run())
    while (await verdict(store, name)).broken:
        pass
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    ((_, actor, action, subject, reason, body),) = await store.read(audit.LATEST, 10)
    assert (actor, action, subject, why in reason) == ("sealer", "sign_anew", name, True)
    assert msgspec.json.decode(body)["seq"] == 2
    await store.alone(ledger.seal, name, [], Signer(SEAL))
    assert len(await store.read(audit.LATEST, 10)) == 1


async def test_two_sealers_at_once_make_one_chain(stores: tuple[Store, Store]) -> None:
    team = new_id(0)
    both = [Sealer(each, SEAL) for each in stores]
    for _ in range(5):
        await asyncio.gather(*(write(each, *(fact(team) for _ in range(120))) for each in stores))
        await asyncio.gather(*(each.round() for each in both))
    while any(await asyncio.gather(*(each.round() for each in both))):
        pass
    assert await seqs(stores[0], ledger.of_team(team)) == list(range(1, 1201))
    told = await verdict(stores[1], ledger.of_team(team))
    assert (told.links, told.broken, told.waiting) == (1200, None, 0)


@pytest.mark.parametrize("batches", [(40, 20), (20, 40)])
async def test_two_sealers_of_one_process_make_one_chain_too(
    store: Store, monkeypatch: pytest.MonkeyPatch, batches: tuple[int, int]
) -> None:
    team, both, go, pending = new_id(0), asyncio.Barrier(3), asyncio.Event(), ledger.pending

    async def at_once(*args: Any) -> dict[str, list[Row]]:
        found = await pending(*args)
        await both.wait()
        await go.wait()
        return found

    await write(store, *(fact(team) for _ in range(40)))
    monkeypatch.setattr(ledger, "pending", at_once)
    rounds = asyncio.gather(*(Sealer(store, SEAL, batch).round() for batch in batches))
    await both.wait()
    await write(store)  # a commit closely before lets the writer gather what comes now
    go.set()
    await rounds
    told = await verdict(store, ledger.of_team(team))
    assert (told.links, told.broken) == (40, None)


async def test_who_comes_second_waits_for_nobody(stores: tuple[Store, Store], shared_url: str) -> None:
    name = await chained(stores[0], 1)
    await write(stores[0], fact(name[5:]))
    keys = (await ledger.pending(stores[0], 10))[name]
    first = await asyncpg.connect(shared_url)
    async with first.transaction():
        await first.execute("SELECT FROM chain WHERE name = $1 FOR UPDATE", name)
        assert await stores[1].alone(ledger.seal, name, keys, Signer(SEAL)) == 0
    await first.close()
    assert await stores[1].alone(ledger.seal, name, keys, Signer(SEAL)) == 1


async def test_a_sealer_that_dies_before_its_commit_leaves_the_chain_as_it_was(store: Store) -> None:
    name = await chained(store, 3)
    await write(store, fact(name[5:]))

    def die(keys: list[Row]) -> Op[None]:
        yield from ledger.seal(name, keys, Signer(SEAL))
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError):
        await store.write(die, (await ledger.pending(store, 10))[name])
    told = await verdict(store, name)
    assert (told.links, told.broken, told.waiting) == (3, None, 1)
    await Sealer(store, SEAL).all()
    assert (await verdict(store, name)).links == 4


KILLED = """
import asyncio, sys
from gateway.sealer import Sealer
from state.store import Store
from tests.load.process import ROOT
from tests.state.chains import SEAL

async def work():
    store = await Store(sys.argv[1], owner=False).open()
    print("open", flush=True)
    while True:
        await Sealer(store, SEAL, 10).round()

asyncio.run(work())
"""


@pytest.mark.parametrize("engine", ["sqlite", "plain"])
async def test_a_sealer_that_is_killed_anywhere_leaves_a_chain_that_goes_on(
    engine: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(engine)
    store = await Store(url, owner=False).open()
    team, rng = new_id(0), random.Random(7)
    for _ in range(2):
        await write(store, *(fact(team) for _ in range(300)))
        words = [sys.executable, "-c", KILLED, url]
        sealer = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        assert sealer.stdout
        assert await sealer.stdout.readline() == b"open\n"
        await asyncio.sleep(rng.uniform(0, 0.1))
        sealer.kill()
        await sealer.wait()
        assert (await verdict(store, ledger.of_team(team))).broken is None
    await Sealer(store, SEAL).all()
    assert (await verdict(store, ledger.of_team(team))).links == 600
    await store.close()
