"""`parley hooks add|list|show|remove|deliveries|redeliver|enable|disable|rotate|test`."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.cli.open import seal_of, with_store
from gateway.settings import Settings
from state.model.ids import ID_PATTERN
from state.store import Store

_ON_HOOKS = {
    "show": "one hook, and with --secret what signs",
    "remove": "take a hook away; what waits for it is never told",
    "deliveries": "what a hook was told and answered, newest first",
    "enable": "call a hook again, with all that waits for it",
    "disable": "call a hook no more until it is enabled; what happens waits for it",
    "rotate": "give a hook a fresh secret; the one before signs beside it for a day",
    "test": "tell a hook something, to try it",
}


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The commands and their flags."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a hook; shows its secret", allow_abbrev=False)
    add.add_argument("url", help="where to post")
    add.add_argument(
        "--event", action="append", required=True, metavar="TYPE",
        help="a type, a group as suspension.*, or *; may be given again",
    )  # fmt: skip
    add.add_argument("--team", default="", help="only what concerns this team and those below it")
    actions.add_parser("list", help="all hooks", allow_abbrev=False)
    for each, meaning in _ON_HOOKS.items():
        actions.add_parser(each, help=meaning, allow_abbrev=False).add_argument("id")
    again = actions.add_parser("redeliver", help="tell it once more", allow_abbrev=False)
    again.add_argument("id", nargs="*", metavar="DELIVERY")
    again.add_argument("--failed", metavar="HOOK", default="", help="all that this hook did not take")
    actions.choices["show"].add_argument("--secret", action="store_true", help="that it was shown is noted")
    actions.choices["deliveries"].add_argument("--limit", type=int, default=20)
    _finish(actions.choices)


def _finish(actions: Any) -> None:
    """What several commands share."""
    from gateway.cli import with_settings

    for name, each in actions.items():
        if name in ("list", "show", "deliveries"):
            each.add_argument("--json", action="store_true")
        if name in ("remove", "enable", "disable", "rotate", "redeliver"):
            each.add_argument("--reason", default="", help="for the audit")
        with_settings(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from admin.operations import Refused
    from gateway.cli import Failure
    from state.deliveries import NoDelivery
    from state.hooks import NoHook
    from state.seal import SealError

    work = {
        "add": _add, "list": _list, "show": _show, "deliveries": _deliveries, "redeliver": _redeliver, "test": _test,
    }.get(args.action, _change)  # fmt: skip

    async def call(store: Store, settings: Settings) -> int:
        try:
            return await work(store, settings, args)
        except (Refused, NoHook, NoDelivery, SealError) as error:
            raise Failure(str(error)) from error

    _check_ids(args)
    return with_store(args, call)


def _check_ids(args: argparse.Namespace) -> None:
    from gateway.cli import Failure

    given = getattr(args, "id", ())
    failed = getattr(args, "failed", "")
    for each in [given] if isinstance(given, str) else [*given, *filter(None, [failed])]:
        if not ID_PATTERN.fullmatch(each):
            raise Failure(
                f"{each!r} is no id: parley hooks list shows hooks, parley hooks deliveries what they were told"
            )


async def _add(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import hooks as operations
    from admin.operations import OPERATOR

    new = operations.NewHook(args.url, args.event, args.team, settings.allow_private_urls)
    one = await operations.add(store, seal_of(settings), OPERATOR, new)
    print(
        f"hook {one.id} is made; what signs is\n{await operations.reveal(store, seal_of(settings), OPERATOR, one.id)}"
    )
    print(f"parley hooks test {one.id} tries it")
    return 0


async def _list(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from gateway.api.hooks import view
    from state import hooks

    found = [view(hooks.Hook(*row)) for row in await store.read(hooks.ALL)]
    if args.json:
        _json(found)
        return 0
    for each in found:
        state = f"disabled: {each.disabled_for or 'no reason given'}" if each.disabled else "on"
        print(f"{each.id}  {each.url}  {' '.join(each.events)}  {each.team or 'all teams'}  {state}")
    return 0


async def _show(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import hooks as operations
    from admin.operations import OPERATOR
    from gateway.api.hooks import view
    from state import hooks

    found = [hooks.Hook(*row) for row in await store.read(hooks.ALL) if row[0] == args.id]
    if not found:
        raise hooks.NoHook(f"there is no hook {args.id}")
    shown: dict[str, Any] = msgspec.to_builtins(view(found[0]))
    if args.secret:
        shown["secret"] = await operations.reveal(store, seal_of(settings), OPERATOR, args.id)
    if args.json:
        _json(shown)
    else:
        _lines(shown)
    return 0


def _lines(shown: dict[str, Any]) -> None:
    for name, value in shown.items():
        print(
            f"{name:13} {' '.join(value) if isinstance(value, Sequence) and not isinstance(value, str) else value}"
        )


async def _change(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import hooks as operations
    from admin.operations import OPERATOR

    if args.action == "rotate":
        await operations.rotate(store, seal_of(settings), OPERATOR, args.id, args.reason)
        print(await operations.reveal(store, seal_of(settings), OPERATOR, args.id))
        return 0
    work = {"remove": operations.remove, "enable": operations.enable, "disable": operations.disable}[
        args.action
    ]
    one = await work(store, OPERATOR, args.id, args.reason)
    print(f"hook {one.id} ({one.url}): {args.action}d")
    return 0


async def _deliveries(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from gateway.api.hooks import delivery
    from state import deliveries
    from state.hooks import Delivery
    from state.messages import LAST

    rows = await store.read(deliveries.OF_HOOK, args.id, LAST, args.limit)
    found = [delivery(Delivery(*row)) for row in rows]
    if args.json:
        _json(found)
        return 0
    for each in found:
        said = each.answer and f"{each.answer.status or each.answer.fault} {each.answer.answer[:60]!r}"
        print(
            f"{each.id}  {_time(each.at)}  {each.type:20} {each.state:9} tries {each.attempts}  {said or ''}"
        )
    return 0


def _time(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")


async def _redeliver(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import hooks as operations
    from admin.operations import OPERATOR
    from gateway.cli import Failure

    if bool(args.id) == bool(args.failed):
        raise Failure("name deliveries, or a hook with --failed")
    if args.failed:
        count = await operations.redeliver_failed(store, OPERATOR, args.failed, args.reason)
        print(f"{count} deliveries wait again")
    for each in args.id:
        made = await operations.redeliver(store, OPERATOR, each, args.reason)
        print(f"{made.id} waits again")
    return 0


async def _test(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    from admin import hooks as operations
    from admin.operations import OPERATOR

    made = await operations.trial(store, OPERATOR, args.id, settings.public_url or "urn:parley")
    print(f"delivery {made.id} waits; a gateway that runs makes it within a second")
    print(f"parley hooks deliveries {args.id} shows what came of it")
    return 0


def _json(value: Any) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
