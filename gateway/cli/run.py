"""`parley serve` and `parley demo`."""

import argparse
import asyncio
import logging
import signal
import subprocess
import sys

from gateway import settings as settings_module
from gateway.settings import Settings

log = logging.getLogger("parley")


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The flags of serve and demo are the settings."""
    from gateway.cli import with_settings

    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Run until a signal ends it."""
    from gateway import demo, logs
    from gateway.cli import Failure
    from state.writer import Unavailable

    values = {name: value for name, value in vars(args).items() if name != "config"}
    if args.command == "demo":
        values = demo.defaults(values)
    settings = settings_module.read(args.config, flags=values)
    logs.redactor.learn(*settings.secrets)
    logs.set_up(settings.log_level, settings.log_format)
    if settings.database.startswith("sqlite"):
        upgrade(settings)
    try:
        return _runner(settings, demonstrate=args.command == "demo")
    except Unavailable as error:
        raise Failure(str(error)) from error


def upgrade(settings: Settings) -> None:
    """Bring SQLite to this version's schema, in a process of its own: Alembic is heavy and needed once."""
    from state import migrate
    from state.migrations import HEAD

    if asyncio.run(migrate.revision(settings.database)) != HEAD:
        subprocess.run(
            [sys.executable, "-m", "state.migrate", settings.database], check=True, stdout=sys.stderr
        )


def _runner(settings: Settings, *, demonstrate: bool) -> int:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(_serve(settings, demonstrate=demonstrate))
    return uvloop.run(_serve(settings, demonstrate=demonstrate))


async def _serve(settings: Settings, *, demonstrate: bool) -> int:
    from conversations.errors import FlowError
    from conversations.router import Router
    from gateway import demo, faces
    from gateway.app import Behind, Gateway, Taken
    from gateway.cli import Failure

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        gateway = Gateway(settings, Router.load(settings.bots, settings.bot_path))
        await gateway.open()
    except (Behind, FlowError) as error:
        raise Failure(str(error)) from error
    if demonstrate:
        await demo.prepare(gateway)
    try:
        await gateway.start(faces.application(gateway, demonstrate=demonstrate))
    except Taken as error:
        await gateway.stop()
        raise Failure(str(error)) from error
    print(f"ready {gateway.url}", flush=True)
    if demonstrate:
        print(demo.welcome(gateway.url), flush=True)
    await stop.wait()
    print("stopping: what is under way is finished or handed back", flush=True)
    await gateway.stop()
    return 0
