"""SQLite: one gateway a file, and on disk means on disk."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from state.sqlite import InUse
from state.statements import Query, insert
from state.store import BadUrl, Store, sqlite_path
from state.tables import team
from state.writer import Op, Unavailable

ADD = insert(team, "id name created_at")


def add(key: str) -> Op[None]:
    yield [(ADD, (key, key, 1))]


def ask(pragma: str) -> Op[object]:
    ((row,),) = yield [(Query(sa.text(f"PRAGMA {pragma}"), ""), ())]
    return row[0]


@pytest.mark.parametrize(("pragma", "value"), [("synchronous", 2), ("journal_mode", "wal")])
async def test_a_commit_reaches_the_disk_before_it_is_told(sqlite: str, pragma: str, value: object) -> None:
    store = await Store(sqlite).open()
    assert await store.write(ask, pragma) == value
    await store.close()


async def test_a_second_gateway_on_the_file_is_told_that_it_is_in_use(sqlite: str) -> None:
    store = await Store(sqlite).open()
    with pytest.raises(InUse, match=r"stop it first; or .* or use PostgreSQL"):
        Store(sqlite)
    await store.close()
    await (await Store(sqlite).open()).close()


def test_a_gateway_in_another_process_counts_too(sqlite: str) -> None:
    store = Store(sqlite)
    program = f"from state.store import Store; Store({sqlite!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "InUse" in done.stderr
    asyncio.run(store.close())


async def test_a_command_writes_beside_the_gateway(sqlite: str) -> None:
    gateway = await Store(sqlite).open()
    command = await Store(sqlite, owner=False).open()
    await gateway.write(add, "a")
    await command.write(add, "b")
    await gateway.write(add, "c")
    await command.close()
    await gateway.close()
    found = sqlite3.connect(sqlite_path(sqlite)).execute("SELECT id FROM team ORDER BY id").fetchall()
    assert [row[0] for row in found] == ["a", "b", "c"]


async def test_a_file_without_a_schema_is_unavailable(tmp_path: Path) -> None:
    store = await Store(f"sqlite:///{tmp_path / 'new.db'}").open()
    with pytest.raises(Unavailable, match="no such table"):
        await store.write(add, "a")
    with pytest.raises(Unavailable, match="no such table"):
        await store.read(Query(sa.select(team.c.id), ""))
    await store.close()


@pytest.mark.parametrize("url", ["mysql://here/db", "sqlite://", "sqlite:///", "parley.db"])
def test_a_database_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(BadUrl, match="is expected"):
        Store(url)
