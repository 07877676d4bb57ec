"""A migrated database is the one the code describes, on both engines."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from state import migrate
from state.migrations import HEAD
from state.tables import metadata


def difference(connection: sa.Connection) -> list[Any]:
    """What a migration would have to change to make a database as the tables say."""
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def difference_at(url: str) -> list[Any]:
    if url.startswith("sqlite"):
        with sa.create_engine(url).connect() as connection:
            return difference(connection)

    async def ask() -> list[Any]:
        engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
        async with engine.connect() as connection:
            found = await connection.run_sync(difference)
        await engine.dispose()
        return found

    return asyncio.run(ask())


def test_a_migrated_database_is_as_the_tables_say(database_url: str) -> None:
    migrate.upgrade(database_url)
    assert difference_at(database_url) == []
    assert asyncio.run(migrate.revision(database_url)) == HEAD


def test_a_database_without_a_schema_has_no_revision(database_url: str) -> None:
    assert asyncio.run(migrate.revision(database_url)) == ""


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate.upgrade(database_url)
    migrate.upgrade(database_url)
    assert asyncio.run(migrate.revision(database_url)) == HEAD


def test_the_head_the_gateway_asks_for_is_the_newest_script() -> None:
    assert ScriptDirectory.from_config(migrate.configuration()).get_current_head() == HEAD


def test_an_address_with_options_is_migrated_too(postgres_url: str) -> None:
    migrate.upgrade(f"{postgres_url}?sslmode=prefer")
    assert asyncio.run(migrate.revision(postgres_url)) == HEAD


def test_a_process_of_its_own_migrates(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "state.migrate", f"sqlite:///{tmp_path / 'parley.db'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"the schema is at revision {HEAD}\n"


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'parley.db'}"
    migrate.upgrade(url)
    assert asyncio.run(migrate.revision(url)) == HEAD


def test_a_new_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    migrate.upgrade(f"sqlite:///{tmp_path / 'parley.db'}")
    assert (tmp_path / "parley.db").stat().st_mode & 0o077 == 0


BEFORE_0006 = """
    INSERT INTO contact (id, lane, team, name, locale, created_at) VALUES ('{0}1', 1, 't', '', '', 1);
    INSERT INTO contact (id, lane, team, name, locale, created_at) VALUES ('{0}2', 1, 't', '', '', 1);
    INSERT INTO standing (contact, purpose, address, channel, lane, change, at, until, fact, basis, announced)
        VALUES ('{0}2', 'marketing', '', '', 1, 'given', 1, 0, '{0}3', '', 0);
    INSERT INTO exchange (id, lane, message, attempt, body) VALUES ('{0}4', 1, '{0}5', 2, '[]');
""".format("0" * 31)


async def run(url: str, script: str, query: str) -> list[tuple[Any, ...]]:
    """Run a script of statements and one query, on either engine."""
    if url.startswith("sqlite"):
        with sa.create_engine(url).begin() as connection:
            for each in filter(str.strip, script.split(";")):
                connection.exec_driver_sql(each)
            return [tuple(row) for row in connection.exec_driver_sql(query)]
    connection = await asyncpg.connect(url)
    if script:
        await connection.execute(script)
    found = [tuple(row) for row in await connection.fetch(query)]
    await connection.close()
    return found


def test_what_was_stored_before_the_sixth_is_kept(database_url: str) -> None:
    migrate.upgrade(database_url, "0005")
    asyncio.run(run(database_url, BEFORE_0006, "SELECT 1"))
    migrate.upgrade(database_url)
    revisions = asyncio.run(run(database_url, "", "SELECT revision FROM contact ORDER BY id"))
    assert revisions == [(0,), (1,)]
    kept = asyncio.run(run(database_url, "", "SELECT message, lane, attempt, body FROM exchange"))
    assert [(str(row[0]).replace("-", ""), *row[1:]) for row in kept] == [(f"{5:032x}", 1, 2, "[]")]
