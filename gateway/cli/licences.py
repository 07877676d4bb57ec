"""`parley licences add|list|remove`: what a template or a file may be used for until when."""

import argparse
from datetime import UTC, datetime

from gateway.cli import ledgers
from gateway.cli.open import with_store
from gateway.settings import Settings
from state import licences
from state.licences import NoLicence, Record
from state.model.ids import now_ms
from state.store import Store

_FLAGS = {"ends_at": "--ends", "evidence": "--evidence", "team": "--team", "reason": "--reason"}
"""What the fields of a licence are called here."""


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The three commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a licence", allow_abbrev=False)
    add.add_argument("subject", help="template:NAME or media:ID")
    add.add_argument("--evidence", required=True, help="what proves it: a sentence, or a JSON object")
    add.add_argument("--ends", type=ledgers.moment, default=0, metavar="TIME", help="never if left out")
    add.add_argument("--team", default="default")
    listing = actions.add_parser("list", help="all licences, also those that ended", allow_abbrev=False)
    remove = actions.add_parser("remove", help="take a licence out of use", allow_abbrev=False)
    remove.add_argument("id")
    remove.add_argument("--reason", required=True, help="why, for the audit")
    for each in (add, listing, remove):
        with_settings(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""

    async def call(store: Store, settings: Settings) -> int:
        if args.action == "list":
            for row in await store.read(licences.LIST):
                print(_line(Record(*row)))
            return 0
        print(_line(await _change(store, args)))
        return 0

    return with_store(args, call)


async def _change(store: Store, args: argparse.Namespace) -> Record:
    from admin import consent_rows, consents, operations
    from gateway.cli import Failure

    who = operations.OPERATOR
    try:
        if args.action == "remove":
            return await consents.remove_licence(store, who, args.id, args.reason)
        evidence = consent_rows.evidence(args.evidence)
        return await consents.add_licence(store, who, args.team, args.subject, evidence, args.ends)
    except operations.Refused as error:
        raise Failure(f"{_FLAGS.get(error.field, error.field)}: {error.reason}") from error
    except NoLicence as error:
        raise Failure(f"there is no licence {args.id}: parley licences list shows those there are") from error


def _line(each: Record) -> str:
    until = "never ends"
    if each.ends_at:
        word = "ends" if each.ends_at > now_ms() else "ended"
        until = f"{word} {datetime.fromtimestamp(each.ends_at / 1000, UTC).isoformat(timespec='seconds')}"
    return f"{each.id}  {each.team:16} {each.subject:32} {until}"
