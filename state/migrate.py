"""Bring a database to this version's schema; `python -m state.migrate URL` does so in a process of its own.

Alembic is heavy, so it is imported only here, and a running gateway only asks `revision`.
"""

import asyncio
import contextlib
import os
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from state.migrations import HEAD
from state.store import sqlite_path

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection


async def revision(url: str) -> str:
    """The revision a database is at; "" for one that has no schema yet."""
    if url.startswith("sqlite"):
        return _sqlite_revision(sqlite_path(url))
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT version_num FROM alembic_version") or ""
    except asyncpg.UndefinedTableError:
        return ""
    finally:
        await connection.close()


def _make_sqlite(path: str) -> None:
    """The file, where there is none yet, readable by its owner alone: it holds what customers said."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _sqlite_revision(path: str) -> str:
    if not Path(path).exists():
        return ""
    connection = sqlite3.connect(path)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return ""
    finally:
        connection.close()
    return str(row[0]) if row else ""


def upgrade(url: str, target: str = "head") -> None:
    """Run all migrations that are missing."""
    if url.startswith("sqlite"):
        _upgrade_sqlite(url, target)
    else:
        asyncio.run(_upgrade_postgres(url, target))


def configuration() -> "Config":
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _run(connection: "Connection", target: str) -> None:
    from alembic import command

    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, target)


def _upgrade_sqlite(url: str, target: str) -> None:
    import sqlalchemy as sa

    Path(sqlite_path(url)).parent.mkdir(parents=True, exist_ok=True)
    _make_sqlite(sqlite_path(url))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        _run(connection, target)
    engine.dispose()


async def _upgrade_postgres(url: str, target: str) -> None:
    import asyncpg
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
    async with engine.begin() as connection:
        await connection.run_sync(_run, target)
    await engine.dispose()


def main() -> None:
    """The command: `python -m state.migrate URL`."""
    upgrade(sys.argv[1])
    print(f"the schema is at revision {HEAD}")


if __name__ == "__main__":
    main()
