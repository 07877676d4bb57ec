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
