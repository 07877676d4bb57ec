"""`parley migrate`."""

import argparse

from gateway import settings as settings_module


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """Migrate takes the settings alone."""
    from gateway.cli import with_settings

    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Upgrade the schema."""
    from sqlalchemy.exc import DBAPIError

    from gateway.cli import Failure
    from gateway.cli.open import reaching, values
    from state import migrate
    from state.migrations import HEAD

    settings = settings_module.read(args.config, flags=values(args))
    try:
        with reaching(settings):
            migrate.upgrade(settings.database)
    except DBAPIError as error:
        wrong = f"database: {settings.show('database')} cannot be upgraded: {error.orig}"
        raise Failure(settings.told(wrong)) from error
    print(f"the schema is at revision {HEAD}")
    return 0
