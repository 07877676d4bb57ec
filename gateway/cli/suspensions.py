"""`parley suspensions list|show|held|confirm|withdraw|discard`."""

import argparse
from typing import TYPE_CHECKING

import msgspec

from gateway.cli.open import with_store
from gateway.cli.suspend import channels_of, holds_of, lifted, means, when
from gateway.settings import Settings
from state import listings, suspensions
from state.messages import LAST
from state.model.suspension import Scope, Suspension
from state.store import Store

if TYPE_CHECKING:
    from admin.suspensions import Means
    from state.held import Waiting


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="those that are not over, newest first", allow_abbrev=False)
    listing.add_argument("--all", action="store_true", help="those that are over, too")
    listing.add_argument("--limit", type=int, default=50)
    show = actions.add_parser("show", help="one of them, as JSON", allow_abbrev=False)
    held = actions.add_parser("held", help="the messages it holds, oldest first", allow_abbrev=False)
    held.add_argument("--limit", type=int, default=50)
    confirm = actions.add_parser("confirm", help="be the second who wants it lifted", allow_abbrev=False)
    withdraw = actions.add_parser("withdraw", help="take a notice back", allow_abbrev=False)
    discard = actions.add_parser("discard", help="end messages that it holds", allow_abbrev=False)
    for each in (show, held, confirm, withdraw, discard):
        each.add_argument("id")
    for each in (confirm, withdraw, discard):
        each.add_argument("--reason", required=True, help="why, for whoever reads the audit")
    discard.add_argument("message", nargs="*", help="the messages; left out: all that it holds now")
    discard.add_argument("--as", dest="how", choices=("discard", "expire"), default="discard")
    for each in (listing, show, held, confirm, withdraw, discard):
        with_settings(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""

    async def call(store: Store, settings: Settings) -> int:
        if args.action == "list":
            return await _list(store, args)
        made = await _one(store, args.id)
        if args.action == "show":
            print(msgspec.json.format(msgspec.json.encode(made)).decode())
            return 0
        if args.action == "held":
            return await _held(store, settings, made, args.limit)
        return await _change(store, settings, made, args)

    return with_store(args, call)


async def _one(store: Store, suspension_id: str) -> Suspension:
    from gateway.cli import Failure
    from state.model.ids import ID_PATTERN

    known = ID_PATTERN.fullmatch(suspension_id)
    rows = await store.read(suspensions.ONE, suspension_id) if known else []
    if not rows:
        raise Failure(f"there is no suspension {suspension_id}: see parley suspensions list")
    return suspensions.read(rows[0])


async def _list(store: Store, args: argparse.Namespace) -> int:
    rows = await store.read(listings.SUSPENSIONS, LAST, args.limit) if args.all else []
    found = [msgspec.json.decode(row[1], type=Suspension) for row in rows]
    if not args.all:
        found = [suspensions.read(row) for row in await store.read(suspensions.OPEN)][::-1]
    for made in found[: args.limit]:
        ends = f", until {when(made.until)}" if made.until else ""
        proposed = f"; might be lifted: {made.proposal}" if made.proposal and made.stage != "clear" else ""
        print(
            f"{made.id}  {made.stage:9}  {_words(made.scope)}  {made.ground}{ends}: {made.reason}{proposed}"
        )
    return 0


def _words(scope: Scope) -> str:
    names = ("channel", "team", "sender", "contact", "flow", "campaign", "template")
    parts = [f"{name}={getattr(scope, name)}" for name in names if getattr(scope, name)]
    return f"{' '.join(parts) or 'everything'} ({scope.direction})"


async def _held(store: Store, settings: Settings, made: Suspension, limit: int) -> int:
    from state.held import FIRST

    holds = await holds_of(store, await channels_of(store, settings))
    rows = await holds.some(made, FIRST, limit) if made.stage != "clear" else []
    for each in rows:
        print(_line(each))
    return 0


def _line(each: "Waiting") -> str:
    """A message that is held: whose it is, what for, and how it begins; a code is nobody's to read."""
    from gateway import outgoing
    from state.model import cause
    from state.model.content import Content, plain

    row, purpose = each.row, cause.read(each.row.body).purpose
    to = ", ".join(outgoing.urns(row)) or row.talk.contact
    words = plain(msgspec.json.decode(row.message.content, type=Content)) if row.message else ""
    said = "(a code)" if purpose == "one_time_codes" else words.replace("\n", " ")[:60]
    return (
        f"{row.id}  {row.state:8}  {row.channel:16}  {to}  {purpose}  expires {when(row.expires_at)}: {said}"
    )


async def _change(store: Store, settings: Settings, made: Suspension, args: argparse.Namespace) -> int:
    from admin import suspensions as operations
    from admin.operations import OPERATOR, Refused
    from gateway.cli import Failure

    async with means(store, settings) as ready:
        try:
            if args.action == "confirm":
                print(lifted(await operations.confirm(ready, OPERATOR, made.id, args.reason)))
            elif args.action == "withdraw":
                await operations.withdraw(ready, OPERATOR, made.id, args.reason)
                print(f"{made.id}  withdrawn")
            else:
                print(f"{made.id}  {await _discard(store, settings, ready, made, args)} messages ended")
        except (Refused, suspensions.NotInForce) as error:
            raise Failure(str(error)) from error
    return 0


async def _discard(
    store: Store, settings: Settings, ready: "Means", made: Suspension, args: argparse.Namespace
) -> int:
    from admin import suspensions as operations
    from admin.operations import OPERATOR

    if not made.in_force:
        raise suspensions.NotInForce(f"the suspension is {made.stage}: it holds nothing")
    holds = await holds_of(store, await channels_of(store, settings))
    waiting = {each.row.id async for page in holds.pages(made) for each in page}
    chosen = sorted(waiting & set(args.message) if args.message else waiting)
    return await operations.discard(ready, OPERATOR, made, chosen, args.reason, args.how)
