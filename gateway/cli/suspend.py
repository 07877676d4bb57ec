"""`parley suspend` and `parley lift`: beside a running gateway, or without one."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, get_args

from gateway.cli import ledgers
from gateway.cli.open import seal_of, with_store
from gateway.settings import Settings
from state.model.suspension import GROUNDS, Held, Order, Reach, Scope, Suspension
from state.store import Store, sqlite_path

if TYPE_CHECKING:
    from admin.suspensions import Means
    from gateway.channels import Channels
    from gateway.holds import Holds

_FIELDS = ("channel", "team", "sender", "contact", "flow", "campaign", "template")


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The scope, or the suspension, and why."""
    from gateway.cli import with_settings

    if name == "suspend":
        for each in _FIELDS:
            known = ": an address, or an id" if each == "contact" else ""
            command.add_argument(f"--{each}", default="", help=f"only what has this {each}{known}")
        command.add_argument("--all", action="store_true", help="everything: no field is given")
        command.add_argument("--direction", choices=get_args(Reach), default="outbound")
        command.add_argument("--reason", default="", help="why, for whoever reads the audit")
        command.add_argument("--ground", choices=GROUNDS, default="operator")
        command.add_argument(
            "--until", default="", metavar="TIME", help="when it ends by itself (a day, or ISO 8601)"
        )
        command.add_argument("--condition", default="", help="when somebody is to lift it, in words")
        command.add_argument("--notice", default="", help="what the team is told")
        command.add_argument(
            "--lead",
            type=int,
            default=0,
            metavar="SECONDS",
            help="announce it first; for a suspected fraud at least notice_seconds, which is what counts without",
        )
        command.add_argument(
            "--evidence", action="append", default=[], metavar="ID", help="a signal, message or decision"
        )
        command.add_argument("--two", action="store_true", help="a lift has to be confirmed by another actor")
        command.add_argument(
            "--dry-run", action="store_true", help="only say what would stop, be held, expire"
        )
    else:
        command.add_argument("id", help="the suspension")
        command.add_argument("--reason", required=True, help="why, for whoever reads the audit")
        command.add_argument(
            "--held", choices=get_args(Held), default="resume", help="what becomes of what is held"
        )
    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""

    async def call(store: Store, settings: Settings) -> int:
        async with means(store, settings) as ready:
            return await (_suspend if args.command == "suspend" else _lift)(args, store, settings, ready)

    return with_store(args, call)


@asynccontextmanager
async def means(store: Store, settings: Settings) -> "AsyncIterator[Means]":
    """What suspending needs where no gateway runs in this process; nodes are woken through Redis where there is one."""
    from admin.suspensions import Means
    from conversations import hooks
    from conversations.errors import FlowError
    from gateway.cli import Failure
    from gateway.fence import Gate, NobodysGate
    from gateway.hooks.authors import Authors
    from gateway.hooks.observer import Telling
    from gateway.wake import Wake
    from state.sqlite import owned

    try:
        authors = Authors(hooks.load(settings.hooks, settings.bots, settings.bot_path))
    except FlowError as error:
        raise Failure(str(error)) from error
    wake = Wake(settings.redis)
    wake.start()
    gate = Gate(store, wake)
    if not store.shared:
        gate = NobodysGate(store, wake, partial(owned, sqlite_path(settings.database)))
    try:
        yield Means(store, gate, Telling(store, authors, wake), settings.notice_seconds)
        await authors.idle()
    finally:
        await wake.stop()


async def channels_of(store: Store, settings: Settings) -> "Channels":
    """The channels as they are stored."""
    from gateway.channels import Channels
    from gateway.wake import Wake

    channels = Channels(store, Wake(), seal_of(settings))
    await channels.load()
    return channels


async def holds_of(store: Store, channels: "Channels") -> "Holds":
    """What scopes hold, with the channels and the teams as they are stored."""
    from gateway.holds import Holds
    from gateway.teams import Teams
    from gateway.wake import Wake

    teams = Teams(store, Wake())
    await teams.load()
    return Holds(store, channels, teams)


