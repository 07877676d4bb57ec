"""What commands share: settings and an open store beside a running gateway."""

import argparse
import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gateway import settings as settings_module
from gateway.beside import behind
from gateway.settings import Settings
from state.seal import Seal
from state.store import Store

if TYPE_CHECKING:
    from conversations.router import Router


def values(args: argparse.Namespace) -> dict[str, Any]:
    """The flags that were given, for the settings; with `--demo` completed by those of a demonstration."""
    flags = {name: value for name, value in vars(args).items() if name not in ("config", "demo")}
    if not (getattr(args, "demo", False) or args.command == "demo"):
        return flags
    from gateway import demo

    needed = demo.defaults(flags, settings_module.in_file(args.config))
    return needed | {settings_module.DEMONSTRATION: needed.keys() - flags.keys()}


def database_errors(url: str) -> tuple[type[Exception], ...]:
    """What is raised where a database cannot be reached, or is none."""
    from state.writer import Unavailable

    if url.startswith("sqlite"):
        return (Unavailable, OSError, sqlite3.Error)
    import asyncpg

    return (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Raise Failure where the database cannot be reached."""
    from gateway.cli import Failure
    from state.writer import Unavailable

    try:
        yield
    except Unavailable as error:
        raise Failure(str(error)) from error
    except database_errors(settings.database) as error:
        wrong = f"database: {settings.show('database')} cannot be reached: {error}"
        raise Failure(settings.told(wrong)) from error


def upgrade(settings: Settings) -> None:
    """Bring SQLite to this version's schema, in a process of its own: Alembic is heavy and needed once.

    Raises Failure where that process failed; it has said why.
    """
    from gateway.cli import Failure
    from state import migrate
    from state.migrations import HEAD

    if asyncio.run(migrate.revision(settings.database)) != HEAD:
        words = [sys.executable, "-m", "state.migrate", settings.database]
        if subprocess.run(words, check=False, stdout=sys.stderr).returncode:
            raise Failure(f"{settings.database} could not be brought to schema {HEAD!r}")


async def check(url: str) -> None:
    """Raise Failure where a database has not this version's schema."""
    from gateway.cli import Failure
    from state import migrate
    from state.migrations import HEAD

    at = await migrate.revision(url)
    if at != HEAD:
        raise Failure(behind(at, HEAD))


def with_store(args: argparse.Namespace, work: Callable[[Store, Settings], Awaitable[int]]) -> int:
    """Run work on the store that the settings name; raises Failure where it cannot be reached or lacks the schema."""
    from gateway.cli import Failure
    from state.writer import Unavailable

    settings = settings_module.read(args.config, flags=values(args))

    async def open_and_work() -> int:
        with reaching(settings):
            await check(settings.database)
            store = await Store(settings.database, owner=False).open()
        try:
            return await work(store, settings)
        except Unavailable as error:
            raise Failure(str(error)) from error
        finally:
            await store.close()

    if settings.database.startswith("sqlite"):
        with reaching(settings):
            upgrade(settings)
    return asyncio.run(open_and_work())


def router_of(settings: Settings, *, anew: bool = False) -> "Router":
    """The flows that the settings name; raises Failure where one cannot be loaded.

    With `anew` running conversations go on with the flows as they are now, whatever they began with.
    """
    from conversations.errors import FlowError
    from conversations.router import Router
    from gateway.cli import Failure

    try:
        return Router.load(settings.bots, settings.bot_path, begins_anew=anew)
    except FlowError as error:
        raise Failure(settings.told(error)) from error


def seal_of(settings: Settings) -> Seal | None:
    """The seal for credentials, where there is a key."""
    return Seal(settings.seal_key) if settings.seal_key else None
