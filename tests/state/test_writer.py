"""Operations commit in groups, are told after the disk, and fail one by one."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from state.model.ids import new_id
from state.statements import Fetch, Query, insert, update
from state.store import Store
from state.tables import contact, team
from state.writer import Conflict, Op, Unavailable

ADD = insert(team, "id name created_at")
NAMES = Query(sa.select(team.c.name).order_by(team.c.id), "")
NAME = Query(sa.select(team.c.name).where(team.c.id == sa.bindparam("id", type_=sa.String)), "id")

NAME_OF = Query(
    sa.select(contact.c.name).where(contact.c.id == sa.bindparam("id", type_=contact.c.id.type)), "id"
)


@pytest.fixture(params=["sqlite", "plain"])
def url(request: pytest.FixtureRequest) -> str:
    """Run the test on both engines; partitions make no difference to a writer."""
    return str(request.getfixturevalue(request.param))


def add(key: str, name: str = "") -> Op[str]:
    yield [(ADD, (key, name or key, 1))]
    ((row,),) = yield [(NAME, (key,))]
    return str(row[0])


def refuse(key: str) -> Op[str]:
    yield [(NAME, (key,))]
    raise LookupError(key)


def add_and_refuse(key: str) -> Op[str]:
    yield [(ADD, (key, key, 1))]
    raise LookupError(key)


async def names(store: Store) -> list[str]:
    return [row[0] for row in await store.read(NAMES)]


def failing(times: int, error: Exception, commit: Callable[[], Any]) -> Callable[[], Any]:
    """A commit that fails some times, then works."""
    left = [error] * times

    async def tried() -> None:
        if left:
            raise left.pop()
        await commit()

    return tried


async def test_an_operation_is_told_after_its_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    commit = store._database.commit

    async def spied() -> None:
        await commit()
        order.append("commit")

    monkeypatch.setattr(store._database, "commit", spied)
    writing = store.write(add, "a")
    writing.add_done_callback(lambda _: order.append("told"))
    await writing
    await asyncio.sleep(0)
    assert order == ["commit", "told"]
    assert await names(store) == ["a"]


async def test_what_waits_shares_one_commit_and_each_gets_its_own_result(store: Store) -> None:
    results = await asyncio.gather(*(store.write(add, f"{n:02}", f"name {n}") for n in range(50)))
    assert results == [f"name {n}" for n in range(50)]
    assert store.batch_mean == 50


async def test_a_batch_holds_no_more_than_its_limit(url: str) -> None:
    store = await Store(url, batch=20).open()
    await asyncio.gather(*(store.write(add, f"{n:02}") for n in range(50)))
    assert store._writer.batches == 3
    await store.close()


async def test_operations_of_different_lengths_share_a_batch(store: Store) -> None:
    def add_all(keys: str) -> Op[list[str]]:
        done = []
        for key in keys:
            done.append((yield from add(key)))
        return done

    results = await asyncio.gather(*(store.write(add_all, keys) for keys in ("abc", "d", "", "ef")))
    assert list(results) == [["a", "b", "c"], ["d"], [], ["e", "f"]]
    assert await names(store) == list("abcdef")


@pytest.mark.parametrize("bad", [refuse, add_and_refuse, add], ids=["before", "after", "by the database"])
async def test_a_failing_operation_takes_only_itself_along(store: Store, bad: Callable[..., Op[str]]) -> None:
    await store.write(add, "m")
    batch = [store.write(add, "a"), store.write(bad, "m" if bad is add else "b"), store.write(add, "c")]
    one, failed, two = await asyncio.gather(*batch, return_exceptions=True)
    assert [one, two] == ["a", "c"]
    assert isinstance(failed, Exception)
    assert not isinstance(failed, Unavailable)
    assert await names(store) == ["a", "c", "m"]


async def test_a_caller_who_goes_away_harms_nobody(store: Store) -> None:
    batch = [store.write(add, key) for key in "abc"]
    batch[1].cancel()
    await asyncio.wait(batch)
    assert [batch[0].result(), batch[2].result()] == ["a", "c"]
    assert await names(store) == ["a", "b", "c"]


async def test_a_conflict_with_another_writer_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = failing(3, Conflict("deadlock"), store._database.commit)
    monkeypatch.setattr(store._database, "commit", commit)
    assert list(await asyncio.gather(store.write(add, "a"), store.write(add, "b"))) == ["a", "b"]
    assert await names(store) == ["a", "b"]


async def test_a_conflict_is_tried_again_where_operations_run_apart(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = failing(3, Conflict("deadlock"), store._database.commit)
    monkeypatch.setattr(store._database, "commit", commit)
    batch = store.write(add, "a"), store.write(add_and_refuse, "b")
    one, failed = await asyncio.gather(*batch, return_exceptions=True)
    assert one == "a"
    assert isinstance(failed, LookupError)
    assert await names(store) == ["a"]


@pytest.mark.parametrize("error", [Unavailable("disk full"), RuntimeError("never seen before")])
async def test_a_commit_that_fails_fails_its_batch_and_the_next_one_works(
    store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(store._database, "commit", failing(1, error, store._database.commit))
    for result in await asyncio.gather(store.write(add, "a"), store.write(add, "b"), return_exceptions=True):
        assert isinstance(result, Unavailable)
    assert await store.write(add, "c") == "c"
    assert await names(store) == ["c"]


async def test_a_conflict_without_end_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store._database, "commit", failing(5, Conflict("again"), store._database.commit))
    with pytest.raises(Unavailable, match="again"):
        await store.write(add, "a")
    assert await store.write(add, "b") == "b"


async def test_stopping_commits_what_waits_and_what_is_under_way(store: Store) -> None:
    under_way = store.write(add, "a")
    await asyncio.sleep(0)
    waiting = store.write(add, "b")
    await store._writer.stop()
    assert [under_way.result(), waiting.result()] == ["a", "b"]
    assert await names(store) == ["a", "b"]


async def test_after_the_stop_nothing_waits_for_ever(store: Store) -> None:
    await store._writer.stop()
    with pytest.raises(Unavailable, match="has stopped"):
        await store.write(add, "a")


A, B = new_id(1), new_id(1)
COUNT = Fetch(contact, "name", "id lane", lock="wait")
SET = update(contact, "name", "id lane")
PERSON = insert(contact, "id lane team name locale created_at")


def person(key: str) -> Op[None]:
    yield [(PERSON, (key, 1, "default", "0", "", 1))]


def add_one(*keys: str) -> Op[None]:
    for key in keys:
        (rows,) = yield [(COUNT, (key, 1))]
        yield [(SET, (str(int(rows[0][0]) + 1), key, 1))]


async def test_a_locked_row_is_one_operations_until_it_has_ended(store: Store) -> None:
    await store.write(person, A)
    batches = store._writer.batches
    await asyncio.gather(*(store.write(add_one, A) for _ in range(20)))
    assert store._writer.batches == batches + 1
    assert await store.read(NAME_OF, A) == [("20",)]


async def test_operations_that_wait_for_each_other_are_run_one_by_one(store: Store) -> None:
    await asyncio.gather(store.write(person, A), store.write(person, B))
    await asyncio.gather(store.write(add_one, A, B), store.write(add_one, B, A))
    assert [await store.read(NAME_OF, key) for key in (A, B)] == [[("2",)]] * 2
