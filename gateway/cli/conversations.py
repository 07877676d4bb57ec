"""`parley conversations list|show|resume`: where they stand, and letting one go on that an error has parked."""

import argparse
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from gateway.cli.open import router_of, with_store
from gateway.logs import redactor
from gateway.settings import Settings
from state import interventions, journals, messages
from state.model.content import plain
from state.model.ids import time_of_id
from state.model.message import Message
from state.model.turn import Snapshot
from state.statements import Row
from state.store import Store

if TYPE_CHECKING:
    from gateway.moving import Look
    from state.flows import Move

_PAGE = 200


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The three commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="where conversations stand, newest first")
    listing.add_argument("--limit", type=int, default=50)
    listing.add_argument("--mode", choices=("bot", "person", "parked"), help="only those in this mode")
    show = actions.add_parser("show", help="one conversation with its last messages")
    show.add_argument("id")
    show.add_argument("--limit", type=int, default=20)
    resume = actions.add_parser("resume", help="let parked ones go on, after the cause is mended")
    resume.add_argument("id", nargs="+")
    resume.add_argument("--reason", required=True, help="why, for the audit")
    resume.add_argument(
        "--restart", action="store_true", help="from the flow's start instead of where it stands"
    )
    for each in (listing, show, resume):
        with_settings(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""

    async def call(store: Store, settings: Settings) -> int:
        if args.action == "list":
            return await _list(store, args.mode, args.limit)
        if args.action == "show":
            return await _show(store, args.id, args.limit)
        return await _resume(store, settings, args)

    return with_store(args, call)


async def _list(store: Store, mode: str | None, limit: int) -> int:
    shown = 0
    async for row in _all(store):
        if mode in (None, row[3]):
            print(_line(row))
            shown += 1
        if shown >= limit:
            break
    return 0


async def _all(store: Store) -> AsyncIterator[Row]:
    before = messages.LAST
    while rows := await messages.conversations(store, before, _PAGE):
        for row in rows:
            yield row
        before = rows[-1][0]


def _line(row: Row) -> str:
    conversation_id, _, channel, mode, snapshot, last_in, _ = row
    found = _stands(snapshot)
    stands = f"{found.flow}: {found.state}" if found.flow else ""
    return f"{conversation_id}  {_time(last_in)}  {channel:16} {mode:7} {stands}".rstrip()


def _stands(snapshot: str) -> Snapshot:
    """Where a conversation stands by its row's JSON, which is empty before the first turn."""
    return msgspec.json.decode(snapshot, type=Snapshot) if snapshot else Snapshot()


async def _show(store: Store, conversation_id: str, limit: int) -> int:
    row = await _one(store, conversation_id)
    print(_line(row))
    if why := await _why(store, row):
        print(why)
    for each in reversed(await messages.timeline(store, conversation_id, limit=limit)):
        print(f"{_said(each)}{await _mark(store, each)}")
    return 0


async def _why(store: Store, row: Row) -> str:
    """Why the bot does not answer; empty where it does."""
    if row[3] == "parked":
        fault = await journals.fault(store, row[0])
        return f"parked: {redactor.hide(fault.reason)}" if fault else "parked"
    reason = _stands(row[4]).reason
    return f"a person answers{f': {reason}' if reason else ''}" if row[3] == "person" else ""


def _said(said: Message) -> str:
    arrow = "<" if said.direction == "in" else ">"
    words = plain(said.content).replace("\n", " ")
    return f"{_time(time_of_id(said.id))} {arrow} {words}"


async def _mark(store: Store, said: Message) -> str:
    """What became of a message that has not gone out; empty where it has, or came in."""
    status = said.facts.status
    if said.direction == "in" or status not in ("queued", "failed"):
        return ""
    name, code, reason = said.outcome or status, "", ""
    if said.facts.fault:
        code, reason = said.facts.fault.code, said.facts.fault.reason
    elif name == "refused" and (decided := await messages.decisions(store, said.id)):
        code, reason = decided[-1].code, decided[-1].reason
    return f"  [{': '.join(filter(None, (name, code, redactor.hide(reason))))}]"


async def _resume(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    """Let parked conversations go on, each under the version that is served where it fits there."""
    from gateway.cli import Failure
    from gateway.moving import look_at, not_served
    from gateway.versions import Versions, served

    router, code = router_of(settings), 0
    versions, current = Versions(store, router), await served(store)
    for conversation_id in args.id:
        row = await _one(store, conversation_id)
        missing = not_served(router, _stands(row[4])) if router.bots and not args.restart else []
        if row[3] == "parked" and missing:
            print(
                f"{conversation_id}  stays parked: {missing[0]} is not served any more; name it in bots, or let the"
                " conversation begin anew with --restart"
            )
            code = 1
            continue
        found = await look_at(store, router, versions, conversation_id)
        move, told = _fits(found, current)
        try:
            after = await store.alone(
                interventions.resume, conversation_id, "command line", args.reason, args.restart, move
            )
        except interventions.NotParked as error:
            raise Failure(f"the conversation {conversation_id} is not parked") from error
        where = f"{after.flow or 'from the start'} {after.state}".rstrip()
        print(f"{conversation_id}  goes on: {where}{'' if args.restart else told}")
    return code


def _fits(found: "Look", served: Mapping[str, str]) -> tuple["Move | None", str]:
    """How a conversation goes on under the version that is served, and what is to be told of its version."""
    before, after = found.move.before, found.move.after
    now = served.get(before.flow, after.version)
    if found.verdict == "moves" and after.version == now:
        return found.move, f", under {now} now"
    if found.verdict == "moves":
        return (
            None,
            f", still under {before.version}: no process serves {after.version} yet; restart it first",
        )
    if found.verdict == "current":
        return None, ""
    return None, f", still under {before.version}: {found.why}"


async def _one(store: Store, conversation_id: str) -> Row:
    from gateway.cli import Failure

    try:
        row = await messages.conversation_row(store, conversation_id)
    except ValueError as error:
        raise Failure(str(error)) from error
    if row is None:
        raise Failure(f"there is no conversation {conversation_id}")
    return row


def _time(ms: int) -> str:
    if not ms:
        return f"{'no message yet':25}"
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
