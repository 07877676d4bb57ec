"""`parley conversations list|show|resume`: where they stand, and letting one go on that an error has parked."""

import argparse
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec

from gateway.cli.open import with_store
from gateway.settings import Settings
from state import interventions, messages
from state.model.content import plain
from state.model.ids import time_of_id
from state.model.message import Message
from state.model.turn import Snapshot
from state.statements import Row
from state.store import Store

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
    resume = actions.add_parser(
        "resume", help="let parked ones go on, after the cause is mended"
    )
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
        return await _resume(store, args.id, args.reason, args.restart)

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
    stands = _stands(snapshot)
    return f"{conversation_id}  {_time(last_in)}  {channel:16} {mode:7} {stands}".rstrip()


def _stands(snapshot: str) -> str:
    """Flow and state by a row's snapshot (JSON); "" before the first turn and between two runs."""
    found = msgspec.json.decode(snapshot, type=Snapshot) if snapshot else Snapshot()
    return f"{found.flow}: {found.state}" if found.flow else ""


async def _show(store: Store, conversation_id: str, limit: int) -> int:
    print(_line(await _one(store, conversation_id)))
    for each in reversed(await messages.timeline(store, conversation_id, limit=limit)):
        print(_said(each))
    return 0


def _said(said: Message) -> str:
    arrow = "<" if said.direction == "in" else ">"
    words = plain(said.content).replace("\n", " ")
    return f"{_time(time_of_id(said.id))} {arrow} {words}"


async def _resume(store: Store, ids: list[str], reason: str, restart: bool) -> int:
    from gateway.cli import Failure

    for conversation_id in ids:
        await _one(store, conversation_id)
        try:
            after = await store.alone(interventions.resume, conversation_id, "command line", reason, restart)
        except interventions.NotParked as error:
            raise Failure(f"the conversation {conversation_id} is not parked") from error
        print(f"{conversation_id}  goes on: {after.flow or 'from the start'} {after.state}".rstrip())
    return 0


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
        return "-" * 25
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
