"""`parley replay CONVERSATION`: play it again from its journal, and show the first difference."""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from conversations import archive
from conversations.errors import FlowError
from conversations.router import Router
from gateway import settings as settings_module
from gateway.cli.open import router_of, values, with_store
from gateway.replaying import Difference, Recorded, Turn, differences, recorded
from gateway.settings import Settings
from gateway.sharing import redacted
from state import channels, flows, journals
from state.channels import Record
from state.flows import NoVersion
from state.model.content import plain
from state.model.event import MessageReceived
from state.store import Store


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """What to play, against what, and how far."""
    from gateway.cli import with_settings

    command.add_argument("conversation", nargs="?", default="", help="the id of a conversation")
    command.add_argument("--file", metavar="FILE", help="play what --share has written, without a database")
    command.add_argument(
        "--version", default="", help="play the version of the flow that was served as this one"
    )
    command.add_argument("--until", type=int, metavar="N", help="show where it stood after turn N, from 1")
    command.add_argument(
        "--share", metavar="FILE", help="write it to a file with invented people, to play elsewhere"
    )
    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Play it; gives 1 where something comes out otherwise."""
    from gateway.cli import Failure

    if args.until is not None and args.until < 1:
        raise Failure("--until counts turns from 1")
    until = args.until or 0
    if args.file:
        settings = settings_module.read(args.config, flags=values(args))
        try:
            record = msgspec.json.decode(Path(args.file).read_bytes(), type=Recorded)
        except (OSError, msgspec.DecodeError) as error:
            raise Failure(f"{args.file} cannot be played: {error}") from error
        return _show(record, _some(router_of(settings)), until)
    if not args.conversation:
        raise Failure("name a conversation, as parley conversations list shows them, or a --file")

    async def call(store: Store, settings: Settings) -> int:
        record = await _record(store, args.conversation)
        router = _some(router_of(settings))
        if args.version:
            await _serve(store, router, record, args.version)
        if args.share:
            return _share(record, router, args.share)
        return _show(record, router, until)

    return with_store(args, call)


async def _record(store: Store, conversation: str) -> Recorded:
    from gateway.cli import Failure

    try:
        whose, told = await journals.read(store, conversation)
    except (LookupError, ValueError) as error:
        raise Failure(str(error)) from error
    rows = {row[0]: Record(*row) for row in await store.read(channels.LIST)}
    row = rows.get(whose.channel)
    return recorded(conversation, whose, row.type if row else "", row.flow if row else "", told)


async def _serve(store: Store, router: Router, record: Recorded, version: str) -> None:
    """Play a version that is kept, of whichever flow of the conversation has it."""
    from gateway.cli import Failure

    for name in {turn.after.flow or turn.before.flow for turn in record.turns} - {""}:
        try:
            packed = await store.write(flows.source, name, version)
            router.serve(await asyncio.to_thread(archive.load, archive.unpack(packed), version))
        except NoVersion:
            continue
        except FlowError as error:
            raise Failure(str(error)) from error
        return
    raise Failure(f"no flow of this conversation was served as {version}: see parley flows list")


def _show(record: Recorded, router: Router, until: int) -> int:
    """Print the turns, with where it stands at one, or the first difference."""
    for number, (turn, found) in enumerate(zip(record.turns, differences(record, router), strict=True), 1):
        said = [plain(each.content) for each in turn.events if isinstance(each, MessageReceived)]
        when = datetime.fromtimestamp(turn.at / 1000, UTC).isoformat(timespec="seconds")
        print(
            f"{number:>4} {when} {' / '.join(said) or turn.events[0].__struct_config__.tag if turn.events else ''}"
        )
        if turn.lost:
            print("     (what was heard or said has left by retention; it cannot be played again)")
        if until == number:
            print(msgspec.json.format(msgspec.json.encode(turn.after)).decode())
            return 0
        if found and not until:
            _print(found, _gone(turn, router))
            return 1
    if until:
        print(f"there are but {len(record.turns)} turns")
        return 1
    print(f"{len(record.turns)} turns come out as they did")
    return 0


def _gone(turn: Turn, router: Router) -> str:
    """The flow that a turn was played with, where it is none of those served."""
    stood = (turn.before, turn.after)
    flows_ = [name for each in stood for name in (each.flow, *(frame.flow for frame in each.stack))]
    flows_ += [each.flow for each in turn.effects]
    return next((name for name in flows_ if name and router.get(name) is None), "")


def _print(found: Difference, gone: str) -> None:
    if gone:
        print(
            f"turn {found.turn} cannot be played: there is no flow {gone} here; name it in bots, or give the --config"
            " that it was served with"
        )
        return
    print(f"turn {found.turn} differs in its {found.what}\n  was: {found.was}\n  now: {found.now}")


def _share(record: Recorded, router: Router, file: str) -> int:
    """Write it with invented people; where it plays otherwise then, say so."""
    shared = redacted(record)
    before, after = list(differences(record, router)), list(differences(shared, router))
    changed = [
        number for number, (one, two) in enumerate(zip(before, after, strict=True), 1) if not one and two
    ]
    Path(file).write_bytes(msgspec.json.format(msgspec.json.encode(shared)))
    print(
        f"{file}: {len(shared.turns)} turns; look through it before you give it away: words are as they were said"
    )
    if changed:
        print(f"with invented people turn {changed[0]} comes out otherwise")
    return 0


def _some(router: Router) -> Router:
    """A router that serves a flow; raises Failure where it serves none."""
    from gateway.cli import Failure

    if not router.bots:
        raise Failure("no flow is served: set bots, or nothing can be played")
    return router
