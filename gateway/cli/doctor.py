"""`parley doctor`: looks at settings, database and channels, and says what is wrong and what to do."""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from connectors.contract import Finding
from gateway import settings as settings_module
from gateway.beside import behind
from gateway.cli.open import values
from gateway.settings import Settings
from state.store import Store

if TYPE_CHECKING:
    from gateway.channels import Channels, Live
    from state.model.team import Team

_PATIENCE = 3.0
"""Seconds Redis has to answer."""
_AT_ONCE = 8
"""Providers that are asked at a time."""
_LACKS = {
    "business": "no first text message says who writes and how to stop (asked for in the US, Canada and France)",
    "help": "Parley answers no HELP (CTIA asks for that always, also after a STOP)",
}
"""What does not happen by text message where a team has not set one of these."""
_NO_ADDRESS = "https://<public_url>"
"""Stands in what providers are to be told where public_url is not set."""


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The doctor takes the settings, whom to ask, and --json."""
    from gateway.cli import with_settings

    command.add_argument("--offline", action="store_true", help="ask no provider")
    command.add_argument("--channel", metavar="NAME", default="", help="look at this channel alone")
    command.add_argument("--json", action="store_true", help="print the findings as JSON")
    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Print a line for each finding; gives 1 where something is wrong."""
    settings = settings_module.read(args.config, flags=values(args))

    async def look() -> list[Finding]:
        return [finding async for finding in examine(settings, args.channel, ask=not args.offline)]

    found = asyncio.run(look())
    if args.json:
        print(msgspec.json.encode([{"what": each.what, "wrong": each.wrong} for each in found]).decode())
    else:
        for each in found:
            print(f"{'wrong' if each.wrong else 'ok':5}  {each.what}{': ' if each.wrong else ''}{each.wrong}")
    return 1 if any(each.wrong for each in found) else 0


async def examine(settings: Settings, channel: str = "", *, ask: bool = True) -> AsyncIterator[Finding]:
    """Look at everything, in the order in which one thing needs the other; `channel` is one to look at alone."""
    yield _folder(settings)
    served, finding = _bots(settings)
    yield finding
    if settings.redis:
        yield await _redis(settings)
    database = await _database(settings)
    yield database
    if database.wrong:
        yield _address(settings, needed=True)
    else:
        async for finding in _channels(settings, served, channel, ask):
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


def _address(settings: Settings, *, needed: bool) -> Finding:
    """The public address is one that a provider can reach, by https."""
    from gateway.wire import reachable

    url = settings.public_url
    if not url and not needed:
        return Finding("public address (no channel here needs one)")
    if not url:
        return Finding(
            "public address", "public_url is not set: providers need an https address to send webhooks to"
        )
    if not url.startswith("https://"):
        return Finding("public address", "public_url is not https: providers refuse it")
    host = urlsplit(url).hostname or ""
    try:
        local = not reachable(host)
    except ValueError:  # a name
        local = "." not in host or host.endswith((".localhost", ".local", ".internal"))
    return Finding(
        "public address", f"no provider reaches {host}, a private or local address" if local else ""
    )


def _bots(settings: Settings) -> tuple[frozenset[str], Finding]:
    """The names of the flows that are served, and whether they can be loaded."""
    from conversations.errors import FlowError
    from conversations.router import Router

    try:
        bots = Router.load(settings.bots, settings.bot_path).bots
    except FlowError as error:
        return frozenset(), Finding("bots", settings.told(error))
    wrong = "" if settings.bots else "no flow is served: set bots, or nobody answers"
    return frozenset(bot.name for bot in bots), Finding("bots", wrong)


async def _redis(settings: Settings) -> Finding:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    try:
        async with Redis.from_url(settings.redis, protocol=3, socket_timeout=_PATIENCE) as client:
            await client.ping()
    except (RedisError, OSError) as error:
        return Finding("redis", f"cannot be reached: {error}{settings.at('redis')}")
    return Finding("redis")


async def _database(settings: Settings) -> Finding:
    from gateway.cli.open import database_errors
    from state import migrate
    from state.migrations import HEAD

    try:
        at = await migrate.revision(settings.database)
    except database_errors(settings.database) as error:
        return Finding("database", f"cannot be reached: {error}{settings.at('database')}")
    return Finding("database", "" if at == HEAD else behind(at, HEAD))


