"""What commands share: settings and an open store beside a running gateway."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from gateway import settings as settings_module
from gateway.cli.database import values
from gateway.settings import Settings
from state.seal import Seal
from state.store import Store


def with_store(args: argparse.Namespace, work: Callable[[Store, Settings], Awaitable[int]]) -> int:
    """Run work on the store that the settings name; its schema must be there."""
    from gateway.cli import Failure
    from gateway.cli.run import upgrade
    from state.writer import Unavailable

    settings = settings_module.read(args.config, flags=values(args))
    if settings.database.startswith("sqlite"):
        upgrade(settings)

    async def open_and_work() -> int:
        store = await Store(settings.database, owner=False).open()
        try:
            return await work(store, settings)
        finally:
            await store.close()

    try:
        return asyncio.run(open_and_work())
    except Unavailable as error:
        raise Failure(str(error)) from error


def seal_of(settings: Settings) -> Seal | None:
    """The seal for credentials, where there is a key."""
    return Seal(settings.seal_key) if settings.seal_key else None
