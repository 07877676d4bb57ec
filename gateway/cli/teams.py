"""`parley teams add|list|show|set|activate`."""

import argparse
from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.cli.open import with_store
from gateway.settings import Settings
from state.model.team import Team
from state.store import Store


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The five commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a team", allow_abbrev=False)
    listing = actions.add_parser("list", help="all teams", allow_abbrev=False)
    show = actions.add_parser("show", help="one team, and what holds for it", allow_abbrev=False)
    change = actions.add_parser("set", help="change a team", allow_abbrev=False)
    activate = actions.add_parser("activate", help="let a team send", allow_abbrev=False)
    for each in (add, show, change, activate):
        each.add_argument("id")
    for each in (add, change):
        each.add_argument("--name", default=None, help="what people call it")
        each.add_argument("--parent", default=None, help="the team above it; '' for none")
        each.add_argument(
            "--country", dest="where", default=None, metavar="CC", help="where it is (ISO 3166, two letters)"
        )
        each.add_argument(
            "--set", action="append", default=[], metavar="NAME=JSON",
            help="a setting of docs/teams.md, as unknown_age='\"refuse\"'; null takes it back",
        )  # fmt: skip
    change.add_argument("--reason", default="", help="for the audit")
    for each in (listing, show):
        each.add_argument("--json", action="store_true")
    for each in (add, listing, show, change, activate):
        with_settings(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from admin.operations import Refused
    from admin.teams import begin
    from gateway.cli import Failure

    work = {"add": _add, "list": _list, "show": _show, "set": _set, "activate": _activate}[args.action]

    async def call(store: Store, settings: Settings) -> int:
        await begin(store)
        try:
            return await work(store, args)
        except Refused as error:
            raise Failure(str(error)) from error

    return with_store(args, call)


def _settings(given: list[str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with those that were given; raises Failure."""
    from gateway.cli import Failure

    values = dict(before)
    for each in given:
        name, equals, text = each.partition("=")
        if not equals:
            raise Failure(f"--set {each}: NAME=JSON is expected")
        try:
            values[name] = msgspec.json.decode(text)
        except msgspec.DecodeError:
            values[name] = text  # a plain word
    return values


async def _all(store: Store) -> Mapping[str, Team]:
    from state import teams

    return teams.by_id(await store.read(teams.LIST))


async def _one(store: Store, team_id: str) -> tuple[Mapping[str, Team], Team]:
    from gateway.cli import Failure

    known = await _all(store)
    if team_id not in known:
        raise Failure(f"there is no team {team_id!r}: parley teams list shows those there are")
    return known, known[team_id]


async def _add(store: Store, args: argparse.Namespace) -> int:
    from admin import operations, teams
    from gateway.teams import check_own

    new = Team(
        id=args.id, name=args.name or "", parent=args.parent or "", country=args.where or "",
        settings=_settings(args.set, {}),
    )  # fmt: skip
    check_own(new.settings)
    await teams.add_team(store, operations.OPERATOR, new)
    print(f"team {args.id} is made; let it send with `parley teams activate {args.id}`")
    return 0


async def _set(store: Store, args: argparse.Namespace) -> int:
    from admin import operations, teams
    from gateway.policy.offered import offered
    from gateway.teams import check_own, silent

    _, old = await _one(store, args.id)
    settings = _settings(args.set, old.settings) if args.set else None
    check_own(settings or {})
    changed = teams.Changed(args.name, args.parent, args.where, settings, args.reason)
    await teams.change_team(store, operations.OPERATOR, args.id, changed, offered())
    print(f"team {args.id} is changed; a gateway that runs takes it up within 5 seconds")
    if why := silent(await _all(store)).get(args.id):
        print(why)
    return 0


async def _activate(store: Store, args: argparse.Namespace) -> int:
    from admin import operations, teams
    from gateway.policy.offered import offered

    await teams.activate_team(store, operations.OPERATOR, args.id, offered())
    print(f"team {args.id} is active; a gateway that runs takes it up within 5 seconds")
    return 0


async def _list(store: Store, args: argparse.Namespace) -> int:
    known = await _all(store)
    if args.json:
        print(msgspec.json.encode([_public(known, each) for each in known.values()]).decode())
    else:
        from gateway.teams import silent

        waiting = silent(known)
        for each in known.values():
            print(
                f"{each.id:20} {each.country or '–':3} {each.parent or '–':20} {waiting.get(each.id, 'active')}"
            )
    return 0


async def _show(store: Store, args: argparse.Namespace) -> int:
    known, found = await _one(store, args.id)
    text = msgspec.json.encode(_public(known, found))
    print((text if args.json else msgspec.json.format(text)).decode())
    return 0


def _public(known: Mapping[str, Team], team: Team) -> dict[str, object]:
    from state.model.team import above, settings_of

    return {
        "id": team.id,
        "name": team.name,
        "parent": team.parent,
        "country": team.country,
        "active": bool(team.active_since),
        "settings": team.settings,
        "above": above(known, team.id)[1:],
        "holds": settings_of(known, team.id),
    }
