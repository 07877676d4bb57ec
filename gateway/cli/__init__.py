"""The `parley` command: one parser, one module a group of commands, each imported when it is called."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from importlib import import_module

from gateway import settings
from gateway.settings import SettingsError

_COMMANDS = {
    "serve": ("run", "run the gateway"),
    "demo": ("run", "run with a sample bot and simulated channels; nothing to set up"),
    "migrate": ("database", "bring the database to this version's schema"),
    "channels": ("channels", "connect, list, show and remove channels"),
    "keys": ("keys", "make, list and revoke API keys"),
    "quarantine": ("quarantine", "list, show and replay requests that could not be read"),
    "conversations": ("conversations", "list and show conversations, and resume one that is parked"),
    "new": ("new", "make a starter project: a bot with a test and settings"),
    "check": ("check", "look at bots without running them, and say what is wrong, by file and line"),
    "chat": ("chat", "talk to a bot in the terminal"),
    "replay": ("replay", "play a conversation again, and show the first difference"),
    "flows": ("flows", "versions of flows: list, plan, migrate, roll back"),
    "simulate": ("simulate", "let something befall a simulated channel: duplicates, an outage, a ban"),
    "detectors": ("detectors", "what is looked for in our own traffic, from when on, and today's numbers"),
    "doctor": ("doctor", "check settings, database and channels, and say what is wrong"),
}


class Failure(Exception):
    """A command that could not do what was asked; the text says what to do."""


def parser(wanted: str = "") -> argparse.ArgumentParser:
    """The parser of all commands; only the wanted one is declared whole, since the others' modules cost time."""
    top = argparse.ArgumentParser(
        prog="parley", description="A conversational messaging gateway.", allow_abbrev=False
    )
    top.add_argument("--version", action="version", version="parley 0.1.0")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, meaning) in _COMMANDS.items():
        command = commands.add_parser(name, help=meaning, description=meaning, allow_abbrev=False)
        command.set_defaults(module=module)
        if name == wanted:
            import_module(f"gateway.cli.{module}").declare(name, command)
    return top


def with_settings(command: argparse.ArgumentParser) -> None:
    """Add the flags of all settings to a command."""
    group = command.add_argument_group("settings (file < environment < flags)")
    group.add_argument(
        "--demo", action="store_true", help="the database, the key and the bots of `parley demo`"
    )
    settings.add_flags(group)


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command; exits with 2 for a wrong setting, with 1 where a command could not do its work."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = parser(words[0] if words else "").parse_args(words)
    module = import_module(f"gateway.cli.{args.module}")
    try:
        sys.exit(module.run(args))
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except Failure as error:
        print(f"parley {args.command}: {error}", file=sys.stderr)
        sys.exit(1)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