async def _channels(
    settings: Settings, served: frozenset[str], only: str, ask: bool
) -> AsyncIterator[Finding]:
    """Each channel's credentials open, its settings are taken by its connector, its last error, and its provider."""
    from gateway.channels import Channels
    from gateway.cli.open import seal_of
    from gateway.moving import left_alone
    from gateway.teams import silent
    from gateway.wake import Wake

    store = await Store(settings.database, owner=False).open()
    try:
        channels = Channels(store, Wake(), seal_of(settings))
        await channels.load()
        teams = await _teams(store)
        alone = await left_alone(store, served) if served else {}
        differs = await _standing(store)
    finally:
        await store.close()
    silenced = silent(teams, settings.country)
    bound = (*_bound(channels, silenced, only), *_unsaid(channels, teams, only))
    for finding in (*differs, *_left(alone), *bound):
        yield finding
    yield _address(settings, needed=_called(channels))
    for name, why in channels.broken.items():
        if only in ("", name):
            yield Finding(f"channel {name}", why)
    chosen = [live for live in channels if only in ("", live.channel.id)]
    answers = await _providers(chosen, settings) if ask else [()] * len(chosen)
    if not settings.seal_key and not channels.broken:
        yield Finding(
            "seal key", "there is none, so no channel with credentials can be connected: set seal_key_file"
        )
    for live, found in zip(chosen, answers, strict=True):
        for finding in _channel(live, served, found):
            yield finding
    if only and not chosen and only not in channels.broken:
        yield Finding(f"channel {only}", "there is none of that name: see parley channels list")
    elif not channels.broken and not list(channels):
        yield Finding("channels", "there is none yet: parley channels add NAME --type whatsapp …")


def _channel(live: "Live", served: frozenset[str], found: tuple[Finding, ...]) -> Iterator[Finding]:
    """What is to be said of one channel, with what its provider says."""
    from gateway.logs import redactor

    if live.channel.flow and live.channel.flow not in served:
        yield _no_flow(live, served)
    yield Finding(f"channel {live.channel.id}", redactor.hide(live.record.last_error))
    for each in found:
        yield Finding(f"channel {live.channel.id}, {each.what}", each.wrong)


def _no_flow(live: "Live", served: frozenset[str]) -> Finding:
    there = ", ".join(sorted(served)) or "none"
    said = f"it names {live.channel.flow}, which is not served (there is: {there}), so nobody answers"
    return Finding(f"channel {live.channel.id}, flow", said)


def _left(alone: Mapping[str, int]) -> Iterator[Finding]:
    """Flows whose runs nobody goes on with."""
    for flow, count in alone.items():
        yield Finding(f"flow {flow}", f"it is not served, and {count} running conversations will be parked")


async def _standing(store: Store) -> tuple[Finding, ...]:
    """What stands of consent, where it does not follow from the ledger."""
    from state import rederived

    found = await rederived.compare(store)
    said = f"contact {found.contact}: {found.reason}; somebody may have been at the database"
    return (Finding("consent, what stands", said),) if found.reason else ()


async def _teams(store: Store) -> "Mapping[str, Team]":
    from state import teams

    return teams.by_id(await store.read(teams.LIST))


def _unsaid(channels: "Channels", teams: "Mapping[str, Team]", only: str) -> Iterator[Finding]:
    """What text messages cannot tell, since their team has not said it: who writes, and how to reach people."""
    from gateway.provider_consent import BY_NUMBER
    from state.model.team import settings_of

    for live in channels:
        name, team = live.channel.id, live.channel.team
        if live.channel.type not in BY_NUMBER or live.channel.simulated or only not in ("", name):
            continue
        held = settings_of(teams, team)
        if missing := [each for each in _LACKS if not held.get(each)]:
            lacks = " and ".join(_LACKS[each] for each in missing)
            do = " ".join(f"--set {each}=…" for each in missing)
            yield Finding(
                f"channel {name}, HELP and STOP",
                f"team {team} has no {' and no '.join(missing)}, so {lacks}: parley teams set {team} {do}",
            )


def _bound(channels: "Channels", teams: dict[str, str], only: str) -> Iterator[Finding]:
    """What keeps channels from sending: their team (`teams`: why those send nothing), and terms not accepted."""
    from gateway.terms import task
    from state.model.ids import now_ms

    chosen = [live for live in channels if only in ("", live.channel.id)]
    for team in dict.fromkeys(live.channel.team for live in chosen):
        yield Finding(f"team {team}", teams.get(team, ""))
    for live in chosen:
        name = live.channel.id
        waits = task(name, live.terms, live.accepted, live.terms_known)
        if waits and waits.held_from <= now_ms():
            do = f"parley channels terms {name}, then parley channels accept {name}"
            yield Finding(
                f"channel {name}, terms", f"{waits.version} is not accepted, so it sends nothing: {do}"
            )


def _called(channels: "Channels") -> bool:
    """Whether a provider is to call us, now or once there are channels; a simulated one is on this machine."""
    real = [live for live in channels if not live.channel.simulated]
    return not any(channels) or any(live.connector.webhooks for live in real)


async def _providers(chosen: "list[Live]", settings: Settings) -> list[tuple[Finding, ...]]:
    """What the providers say, some of them at a time."""
    from gateway.examine import examine as examined
    from gateway.wire import Wire

    wire, places = Wire(allow_private=settings.allow_private_urls), asyncio.Semaphore(_AT_ONCE)

    async def ask(live: "Live") -> tuple[Finding, ...]:
        async with places:
            address = f"{settings.public_url or _NO_ADDRESS}/webhooks/{live.channel.id}"
            return await examined(live, wire.perform, address, time.time)

    try:
        return await asyncio.gather(*map(ask, chosen))
    finally:
        await wire.close()
