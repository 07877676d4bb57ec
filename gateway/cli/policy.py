"""`parley policy show|check|plan|why`: what holds, whether a pack is sound, what it changes, why it was decided."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from gateway import policy
from gateway.cli.open import seal_of, with_store
from gateway.hindsight import Hindsight, Lost
from gateway.policy import said, telling
from gateway.policy.entries import Rows
from gateway.policy.faults import faults
from gateway.policy.pack import Pack
from gateway.policy.plan import Group, Plan
from gateway.settings import Settings
from state import listings, messages, past
from state.model.consent import Consent
from state.model.content import plain
from state.model.ids import lane_of_id, now_ms
from state.model.message import Decision, Message
from state.store import Store

_DAY = 86_400_000
_TOLD = 10_000
"""Decisions between two signs of life."""


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The four commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser(
        "show", help="the rules' figures with their sources, by table", allow_abbrev=False
    )
    show.add_argument("--pack", metavar="FOLDER", help="of another pack than the one in force")
    show.add_argument("--at", metavar="DATE", help="that hold on a day (YYYY-MM-DD); today")
    show.add_argument("--table", default="", choices=Rows.__struct_fields__, help="one table alone")
    show.add_argument("--json", action="store_true", help="print the rows as JSON")
    check = actions.add_parser(
        "check", help="what is wrong in a pack, by file and row; exits with 1 where there is something",
        allow_abbrev=False,
    )  # fmt: skip
    check.add_argument("folder")
    plan = actions.add_parser(
        "plan", help="what another pack would have decided of what was sent lately", allow_abbrev=False,
        description="Exits with 0 where nothing would change, with 1 where something would, with 2 where the pack"
        " cannot be read. Without --pack it looks at what earlier packs have decided, by the one in force now.",
    )  # fmt: skip
    plan.add_argument("--pack", metavar="FOLDER", help="the other pack")
    plan.add_argument("--days", type=int, default=7, help="how many days to look back (7)")
    plan.add_argument("--json", action="store_true", help="print the plan as JSON")
    why = actions.add_parser(
        "why", help="the decisions about a message: every rule, what it read, what to do", allow_abbrev=False
    )
    why.add_argument("message", help="its id")
    for each in (plan, why):
        with_settings(each)
    for each in (show, check):
        each.add_argument(
            "--demo", action="store_true", help="as with every command; rules are the same there"
        )


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    match args.action:
        case "check":
            return _check(Path(args.folder))
        case "show":
            return _show(args)
        case "why":
            return with_store(args, lambda store, _: _why(store, args.message))
    found = faults(Path(args.pack)) if args.pack else []
    if found:  # what never matches would be told as a change
        print("\n".join(f"parley policy: {each}" for each in found), file=sys.stderr)
        return 2
    pack = policy.load(Path(args.pack)) if args.pack else policy.standard()
    return with_store(
        args, lambda store, settings: _plan(store, settings, pack, args.days, as_json=args.json)
    )


def _check(folder: Path) -> int:
    found = faults(folder)
    for each in found:
        print(each)
    if not found:
        print(f"{policy.load(folder).version}: nothing is wrong")
    return 1 if found else 0


def _show(args: argparse.Namespace) -> int:
    from gateway.cli import Failure

    try:
        day = datetime.strptime(args.at, "%Y-%m-%d").replace(tzinfo=UTC) if args.at else datetime.now(UTC)
    except ValueError as error:
        raise Failure(f"--at: {args.at!r} is no day, as 2027-03-01") from error
    if args.pack and (wrong := faults(Path(args.pack))):
        raise Failure(f"{wrong[0]}; see parley policy check {args.pack}")
    pack = policy.load(Path(args.pack)) if args.pack else policy.standard()
    rows = pack.as_of(int(day.timestamp() * 1000)).rows
    if args.json:
        found = {args.table: getattr(rows, args.table)} if args.table else rows
        print(msgspec.json.encode(found).decode())
        return 0
    print(f"rules {pack.version}, as of {day:%Y-%m-%d}")
    for line in telling.pack(rows, args.table):
        print(line)
    return 0


async def _plan(store: Store, settings: Settings, pack: Pack, days: int, *, as_json: bool) -> int:
    until = now_ms()
    since = until - days * _DAY
    plan = Plan(policy.standard(), pack)
    sight = await _hindsight(store, settings)
    look = max(each.as_of(until).longest_look for each in (plan.standard, pack))
    started = time.monotonic()
    async for page in past.pages(store, since, until, look):
        told = plan.total // _TOLD
        for was in page:
            _take(plan, sight, was)
        if plan.total // _TOLD > told:
            rate = plan.total / (time.monotonic() - started)
            print(f"{plan.total:,} decisions, {rate:,.0f} a second", file=sys.stderr)
    print(msgspec.json.encode(_as_data(plan)).decode() if as_json else "\n".join(_lines(plan, days)))
    return 1 if plan.changes else 0


async def _hindsight(store: Store, settings: Settings) -> Hindsight:
    """What gathers facts as the gateway does; nothing of it is started."""
    from gateway.channels import Channels
    from gateway.fence import Fence
    from gateway.grounds import Grounds
    from gateway.licences import Licences
    from gateway.teams import Teams
    from gateway.templates import Templates
    from gateway.voice import Voice
    from gateway.wake import Wake

    wake = Wake()
    channels = Channels(store, wake, seal_of(settings))
    await channels.load()
    teams, licences, templates = Teams(store, wake), Licences(store, wake), Templates(store)
    for each in (teams, licences, templates):
        await each.load()
    voice = Voice(channels, teams, tells=settings.notices)
    fence = Fence(store, wake, "a plan", settings.permit_seconds)
    grounds = Grounds(fence, voice, teams, licences, templates)
    return Hindsight(channels, grounds, await past.suspensions(store))


def _take(plan: Plan, sight: Hindsight, was: past.Was) -> None:
    if not was.made.pack:  # without rules: its channel was removed
        plan.stays()
        return
    try:
        plan.add(was.message, was.made, sight.facts(was))
    except Lost as lost:
        plan.miss(str(lost))


def _lines(plan: Plan, days: int) -> Iterator[str]:
    yield f"{plan.total:,} decisions of {days} days, by {plan.pack.version}"
    yield from _groups(plan.changes) if plan.changes else ("nothing would change",)
    yield f"{plan.same:,} stay as they are"
    if plan.unchecked:
        yield f"{plan.unchecked:,} were made by earlier packs: that their facts are what they were is not checked"
    lost = sum(plan.missing.values())
    otherwise = sum(each.decisions for each in plan.otherwise)
    if lost or otherwise:
        yield f"{lost + otherwise:,} could not be put together again, and are not compared"
    yield from (f"  {count:>8,}  {why}" for why, count in plan.missing.items())
    if otherwise:
        yield f"  {otherwise:>8,}  by {plan.standard.version} their facts, as they are now, give another decision:"
        yield from _groups(plan.otherwise)


def _groups(groups: Iterable[Group]) -> Iterator[str]:
    for each in groups:
        more = " …" if each.decisions > len(each.messages) else ""
        yield f"  {each.decisions:>8,}  {each.change.before} -> {each.change.after}"
        yield f"            {' '.join(each.messages)}{more}"


def _as_data(plan: Plan) -> dict[str, Any]:
    return {
        "decisions": plan.total,
        "standard": plan.standard.version,
        "pack": plan.pack.version,
        "changes": plan.changes,
        "same": plan.same,
        "unchecked": plan.unchecked,
        "otherwise": plan.otherwise,
        "missing": plan.missing,
    }


async def _why(store: Store, message_id: str) -> int:
    from gateway.cli import Failure

    try:
        message = await messages.one(store, message_id)
    except ValueError as error:
        raise Failure(str(error)) from error
    if message is None:
        raise Failure(f"there is no message {message_id}")
    if message.direction == "in":
        raise Failure("the customer sent it: only what is sent to them is decided about")
    print(_head(message))
    made = await messages.decisions(store, message_id)
    for each in made:
        print()
        for line in [*telling.decision(each), *await _facts(store, each)]:
            print(line)
    if told := await _waiting(store, message_id, decided=bool(made)):
        print(told)
    return 0


def _head(message: Message) -> str:
    why = message.cause
    words = plain(message.content).replace("\n", " ")[:60]
    names = (("flow", why.flow), ("campaign", why.campaign), ("asked for by", why.actor))
    more = "".join(f", {name} {value}" for name, value in names if value)
    return f"{message.id} on {message.channel}, purpose {why.purpose}{more}: {words}"


async def _facts(store: Store, made: Decision) -> list[str]:
    """The facts of the ledger that its rules went by, in words."""
    ids = [each.inputs[name] for each in made.rules for name in ("fact", "confirms") if each.inputs.get(name)]
    rows = [await store.read(past.FACT, each) for each in ids]
    return [telling.fact(msgspec.json.decode(found[0][0], type=Consent)) for found in rows if found]


async def _waiting(store: Store, message_id: str, *, decided: bool) -> str:
    """What a message waits for beside its decisions, in words; "" where that is nothing."""
    key = message_id, lane_of_id(message_id)
    if ahead := await store.read(listings.AHEAD, *key):
        first, state, due = ahead[0]
        return (
            f"it stands behind {first}, which has to leave first and is {state}, due at {said.minute(due)}:"
            f" see parley policy why {first}"
        )
    if decided:
        return ""
    if rows := await store.read(listings.IN_QUEUE, *key):
        return f"nothing is decided yet: it is {rows[0][0]}, due at {said.minute(rows[0][1])}"
    return "nothing was decided: it was canceled before, or its decisions have left by retention"
