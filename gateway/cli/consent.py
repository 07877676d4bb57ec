"""`parley consent record|show|expiring|import|export|verify`: what customers have allowed and forbidden."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from gateway.cli import ledgers
from gateway.cli.open import with_store
from gateway.settings import Settings
from state.model.consent import PURPOSES, Basis, Consent, Standing
from state.store import Store

if TYPE_CHECKING:
    from state.recording import Entry

_DAY_MS = 24 * 3600 * 1000


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The six commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, meaning: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=meaning, allow_abbrev=False)

    show = action("show", "what stands for a contact, and the facts it follows from")
    expiring = action("expiring", "consents that end soon")
    expiring.add_argument("--days", type=int, default=30)
    take = action("import", "take in a file of facts, CSV or JSON; each row needs a legal basis and evidence")
    take.add_argument("file")
    export = action("export", "the ledger of a team as JSON lines, chained and signed")
    export.add_argument("--contact", help="only what is about this contact: its id, or an address")
    export.add_argument("--from", type=ledgers.moment, default=0, dest="since", metavar="TIME")
    export.add_argument("--to", type=ledgers.moment, default=0, dest="before", metavar="TIME")
    show.add_argument("contact", help="its id, or an address")
    record = action("record", "record that a customer has allowed or forbidden something")
    _declare_record(record)
    for each in (show, expiring, take):
        each.add_argument("--json", action="store_true", help="for scripts")
    for each in (show, take, export, record):
        each.add_argument("--team", default="default")
    for each in (show, expiring, take, export, record):
        with_settings(each)
    ledgers.declare_verify(action("verify", "whether an export, or the database, was changed"))


def _declare_record(record: argparse.ArgumentParser) -> None:
    record.add_argument("to", help="an address; or a contact's id: then it is about all of their addresses")
    record.add_argument("change", choices=("given", "withdrawn"))
    record.add_argument("purpose", choices=PURPOSES)
    record.add_argument("--channel", default="", help="only on this channel")
    record.add_argument(
        "--basis", default="consent", choices=get_args(Basis), help="the legal basis (GDPR, art. 6)"
    )
    record.add_argument("--evidence", default="", help="what proves it: a sentence, or a JSON object")
    record.add_argument("--text", default="", help="what the customer was shown")
    record.add_argument("--text-version", default="", help="which wording that was")
    record.add_argument("--locale", default="", help="its language (BCP 47)")
    record.add_argument("--at", type=ledgers.moment, default=0, metavar="TIME", help="when; now if left out")
    record.add_argument(
        "--until", type=ledgers.moment, default=0, metavar="TIME", help="when it ends by itself"
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    if args.action == "verify":
        return ledgers.verify(args, audit=False)
    if args.action == "import":
        args.rows = _text(args.file)
    work = {"record": _record, "show": _show, "expiring": _expiring, "import": _import, "export": _export}

    async def call(store: Store, settings: Settings) -> int:
        if args.action in ("record", "import"):
            from admin.teams import begin

            await begin(store)
        return await work[args.action](store, settings, args)

    return with_store(args, call)


def _text(name: str) -> str:
    from gateway.cli import Failure

    try:
        return Path(name).read_text("utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Failure(f"{name} cannot be read: {why}") from error


async def _record(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import consent_rows, consents, operations
    from gateway.cli import Failure
    from gateway.policy.bases import unfit
    from state.recording import Entry

    names = (
        "team",
        "to",
        "change",
        "purpose",
        "channel",
        "basis",
        "text",
        "text_version",
        "locale",
        "at",
        "until",
    )
    values = {name: getattr(args, name) for name in names}
    evidence = consent_rows.evidence(args.evidence) if args.evidence else {}
    entry = Entry(**values, evidence=evidence, source="admin", actor=operations.OPERATOR.name)
    before = await _before(store, entry)
    try:
        made = await consents.record(store, operations.OPERATOR, entry, unfit)
    except operations.Refused as error:
        raise Failure(str(error)) from error
    print(_fact(made))
    print("\n".join(["stood before:", *map(_standing, before)]) if before else "nothing stood before")
    return 0


async def _before(store: Store, entry: "Entry") -> list[Standing]:
    """What stood of the purpose, and of a stop of all messages, for the contact that a fact is about."""
    from state import dossiers

    try:
        dossier = await dossiers.find(store, entry.to, entry.team)
    except ValueError:  # recording says what is wrong with it
        return []
    found = await dossiers.standings(store, dossier.contact) if dossier else ()
    return [each for each in found if each.purpose == entry.purpose or each.stops]


async def _show(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from state import dossiers, messages

    dossier = await _dossier(store, args.contact, args.team)
    stands = await dossiers.standings(store, dossier.contact)
    facts = await dossiers.facts(store, dossier, messages.LAST, 1000)
    if args.json:
        found = {"contact": dossier.contact, "stands": [each._asdict() for each in stands]}
        print(msgspec.json.encode(found | {"facts": [each.fact for each in facts]}).decode())
        return 0
    print(f"contact {dossier.contact}\n\nstands")
    for each in stands:
        print(_standing(each))
    print("\nfacts, the newest first")
    for entered in facts:
        print(_fact(entered.fact))
    return 0


async def _dossier(store: Store, said: str, team: str) -> Any:
    from gateway.cli import Failure
    from state import dossiers

    try:
        found = await dossiers.find(store, said, team)
    except ValueError as error:
        raise Failure(str(error)) from error
    if found is None:
        raise Failure(f"there is no contact {said}")
    return found


def _standing(each: Standing) -> str:
    until = f" until {_time(each.until)}" if each.until else ""
    where = f"{each.address or 'all addresses'}, {each.channel or 'all channels'}"
    return f"  {each.purpose:16} {each.change:9} {where}{until}"


def _fact(fact: Consent) -> str:
    where = f"{fact.address or 'all addresses'}, {fact.channel or 'all channels'}"
    by = f"{fact.source}, {fact.actor}"
    basis = f"{fact.basis}; " if fact.change == "given" else ""  # what forbids rests on none
    return f"{fact.id}  {_time(fact.at)}  {fact.purpose:16} {fact.change:9} {where}  ({basis}{by})"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


async def _expiring(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from state import lapses
    from state.model.ids import now_ms

    now = now_ms()
    rows = await store.read(lapses.ENDING, now, now + args.days * _DAY_MS, 10_000)
    found = [lapses.Ending(*row) for row in rows]
    if args.json:
        print(msgspec.json.encode([each._asdict() for each in found]).decode())
    for each in [] if args.json else found:
        where = f"{each.address or 'all addresses'}, {each.channel or 'all channels'}"
        print(f"{_time(each.until)}  {each.contact}  {each.purpose:16} {where}")
    return 0


async def _import(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import consent_rows, consents, operations
    from gateway.cli import Failure
    from gateway.policy.bases import unfit

    try:
        lines = consent_rows.read(args.rows)
    except consent_rows.NoFile as error:
        raise Failure(f"{args.file}: {error}") from error
    done = await consents.import_lines(
        store, store, operations.OPERATOR, lines, args.team, Path(args.file).name, unfit
    )
    if args.json:
        refused = [each._asdict() for each in done.refused]
        print(msgspec.json.encode(done._asdict() | {"refused": refused}).decode())
    else:
        for each in done.refused:
            print(f"line {each.line}: {each.field}: {each.reason}", file=sys.stderr)
        print(f"{done.added} added, {done.known} known before, {len(done.refused)} refused")
    return 1 if done.refused else 0


async def _export(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from gateway.cli import Failure
    from state import ledger
    from state.proof import Choice

    if args.before and args.since >= args.before:
        raise Failure("--from: it is not before --to, so that nothing lies between them")

    team, members = args.team, ()
    if args.contact:
        dossier = await _dossier(store, args.contact, args.team)
        team, members = dossier.team, dossier.members
    choice = Choice(members, args.since, args.before)
    return await ledgers.write_export(store, settings, ledger.of_team(team), choice)
