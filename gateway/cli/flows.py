"""`parley flows list|plan|migrate|rollback|restore`: versions of flows, and the conversations that run in them."""

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from conversations.bot import Bot
from conversations.diagram import mermaid, svg
from conversations.errors import FlowError
from conversations.loading import load
from conversations.router import Router, compiled
from gateway.cli.open import router_of, with_store
from gateway.moving import Look, left_alone, look
from gateway.settings import Settings
from gateway.versions import Versions, served
from state import flows
from state.flows import NoVersion, Version
from state.model.turn import Snapshot
from state.store import Store

_BATCH = 200
_ACTOR = "command line"
_WITHDRAWN = "the version is withdrawn; the run goes on under it"


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the versions of the flows that were served")
    plan = actions.add_parser(
        "plan",
        help="what the flows as they are written now mean for running conversations",
    )
    plan.add_argument("flow", nargs="*", help="only these flows")
    plan.add_argument("--json", action="store_true", help="print the plan as JSON")
    migrate = actions.add_parser(
        "migrate", help="move running conversations to the flow as it is written now"
    )
    migrate.add_argument("flow")
    rollback = actions.add_parser("rollback", help="begin runs with the version before this one again")
    rollback.add_argument("flow")
    restore = actions.add_parser("restore", help="begin runs with a version again")
    restore.add_argument("flow")
    restore.add_argument("version")
    diagram = actions.add_parser("diagram", help="draw a flow, as Mermaid text or as SVG")
    diagram.add_argument("bot", help="module:Class or file.py:Class")
    diagram.add_argument("--svg", action="store_true", help="draw an SVG")
    diagram.add_argument(
        "--counts", action="store_true", help="with how many conversations are in each state"
    )
    for each in (migrate, rollback, restore):
        each.add_argument("--reason", required=True, help="why, for the audit")
    for each in (listing, plan, migrate, rollback, restore, diagram):
        with_settings(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    if args.action == "diagram" and not args.counts:
        return _draw(_loaded(args.bot), {}, as_svg=args.svg)

    async def call(store: Store, settings: Settings) -> int:
        match args.action:
            case "list":
                return await _list(store)
            case "plan":
                return await _plan(store, settings, args.flow, as_json=args.json)
            case "migrate":
                return await _migrate(store, settings, args.flow, args.reason)
            case "diagram":
                return await _counted(store, _loaded(args.bot), as_svg=args.svg)
            case "rollback":
                return await _rollback(store, args.flow, args.reason)
        return await _restore(store, args.flow, args.version, args.reason)

    return with_store(args, call)


async def _list(store: Store) -> int:
    chosen: set[str] = set()
    rows = await store.read(flows.LIST)
    if not rows:
        print("no versions yet: parley serve keeps them; parley serve --reload and a demonstration do not")
    for row in rows:
        each = Version(*row)
        current = not each.withdrawn_at and each.flow not in chosen
        status = "withdrawn" if each.withdrawn_at else "current" if current else "older"
        if current:
            chosen.add(each.flow)
        since = datetime.fromtimestamp(each.first_at / 1000, UTC).isoformat(timespec="seconds")
        print(f"{each.flow:24} {each.version:14} {since}  {status}")
    return 0


async def _plan(store: Store, settings: Settings, wanted: list[str], *, as_json: bool) -> int:
    """Print by flow, version and state what becomes of its conversations; 1 where one breaks."""
    router = router_of(settings)
    versions, broken, told = Versions(store, router), False, list[dict[str, object]]()
    withdrawn, current = await _withdrawn(store), await served(store)
    for bot in _named(router, wanted):
        counted: Counter[tuple[str, str, str, str]] = Counter()
        bad = (bot.name, bot.version) in withdrawn
        async for each in look(store, router, versions, bot):
            stays = bad and each.verdict == "current"
            counted[_place(bot, each._replace(verdict="stays", why=_WITHDRAWN) if stays else each)] += 1
        broken = broken or any(verdict == "breaks" for _, _, verdict, _ in counted)
        if as_json:
            row: dict[str, object] = {
                "flow": bot.name,
                "version": bot.version,
                "conversations": _rows(counted),
            }
            told.append(row | ({"withdrawn": True} if bad else {}))
        else:
            _print(bot, counted, f" (withdrawn: runs begin under {current.get(bot.name)})" if bad else "")
    known = {bot.name for bot in router.bots}
    for flow, count in (await left_alone(store, known)).items() if not wanted else ():
        broken, left = True, {"verdict": "breaks", "why": "the flow is not served any more", "count": count}
        told.append({"flow": flow, "version": "", "conversations": [left]})
        if not as_json:
            print(f"{flow}\n  {count:>7} breaks: the flow is not served any more; what goes on is parked")
    if as_json:
        print(msgspec.json.encode(told).decode())
    return 1 if broken else 0


async def _withdrawn(store: Store) -> set[tuple[str, str]]:
    versions = (Version(*row) for row in await store.read(flows.LIST))
    return {(each.flow, each.version) for each in versions if each.withdrawn_at}


def _place(bot: Bot, each: Look) -> tuple[str, str, str, str]:
    stands = each.move.before
    waiting = next((frame for frame in stands.stack if frame.flow == bot.name), None)
    if stands.flow == bot.name or waiting is None:
        return stands.version, stands.state, each.verdict, each.why
    return waiting.version, f"{waiting.state} (waits)", each.verdict, each.why


def _rows(counted: "Counter[tuple[str, str, str, str]]") -> list[dict[str, object]]:
    names = ("version", "state", "verdict", "why")
    return [dict(zip(names, key, strict=True)) | {"count": count} for key, count in sorted(counted.items())]


def _print(bot: Bot, counted: "Counter[tuple[str, str, str, str]]", note: str) -> None:
    print(f"{bot.name} {bot.version}{note}")
    for (version, state, verdict, why), count in sorted(counted.items()):
        print(f"  {count:>7} {verdict:8} {version:14} {state}{f': {why}' if why else ''}")
    if not counted:
        print("  no conversation runs in it")


async def _migrate(store: Store, settings: Settings, name: str, reason: str) -> int:
    from gateway.cli import Failure

    router = router_of(settings)
    (bot,) = _named(router, [name])
    current = (await served(store)).get(name, bot.version)
    if current != bot.version:
        raise Failure(
            f"{name} {bot.version} is not served, {current} is: restart what serves it first; runs stay under their"
            " own version until they are moved"
        )
    versions, batch, done, left = Versions(store, router), [], 0, Counter[str]()
    async for each in look(store, router, versions, bot):
        if each.verdict != "moves":
            left[each.verdict] += each.verdict != "current"
            continue
        batch.append(each.move)
        if len(batch) == _BATCH:
            done += await store.write(flows.move, batch)
            batch = []
            print(f"  {done} moved …", flush=True)
            await asyncio.sleep(0)
    if batch:
        done += await store.write(flows.move, batch)
    await store.write(flows.moved, bot.name, bot.version, _ACTOR, reason, done)
    print(f"{bot.name} {bot.version}: {done} moved, {left['stays']} stay, {left['breaks']} break")
    return 1 if left["breaks"] else 0


async def _rollback(store: Store, name: str, reason: str) -> int:
    from gateway.cli import Failure

    try:
        bad, good = await store.alone(flows.withdraw, name, _ACTOR, reason)
    except NoVersion as error:
        raise Failure(str(error)) from error
    print(
        f"{name}: {bad} is withdrawn; runs begin under {good} within 2 seconds, those of {bad} go on under it"
    )
    return 0


async def _restore(store: Store, name: str, version: str, reason: str) -> int:
    from gateway.cli import Failure

    try:
        await store.alone(flows.restore, name, version, _ACTOR, reason)
    except NoVersion as error:
        raise Failure(str(error)) from error
    print(f"{name}: runs begin under {version} within 2 seconds")
    return 0


async def _counted(store: Store, bot: Bot, *, as_svg: bool) -> int:
    """Draw a flow with how many conversations are in each of its states."""
    counts, after = Counter[str](), ""
    while rows := await store.read(flows.LIVE, after, f'%"flow":"{bot.name}"%', _BATCH):
        for row in rows:
            stands = msgspec.json.decode(row[2], type=Snapshot)
            counts.update(state for flow, state in _stands(stands) if flow == bot.name)
        after = rows[-1][0]
    return _draw(bot, counts, as_svg=as_svg)


def _stands(stands: Snapshot) -> list[tuple[str, str]]:
    return [(stands.flow, stands.state), *((each.flow, each.state) for each in stands.stack)]


def _draw(bot: Bot, counts: Mapping[str, int], *, as_svg: bool) -> int:
    described = bot.describe()
    print(svg(described, counts) if as_svg else mermaid(described, counts), end="")
    return 0


def _loaded(name: str) -> Bot:
    from gateway.cli import Failure

    try:
        return compiled(load(name))
    except FlowError as error:
        raise Failure(str(error)) from error


def _named(router: Router, wanted: Iterable[str]) -> list[Bot]:
    from gateway.cli import Failure

    names = list(wanted)
    for name in names:
        if router.get(name) is None:
            there = ", ".join(bot.name for bot in router.bots) or "none; set bots"
            raise Failure(f"there is no flow {name!r}; there is: {there}")
    return [bot for bot in router.bots if not names or bot.name in names]
