"""What `parley consent` and `parley audit` share: a chain exported, and verified in a file or in the database."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from gateway.cli.open import seal_of, with_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.settings import Settings
    from state.proof import Choice, Verdict
    from state.rederived import Compared
    from state.store import Store

NO_EXPORT = 2
"""The exit code for a file that is no export of a ledger; 1 is one that is broken."""


def moment(text: str) -> int:
    """A time of the command line in milliseconds, UTC: a day, or a time with its offset. Raises ArgumentTypeError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r}: 2026-11-24 or 2026-11-24T09:30:00Z is expected"
        ) from error
    if len(text) == len("2026-11-24"):
        found = found.replace(tzinfo=UTC)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r}: its offset from UTC is missing, as Z or +01:00")
    return round(found.timestamp() * 1000)


def declare_verify(verify: argparse.ArgumentParser) -> None:
    """The flags of a verification."""
    from gateway.cli import with_settings

    verify.add_argument(
        "file",
        nargs="?",
        help="an export, - for what is piped in: needs no settings and no database; left out: the database itself",
    )
    verify.add_argument("--key", default="", metavar="PUBLIC", help="the public key that must have signed it")
    verify.add_argument("--json", action="store_true", help="for scripts")
    with_settings(verify)


async def write_export(store: "Store", settings: "Settings", name: str, choice: "Choice") -> int:
    """Print an export; what was written up to now is sealed first."""
    from gateway.sealer import Sealer
    from state import ledger, proof
    from state.model.ids import now_ms

    await Sealer(store, seal_of(settings)).all()
    async for line in proof.export(store, name, choice, now_ms()):
        sys.stdout.write(line.decode() + "\n")
    if left := await ledger.waiting(store, name):
        print(f"{left} rows are being sealed by another process and are not in it", file=sys.stderr)
    return 0


def verify(args: argparse.Namespace, audit: bool) -> int:
    """Verify what was asked for and print what was found; gives the exit code."""
    if args.file is None:
        return with_store(args, lambda store, settings: _database(store, settings, args, audit))
    from state.proof import NoExport
    from state.proof import verify as verify_file

    try:
        with _lines(args.file) as lines:
            return _tell([verify_file(lines, args.key)], args.json)
    except NoExport as error:
        print(f"{args.file}: {error}", file=sys.stderr)
        return NO_EXPORT


@contextmanager
def _lines(name: str) -> "Iterator[IO[bytes]]":
    from state.proof import NoExport

    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(name, "rb")  # noqa: SIM115 - closed below, where reading it ends
    except OSError as error:
        raise NoExport(f"it cannot be read: {error.strerror}") from error
    with file:
        yield file


async def _database(store: "Store", settings: "Settings", args: argparse.Namespace, audit: bool) -> int:
    from state import ledger, proof, rederived
    from state.signing import Signer

    seal = seal_of(settings)
    keys = (args.key,) if args.key else Signer(seal).known if seal else ()
    names = [ledger.AUDIT] if audit else [each for each in await ledger.chains(store) if each != ledger.AUDIT]
    verdicts = [await proof.verify_database(store, name, keys) for name in names]
    return _tell(verdicts, args.json, None if audit else await rederived.compare(store))


def _tell(found: Sequence["Verdict"], as_json: bool, stands: "Compared | None" = None) -> int:
    import msgspec

    if as_json:
        shown = [_json(each) for each in found] + ([_standing_json(stands)] if stands else [])
        print(msgspec.json.encode(shown).decode())
    elif not found and not (stands and stands.reason):
        print("nothing is recorded yet: there is no chain to follow")
    else:
        print("\n".join([*map(_line, found), *([_standing_line(stands)] if stands else [])]))
    return 1 if _any_broken(found) or (stands and stands.reason) else 0


def _standing_json(stands: "Compared") -> dict[str, object]:
    whole = {"whole": not stands.reason, "chain": "standing", "rows": stands.rows}
    return whole | {"contact": stands.contact, "reason": stands.reason}


def _standing_line(stands: "Compared") -> str:
    if stands.reason:
        return f"standing  differs from the ledger at the contact {stands.contact}: {stands.reason}"
    return f"standing  whole: {stands.rows} rows follow from the ledger"


def _any_broken(found: Iterable["Verdict"]) -> bool:
    return any(each.broken is not None for each in found)


def _json(each: "Verdict") -> dict[str, object]:
    return {"whole": each.broken is None} | {name: getattr(each, name) for name in each.__struct_fields__}


def _line(each: "Verdict") -> str:
    if each.broken is not None:
        return f"{each.chain}  broken at {each.broken}: {each.reason}"
    signed = f"signed by {each.key}" if each.key else "not signed"
    waits = f"; {each.waiting} wait for their place" if each.waiting else ""
    return f"{each.chain}  whole: {each.links} links, {each.shown} shown, {signed}{waits}"
