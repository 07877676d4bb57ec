"""`parley migrate`."""

import argparse
from typing import Any

from gateway import settings as settings_module


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """Migrate takes the settings alone."""
    from gateway.cli import with_settings

    with_settings(command)


def values(args: argparse.Namespace) -> dict[str, Any]:
    """The flags that were given, for the settings."""
    return {name: value for name, value in vars(args).items() if name != "config"}


def run(args: argparse.Namespace) -> int:
    """Upgrade the schema."""
    from state import migrate
    from state.migrations import HEAD

    settings = settings_module.read(args.config, flags=values(args))
    migrate.upgrade(settings.database)
    print(f"the schema is at revision {HEAD}")
    return 0
