"""Whatever somebody changes in the ledger, verify finds it and names the first broken link."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state import ledger
from state.consent_tables import chain, consent
from state.model.chain import after, digest, origin
from state.model.ids import lane_of_id, new_id
from state.statements import Query
from state.store import Store
from tests.state.chains import chained, change, verdict

COUNT = 6
C = consent.c
SEQS = st.integers(1, COUNT)
few = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Examples share a database; each has a chain of its own in it."""
FORGED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "id": lambda row: {"id": new_id(9)},
    "lane": lambda row: {"lane": (row["lane"] + 1) % 256},
    "team": lambda row: {"team": "another"},
    "contact": lambda row: {"contact": new_id(lane_of_id(row["contact"]))},
    "purpose": lambda row: {"purpose": "service"},
    "change": lambda row: {"change": "withdrawn"},
    "body": lambda row: {"body": row["body"].replace("a test", "a liar")},
    "body that is none": lambda row: {"body": "{"},
    "body and its column": lambda row: {
        "change": "withdrawn", "body": row["body"].replace('"given"', '"withdrawn"')
    },
    "seq": lambda row: {"seq": row["seq"] + 100},
    "seq to none": lambda row: {"seq": None},
    "seq to zero": lambda row: {"seq": 0},
    "seq below zero": lambda row: {"seq": -row["seq"]},
    "hash": lambda row: {"hash": row["hash"][::-1]},
    "hash to none": lambda row: {"hash": None},
    "salt": lambda row: {"salt": "00" * 16},
    "salt to none": lambda row: {"salt": None},
}  # fmt: skip


def place(name: str, seq: int) -> Any:
    return sa.and_(C.team == name[5:], C.seq == seq)


async def row_at(store: Store, name: str, seq: int) -> dict[str, Any]:
    (row,) = await store.read(Query(sa.select(*C).where(place(name, seq)), ""))
    return dict(zip(C.keys(), row, strict=True))


async def broken(store: Store, name: str) -> int | None:
    told = await verdict(store, name)
    assert (told.broken is None) == (told.reason == "")
    return told.broken


def test_every_column_is_tried() -> None:
    assert {name.split()[0] for name in FORGED} == set(C.keys())


@settings(few, max_examples=30)
@given(seq=SEQS, what=st.sampled_from(sorted(FORGED)))
async def test_a_changed_column_is_found_where_it_was_changed(store: Store, seq: int, what: str) -> None:
    name = await chained(store, COUNT)
    assert await broken(store, name) is None
    forged = FORGED[what](await row_at(store, name, seq))
    await change(store, sa.update(consent).where(place(name, seq)).values(forged))
    assert await broken(store, name) == seq


@few
@given(seq=SEQS)
async def test_a_deleted_row_is_found(store: Store, seq: int) -> None:
    name = await chained(store, COUNT)
    await change(store, sa.delete(consent).where(place(name, seq)))
    assert await broken(store, name) == seq


@few
@given(one=SEQS, two=SEQS, what=st.sampled_from([("seq",), ("seq", "hash"), ("seq", "hash", "salt")]))
async def test_rows_that_were_swapped_are_found(
    store: Store, one: int, two: int, what: tuple[str, ...]
) -> None:
    name = await chained(store, COUNT)
    rows = [await row_at(store, name, seq) for seq in (one, two)]
    for mine, other in (rows, reversed(rows)):
        values = {each: other[each] for each in what}
        await change(store, sa.update(consent).where(C.id == mine["id"]).values(values))
    assert await broken(store, name) == (None if one == two else min(one, two))


@few
@given(like=SEQS, at=st.integers(-1, COUNT + 2))
async def test_an_inserted_row_is_found(store: Store, like: int, at: int) -> None:
    name = await chained(store, COUNT)
    copy = await row_at(store, name, like) | {"id": new_id(7), "seq": at}
    await change(store, sa.insert(consent).values(copy))
    assert await broken(store, name) == (at if not 0 < at <= COUNT else pytest.approx(at, abs=1))


HEADS: dict[str, dict[str, Any]] = {
    "name": {"name": "team:nobody"},
    "seq": {"seq": COUNT - 1},
    "more": {"seq": COUNT + 1},
    "hash": {"hash": "0" * 64},
    "signature": {"signature": "0" * 128},
    "no signature": {"signature": "", "key": ""},
    "no signature at all": {"signature": ""},
    "key": {"key": "0" * 64},
    "at": {"at": 1},
}


@pytest.mark.parametrize("what", HEADS)
async def test_a_changed_head_is_found(store: Store, what: str) -> None:
    name = await chained(store, COUNT)
    await change(store, sa.update(chain).where(chain.c.name == name).values(HEADS[what]))
    assert await broken(store, name) is not None


async def test_a_chain_without_a_head_is_found(store: Store) -> None:
    name = await chained(store, COUNT)
    await change(store, sa.delete(chain).where(chain.c.name == name))
    assert await broken(store, name) == 1
    assert name in await ledger.chains(store)


async def test_a_chain_that_was_made_anew_has_no_signature_of_ours(store: Store) -> None:
    name = await chained(store, COUNT)
    forged = FORGED["body and its column"](await row_at(store, name, 2))
    await change(store, sa.update(consent).where(place(name, 2)).values(forged))
    hash_ = origin(name)
    async for link in ledger.links(store, name, 0, COUNT):
        hash_ = after(hash_, link.seq, digest(link.salt, link.record))
        await change(store, sa.update(consent).where(place(name, link.seq)).values(hash=hash_))
    await change(store, sa.update(chain).where(chain.c.name == name).values(hash=hash_))
    told = await verdict(store, name)
    assert (told.broken, told.reason) == (COUNT, "the head's signature is wrong")


@few
@given(cut=SEQS)
async def test_a_chain_that_was_cut_with_its_head_is_found(store: Store, cut: int) -> None:
    name = await chained(store, COUNT)
    kept = await row_at(store, name, cut) if cut < COUNT else {"seq": 0, "hash": origin(name)}
    await change(store, sa.delete(consent).where(C.team == name[5:], C.seq > kept["seq"]))
    values = {"seq": kept["seq"], "hash": kept["hash"]}
    await change(store, sa.update(chain).where(chain.c.name == name).values(values))
    assert await broken(store, name) == kept["seq"]
