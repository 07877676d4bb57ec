"""`parley channels add|set|list|show|remove`, and the commands of their terms and templates."""

import argparse
import getpass
import sys

import msgspec

from gateway.cli import templates, terms
from gateway.cli.open import seal_of, with_store
from gateway.logs import redactor
from gateway.settings import Settings
from gateway.teams import open_without_country, silent
from gateway.terms import standings
from state import channels as rows
from state.channels import Record
from state.seal import SealError
from state.store import Store
from state.teams import LIST, by_id


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = _adding(actions)
    change = actions.add_parser("set", help="change settings or secrets of a channel")
    change.add_argument("id")
    change.add_argument("--reason", default="", help="for the audit")
    for each in (add, change):
        each.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting")
        each.add_argument(
            "--secret", action="append", default=[], metavar="NAME[=VALUE]",
            help="a secret; without VALUE it is asked for, or read from what is piped in, one a line",
        )  # fmt: skip
        each.add_argument("--flow", default=None, help="the flow that answers here; else the router decides")
    listing = actions.add_parser("list", help="all channels")
    show = actions.add_parser("show", help="one channel, without its secrets")
    show.add_argument("id")
    remove = actions.add_parser("remove", help="take a channel out of use; its messages stay")
    remove.add_argument("id")
    remove.add_argument("--reason", default="", help="for the audit")
    for each in (listing, show):
        each.add_argument("--json", action="store_true")
    for each in (add, change, listing, show, remove):
        with_settings(each)
    terms.declare(actions)
    templates.declare(actions)


def _adding(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    from connectors import registry

    add = actions.add_parser("add", help="connect an account", allow_abbrev=False)
    add.add_argument("id", help="its name here, as in /webhooks/NAME")
    add.add_argument(
        "--type", required=True, help=f"the kind of account: {', '.join(sorted(registry.TYPES))}"
    )
    add.add_argument(
        "--simulated", action="store_true", help="its provider is played, by `parley demo` alone"
    )
    add.add_argument(
        "--accept-terms", action="store_true",
        help="accept what `parley channels terms NAME` shows; nothing is sent before",
    )  # fmt: skip
    add.add_argument("--team", default="default", help="the team it belongs to; default without")
    return add


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    work = {
        "add": _add, "set": _set, "list": _list, "show": _show, "remove": _remove, "terms": terms.show,
        "accept": terms.accept, "tasks": terms.tasks,
        "templates": templates.show,
    }[args.action]  # fmt: skip

    if args.action in ("add", "set"):  # before the database is opened: whoever is asked may change their mind
        args.given = _pairs(args.set, secret=False), _pairs(args.secret, secret=True)

    async def call(store: Store, settings: Settings) -> int:
        return await work(store, settings, args)

    return with_store(args, call)


def _pairs(given: list[str], *, secret: bool) -> dict[str, str]:
    from gateway.cli import Failure

    pairs: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals and secret:
            value = _asked(name)
        elif not equals:
            raise Failure(f"--set {each}: NAME=VALUE is expected")
        pairs[name] = value
    return pairs


def _asked(name: str) -> str:
    """A secret that is typed, or comes as the next line of what is piped in."""
    from gateway.cli import Failure

    try:
        value = getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)
        value = ""
    if not value:
        raise Failure(f"{name}: nothing was entered; type it when asked, or pipe the secrets in, one a line")
    return value


