"""`parley audit export|verify`: who did what, in a form that shows whether anything was changed."""

import argparse

from gateway.cli import ledgers
from gateway.cli.open import with_store


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The two commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser(
        "export", help="all entries as JSON lines, chained and signed", allow_abbrev=False
    )
    with_settings(export)
    ledgers.declare_verify(
        actions.add_parser(
            "verify", help="whether an export, or the database, was changed", allow_abbrev=False
        )
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    if args.action == "verify":
        return ledgers.verify(args, audit=True)
    from state import ledger, proof

    return with_store(
        args, lambda store, settings: ledgers.write_export(store, settings, ledger.AUDIT, proof.ALL)
    )
