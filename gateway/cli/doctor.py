"""`parley doctor`: looks at settings, database and channels, and says what is wrong and what to do."""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway import settings as settings_module
from gateway.cli.open import values
from gateway.settings import Settings
from state.store import Store

_PATIENCE = 3.0
"""Seconds Redis has to answer."""


class Finding(NamedTuple):
    """One thing looked at; `wrong` says what to do, and is empty where all is well."""

    what: str
    wrong: str = ""


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The doctor takes the settings, and --json."""
    from gateway.cli import with_settings

    command.add_argument("--json", action="store_true", help="print the findings as JSON")
    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Print a line for each finding; gives 1 where something is wrong."""
    flags = {name: value for name, value in values(args).items() if name != "json"}
    settings = settings_module.read(args.config, flags=flags)

    async def look() -> list[Finding]:
        return [finding async for finding in examine(settings)]

    found = asyncio.run(look())
    if args.json:
        print(msgspec.json.encode([each._asdict() for each in found]).decode())
    else:
        for each in found:
            print(f"{'wrong' if each.wrong else 'ok':5}  {each.what}{': ' if each.wrong else ''}{each.wrong}")
    return 1 if any(each.wrong for each in found) else 0


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything, in the order in which one thing needs the other."""
    yield _folder(settings)
    yield _address(settings)
    yield _bots(settings)
    if settings.redis:
        yield await _redis(settings)
    database = await _database(settings)
    yield database
    if not database.wrong:
        async for finding in _channels(settings):
            yield finding


def _folder(settings: Settings) -> Finding:
    """The folder, or the nearest there is above it, is one and can be written."""
    folder = Path(settings.data_dir)
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        return Finding("data folder", f"data_dir {folder}: {there} is no folder")
    wrong = (
        "" if os.access(there, os.W_OK) else f"data_dir {folder} cannot be written: give this user the right"
    )
    return Finding("data folder", wrong)


def _address(settings: Settings) -> Finding:
    if not settings.public_url:
        return Finding(
            "public address", "public_url is not set: providers need an https address to send webhooks to"
        )
    wrong = (
        "" if settings.public_url.startswith("https://") else "public_url is not https: providers refuse it"
    )
    return Finding("public address", wrong)


def _bots(settings: Settings) -> Finding:
    from conversations.errors import FlowError
    from conversations.router import Router

    try:
        Router.load(settings.bots, settings.bot_path)
    except FlowError as error:
        return Finding("bots", str(error))
    return Finding("bots", "" if settings.bots else "no flow is served: set bots, or nobody answers")


async def _redis(settings: Settings) -> Finding:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    try:
        async with Redis.from_url(settings.redis, protocol=3, socket_timeout=_PATIENCE) as client:
            await client.ping()
    except (RedisError, OSError) as error:
        return Finding("redis", f"cannot be reached: {error}")
    return Finding("redis")


async def _database(settings: Settings) -> Finding:
    from gateway.cli.open import database_errors
    from state import migrate
    from state.migrations import HEAD

    try:
        at = await migrate.revision(settings.database)
    except database_errors(settings.database) as error:
        return Finding("database", f"cannot be reached: {error}")
    wrong = (
        "" if at == HEAD else f"its schema is {at or 'none'}, this version needs {HEAD}: run parley migrate"
    )
    return Finding("database", wrong)


async def _channels(settings: Settings) -> AsyncIterator[Finding]:
    """Each channel's credentials open, its settings are taken by its connector, and its last error is told."""
    from gateway.channels import Channels
    from gateway.cli.open import seal_of
    from gateway.logs import redactor
    from gateway.wake import Wake

    store = await Store(settings.database, owner=False).open()
    try:
        channels = Channels(store, Wake(), seal_of(settings))
        await channels.load()
        for name, why in channels.broken.items():
            yield Finding(f"channel {name}", why)
        for live in channels:
            yield Finding(f"channel {live.channel.id}", redactor.hide(live.record.last_error))
        if not channels.broken and not list(channels):
            yield Finding("channels", "there is none yet: parley channels add NAME --type whatsapp …")
    finally:
        await store.close()
