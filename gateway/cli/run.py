"""`parley serve` and `parley demo`."""

import argparse
import asyncio
import gc
import logging
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import settings as settings_module
from gateway.beside import command
from gateway.settings import Settings, SettingsError

if TYPE_CHECKING:
    from conversations.router import Router
    from gateway.app import Gateway

log = logging.getLogger("parley")
_AGAIN = -1
"""What serving gives where the process is to start again."""


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The flags of serve and demo are the settings, and whether to watch the bots' files."""
    from gateway.cli import with_settings

    command.add_argument(
        "--reload",
        action="store_true",
        help="start again when a bot is saved; running conversations go on with it",
    )
    with_settings(command, demo=name != "demo")


def run(args: argparse.Namespace) -> int:
    """Run until a signal ends it."""
    from gateway import logs, reload
    from gateway.cli.open import reaching, router_of, upgrade, values

    settings = settings_module.read(args.config, flags=values(args))
    logs.redactor.learn(*settings.secrets)
    logs.set_up(settings.log_level, settings.log_format)
    demonstrate = args.command == "demo"
    _make_folder(settings)
    router = router_of(settings, anew=demonstrate or args.reload)
    with reaching(settings):
        if settings.database.startswith("sqlite"):
            upgrade(settings)
    code = _runner(settings, router, demonstrate=demonstrate, watch=args.reload)
    if code == _AGAIN:
        reload.again()
    return code


def _make_folder(settings: Settings) -> None:
    """Make the folder for files before somebody sends one; raises SettingsError."""
    try:
        Path(settings.data_dir).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        wrong = f"data_dir: {settings.data_dir} cannot be made: {error.strerror}"
        raise SettingsError(settings.told(wrong)) from None
    if not os.access(settings.data_dir, os.W_OK):
        wrong = f"data_dir: {settings.data_dir} cannot be written: give this user the right"
        raise SettingsError(settings.told(wrong))


def _runner(settings: Settings, router: "Router", *, demonstrate: bool, watch: bool) -> int:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(_serve(settings, router, demonstrate=demonstrate, watch=watch))
    return uvloop.run(_serve(settings, router, demonstrate=demonstrate, watch=watch))


def _spare_the_collector() -> None:
    """What is there at the start stays: looking through it again and again costs a tenth of all time under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _serve(settings: Settings, router: "Router", *, demonstrate: bool, watch: bool) -> int:
    from gateway import demo, faces, reload
    from gateway.app import Taken
    from gateway.cli import Failure

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gateway = await _open(settings, router)
    if demonstrate:
        try:
            await demo.prepare(gateway)
        except demo.NotOurs as error:
            await gateway.stop()
            raise Failure(str(error)) from error
    else:
        await _bound(gateway)
        await _warn(gateway)
    _warn_of_flows(gateway)
    try:
        await gateway.start(faces.application(gateway, demonstrate=demonstrate))
    except Taken as error:
        await gateway.stop()
        raise Failure(str(error)) from error
    _spare_the_collector()
    public = f", for {settings.public_url}" if settings.public_url else ""
    print(f"ready {gateway.local_url}{public}", flush=True)
    if demonstrate:
        print(demo.welcome(gateway.local_url, gateway.settings.host), flush=True)
    watched = reload.saved(gateway.router.bots, settings.bot_path) if watch else None
    again = await _first(stop, watched)
    print("stopping: what is under way is finished or handed back", flush=True)
    await gateway.stop()
    return _AGAIN if again else 0


async def _first(stop: asyncio.Event, watched: Coroutine[None, None, None] | None) -> bool:
    """Wait for the end, or for a bot that was saved; says whether it was that."""
    waits = {asyncio.ensure_future(stop.wait())}
    if watched is not None:
        waits.add(asyncio.ensure_future(watched))  # type: ignore[arg-type]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for each in waits:
        each.cancel()
    return not stop.is_set()


async def _bound(gateway: "Gateway") -> None:
    """Give the first team the country of the settings, and say what keeps messages from being sent.

    Raises SettingsError where the service is not offered in that country.
    """
    from admin.operations import Refused
    from gateway import teams, terms

    try:
        await teams.establish(gateway.store, gateway.settings.country)
    except Refused as error:
        await gateway.stop()
        raise SettingsError(gateway.settings.told(error)) from error
    await gateway.teams.load()
    used = {live.channel.team for live in gateway.channels}
    for team, why in gateway.teams.silent().items():
        if team in used:
            log.warning("team %s: %s", team, why)
    for live in gateway.channels:
        if waits := terms.task(live.channel.id, live.terms, live.accepted, live.terms_known):
            log.warning(
                "channel %s: its terms %s are not accepted: parley channels terms %s",
                *waits[:2],
                waits.channel,
            )


async def _warn(gateway: "Gateway") -> None:
    """Say what leaves a gateway without use: no bot, no channel, or one whose provider or flow is not there."""
    from gateway.moving import left_alone

    if not gateway.router.bots:
        log.warning("no flow is served, so nobody answers: set bots")
    if not any(gateway.channels) and not gateway.channels.broken:
        log.warning("no channel is connected yet: %s", command("channels", "add", "NAME", "--type", "TYPE"))
    served = {bot.name for bot in gateway.router.bots}
    for flow, count in (await left_alone(gateway.store, served)).items():
        log.warning(
            "%s is not served any more; each of its %d running conversations is parked when it goes on",
            flow,
            count,
        )
    names = [live.channel.id for live in gateway.channels if live.channel.simulated]
    if names:
        log.warning(
            "%s: simulated channels; their provider is played by `parley demo` alone, and cannot be reached from here",
            ", ".join(names),
        )


def _warn_of_flows(gateway: "Gateway") -> None:
    """Say which channels name a flow that is not served: nobody answers on them."""
    served = {bot.name for bot in gateway.router.bots}
    for live in gateway.channels:
        if live.channel.flow and live.channel.flow not in served:
            log.warning(
                "channel %s names the flow %s, which is not served (there is: %s), so nobody answers there: %s",
                live.channel.id, live.channel.flow, ", ".join(sorted(served)) or "none",
                command("channels", "set", live.channel.id, "--flow", "NAME"),
            )  # fmt: skip


async def _open(settings: Settings, router: "Router") -> "Gateway":
    """A gateway with its flows and its database; raises Failure."""
    from conversations.errors import FlowError
    from gateway.app import Behind, Gateway
    from gateway.cli import Failure
    from gateway.cli.open import reaching
    from gateway.detectors import BadDetector
    from state.writer import Unavailable

    try:
        gateway = Gateway(settings, router)
    except (FlowError, BadDetector, Unavailable) as error:
        raise Failure(settings.told(error)) from error
    try:
        with reaching(settings):
            await gateway.open()
    except (Behind, Failure) as error:
        await gateway.wire.close()
        raise Failure(str(error)) from error
    return gateway
