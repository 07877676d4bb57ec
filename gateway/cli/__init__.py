"""The `parley` command: one parser, one module a group of commands, each imported when it is called."""

import argparse
import asyncio
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from gateway import settings
from gateway.settings import SettingsError

_COMMANDS = {
    "serve": ("run", "run the gateway"),
    "demo": ("run", "run with a sample bot and simulated channels; nothing to set up"),
    "migrate": ("database", "bring the database to this version's schema"),
    "channels": ("channels", "connect, list, show and remove channels; their terms"),
    "teams": ("teams", "make, list, change and activate teams"),
    "keys": ("keys", "make, list and revoke API keys"),
    "hooks": ("hooks", "tell programs of what happens: make, try, look into, enable and remove hooks"),
    "quarantine": ("quarantine", "list, show and replay requests that could not be read"),
    "suspend": ("suspend", "suspend a scope: nothing more leaves in it"),
    "lift": ("suspend", "lift a suspension, and say what becomes of what it holds"),
    "suspensions": ("suspensions", "list and show suspensions, what they hold, confirm, withdraw, discard"),
    "drill": ("drill", "rehearse a suspension under load, and count what leaks"),
    "conversations": ("conversations", "list and show conversations, and resume one that is parked"),
    "consent": (
        "consent",
        "record, show, import, export and verify what customers have allowed and forbidden",
    ),
    "licences": ("licences", "add, list and remove licences for templates and files"),
    "audit": ("audit", "export the record of who did what, and verify it"),
    "new": ("new", "make a starter project: a bot with a test and settings"),
    "check": ("check", "look at bots without running them, and say what is wrong, by file and line"),
    "chat": ("chat", "talk to a bot in the terminal"),
    "replay": ("replay", "play a conversation again, and show the first difference"),
    "flows": ("flows", "versions of flows: list, plan, migrate, roll back"),
    "policy": (
        "policy",
        "the rules: what holds, what another pack would change, why a message was (not) sent",
    ),
    "simulate": ("simulate", "let something befall a simulated channel: duplicates, an outage, a ban"),
    "detectors": ("detectors", "what is looked for in our own traffic, from when on, and today's numbers"),
    "doctor": ("doctor", "check settings, database and channels, and say what is wrong"),
}


_SETTINGS = "settings (file < environment < flags)"


class Failure(Exception):
    """A command that could not do what was asked; the text says what to do."""


class _Help(argparse.HelpFormatter):
    """Leaves the settings, which every command has, out of the usage: an error would be the last of many lines."""

    def add_usage(
        self, usage: Any, actions: Iterable[argparse.Action], groups: Any, prefix: Any = None
    ) -> None:
        """Show the command's own flags."""
        own = [
            each for each in actions if getattr(getattr(each, "container", None), "title", "") != _SETTINGS
        ]
        super().add_usage(usage, own, groups, prefix)


class _Parser(argparse.ArgumentParser):
    """A parser, of which those of its commands are made too."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"formatter_class": _Help, "allow_abbrev": False, **more})


def parser(wanted: str = "") -> argparse.ArgumentParser:
    """The parser of all commands; only the wanted one is declared whole, since the others' modules cost time."""
    top = _Parser(prog="parley", description="A conversational messaging gateway.")
    top.add_argument("--version", action="version", version="parley 0.1.0")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, meaning) in _COMMANDS.items():
        command = commands.add_parser(name, help=meaning, description=meaning)
        command.set_defaults(module=module)
        if name == wanted:
            import_module(f"gateway.cli.{module}").declare(name, command)
    return top


def with_settings(command: argparse.ArgumentParser, *, demo: bool = True) -> None:
    """Add the flags of all settings to a command, and one that stands for those of the demonstration."""
    group = command.add_argument_group(_SETTINGS)
    if demo:
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