async def _add(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import operations
    from connectors import registry
    from gateway.cli import Failure
    from gateway.connect import connect, door

    public, secrets = args.given
    flow = _flow(settings, args.flow)
    new = operations.NewChannel(
        args.id, args.type, public, secrets, team=args.team, simulated=args.simulated, flow=flow
    )
    try:
        await connect(store, seal_of(settings), operations.OPERATOR, new, accept=args.accept_terms)
    except registry.UnknownType as error:
        raise Failure(str(error)) from error
    except operations.Refused as error:
        raise Failure(str(error)) from error
    print(f"channel {args.id} is connected; {_reached(door(args.type, args.id), settings.public_url)}")
    print("a gateway that runs takes it up within 5 seconds")
    if args.demo:  # nobody is real there, so its team needs no country
        await open_without_country(store, operations.OPERATOR)
    if not args.accept_terms:
        which = f"{args.id} --demo" if args.demo else args.id
        print(
            f"it sends nothing before its terms are accepted: read them with `parley channels terms {which}`,"
            f" then `parley channels accept {which}`"
        )
    if why := silent(by_id(await store.read(LIST)), settings.country).get(args.team):
        print(f"team {args.team}: {why}")
    return 0


def _reached(door: str, public_url: str) -> str:
    """Where its provider or its apps are to call."""
    if not door:
        return "the gateway calls its provider, which needs no address of ours"
    what = "its webhook is" if door.startswith("/webhooks/") else "apps connect to"
    where = (
        f"{public_url}{door}"
        if public_url
        else f"{door} at the gateway's public address (public_url is not set here)"
    )
    return f"{what} {where}"


def _flow(settings: Settings, flow: str | None) -> str:
    """The flow that is to answer, where the settings serve it; raises Failure."""
    from gateway.cli import Failure

    served = {each.rpartition(":")[2] for each in settings.bots}
    if flow and served and flow not in served:
        raise Failure(f"--flow {flow}: no such flow is served here; bots has {', '.join(sorted(served))}")
    return flow or ""


async def _set(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import operations
    from gateway.cli import Failure
    from gateway.connect import change

    public, secrets = args.given
    flow = None if args.flow is None else _flow(settings, args.flow)
    changed = operations.Changed(args.id, public, secrets, flow, args.reason)
    try:
        await change(store, seal_of(settings), operations.OPERATOR, changed)
    except (operations.Refused, SealError) as error:
        raise Failure(str(error)) from error
    print(f"channel {args.id} is changed; a gateway that runs takes it up within 5 seconds")
    return 0


async def _records(store: Store) -> list[Record]:
    return [Record(*row) for row in await store.read(rows.LIST)]


def _public(record: Record) -> dict[str, object]:
    return {
        "id": record.id,
        "type": record.type,
        "team": record.team,
        "account": record.account,
        "settings": record.public(),
        "secrets": "sealed" if record.sealed else "none",
        "simulated": bool(record.simulated),
        "flow": record.flow,
        "last_error": redactor.hide(record.last_error),
    }


async def _list(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    records = await _records(store)
    waiting = {each.channel for each in await standings(store) if each.task}
    if args.json:
        shown = [{**_public(each), "terms_accepted": each.id not in waiting} for each in records]
        print(msgspec.json.encode(shown).decode())
    elif not records:
        print("no channels yet: parley channels add NAME --type whatsapp …")
    else:
        print(f"{'CHANNEL':20} {'TYPE':24} {'ACCOUNT':20} LAST ERROR")
        for each in records:
            trouble = _broken(each, settings) or redactor.hide(each.last_error) or "no errors"
            kind = f"{each.type}{' (simulated)' if each.simulated else ''}"
            note = "; its terms are not accepted" if each.id in waiting else ""
            print(f"{each.id:20} {kind:24} {each.account:20} {trouble}{note}")
    return 0


def _broken(record: Record, settings: Settings) -> str:
    """Why a channel cannot work, with these settings."""
    from connectors import registry
    from gateway.channels import open_channel

    try:
        registry.connector(record.type)(open_channel(record, seal_of(settings)))
    except (ValueError, SealError) as error:
        return f"cannot work: {redactor.hide(str(error))}"
    return ""


async def _show(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from gateway.cli import Failure

    for each in await _records(store):
        if each.id == args.id:
            text = msgspec.json.encode(_public(each))
            print((text if args.json else msgspec.json.format(text)).decode())
            return 0
    raise Failure(f"there is no channel {args.id!r}")


async def _remove(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import operations
    from gateway.cli import Failure

    if not await operations.remove_channel(store, operations.OPERATOR, args.id, args.reason):
        raise Failure(f"there is no channel {args.id!r}")
    print(f"channel {args.id} is out of use")
    return 0
