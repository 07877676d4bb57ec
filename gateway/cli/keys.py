"""`parley keys create|list|revoke`."""

import argparse

from gateway.cli.open import with_store
from gateway.settings import Settings
from state import keys
from state.store import Store


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The three commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key; it is shown once")
    create.add_argument("name", help="what it is for")
    create.add_argument(
        "--scope", action="append", default=[], choices=keys.SCOPES, help="what it may do; admin without any"
    )
    listing = actions.add_parser("list", help="keys in force")
    revoke = actions.add_parser("revoke", help="end a key")
    revoke.add_argument("id")
    for each in (create, listing, revoke):
        with_settings(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from admin import operations
    from gateway.cli import Failure

    async def call(store: Store, settings: Settings) -> int:
        if args.action == "create":
            return await _create(store, args)
        if args.action == "list":
            for row in await store.read(keys.ALL):
                key = keys.read_row(tuple(row))
                print(f"{key.id}  {key.name:24} {' '.join(sorted(key.scopes))}")
            return 0
        try:
            await operations.revoke_key(store, operations.OPERATOR, args.id)
        except keys.NotInForce as error:
            raise Failure(
                f"there is no key {args.id!r} in force: parley keys list shows those there are"
            ) from error
        print("the key is revoked; running gateways notice within a few seconds")
        return 0

    return with_store(args, call)


async def _create(store: Store, args: argparse.Namespace) -> int:
    from admin import operations

    scopes = args.scope or ["admin"]
    print(await operations.create_key(store, operations.OPERATOR, args.name, scopes))
    return 0