async def _suspend(args: argparse.Namespace, store: Store, settings: Settings, ready: "Means") -> int:
    from admin import scopes, suspensions
    from admin.operations import OPERATOR, Refused
    from gateway.cli import Failure

    channels = await channels_of(store, settings)
    scope = _scope(args)
    if scope.channel and channels.get(scope.channel) is None:
        raise Failure(f"there is no channel {scope.channel!r}: see parley channels list")
    holds, until = await holds_of(store, channels), _time(args.until)
    try:
        scope = await scopes.found(store, scope)
    except Refused as error:
        raise Failure(f"--{error.field}: {error.reason}") from error
    if args.dry_run:
        return await _preview(holds, scope, until)
    order = Order(
        scope=scope, reason=args.reason, ground=args.ground, evidence=tuple(args.evidence), notice=args.notice,
        lead=args.lead, until=until, condition=args.condition, two=args.two,
    )  # fmt: skip
    try:
        made = await suspensions.suspend(ready, OPERATOR, order)
    except Refused as error:
        raise Failure(f"--{error.field}: {error.reason}") from error
    except suspensions.Vetoed as error:
        raise Failure(str(error)) from error
    if made.stage == "noticed":
        print(f"{made.id}  announced; in force at {when(made.due_at)}")
        await _tell_unknown(holds, scope)
        return 0
    flying = await holds.in_flight(scope)
    print(f"{made.id}  in force; {await holds.count(scope)} messages held, {len(flying)} on their way")
    for message in flying:
        print(f"  on its way  {message}")
    await _tell_unknown(holds, scope)
    return 0


async def _tell_unknown(holds: "Holds", scope: Scope) -> None:
    """Say which names of a scope nothing is known by: perhaps they are to come, perhaps they are misspelt."""
    for name in await holds.unknown(scope):
        print(f"  no {name} {getattr(scope, name)!r} is known now: only what comes later is stopped by it")


def _scope(args: argparse.Namespace) -> Scope:
    from gateway.cli import Failure

    fields = {each: getattr(args, each) for each in _FIELDS}
    if any(fields.values()) == args.all:
        raise Failure("say what to suspend (--channel, --team, --template …), or --all for everything")
    return Scope(**fields, direction=args.direction)


def _time(text: str) -> int:
    from gateway.cli import Failure

    try:
        return ledgers.moment(text) if text else 0
    except argparse.ArgumentTypeError as error:
        raise Failure(f"--until: {error}") from error


async def _preview(holds: "Holds", scope: Scope, until: int) -> int:
    from gateway.holds import Holds

    assert isinstance(holds, Holds)
    print(
        f"{'channel':20}{'sent in 24 h':>13}{'on their way':>13}{'held':>8}{'scheduled':>10}{'expiring':>9}"
    )
    for stop in await holds.preview(scope, until):
        print(
            f"{stop.channel:20}{stop.sent:>13}{stop.in_flight:>13}{stop.held:>8}{stop.scheduled:>10}"
            f"{stop.expiring:>9}"
        )
    await _tell_unknown(holds, scope)
    print(
        "nothing was suspended; held: due, and would wait; expiring: their validity ends before the suspension"
    )
    return 0


async def _lift(args: argparse.Namespace, store: Store, settings: Settings, ready: "Means") -> int:
    from admin import suspensions
    from admin.operations import OPERATOR, Refused
    from gateway.cli import Failure
    from state.suspensions import NotInForce

    try:
        made = await suspensions.lift(ready, OPERATOR, args.id, args.reason, args.held)
    except (Refused, NotInForce) as error:
        raise Failure(str(error)) from error
    print(lifted(made))
    return 0


def lifted(made: Suspension) -> str:
    """What came of a lift, in words."""
    if made.stage == "suspended":
        return f"{made.id}  asked for; another actor has to confirm it: parley suspensions confirm {made.id}"
    if made.stage == "lifting":
        return f"{made.id}  being lifted: the gateway ends what is held ({made.held}), then it is over"
    return f"{made.id}  lifted; what was held is decided again, in order"


def when(ms: int) -> str:
    """A time (milliseconds, UTC) as it is printed."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
