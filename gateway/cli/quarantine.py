"""`parley quarantine list|show|replay`: authentic requests that could not be read."""

import argparse
from datetime import UTC, datetime

import msgspec

from gateway.cli.open import seal_of, with_store
from gateway.settings import Settings
from state import inbox
from state.model.ids import lane_of_id, time_of_id
from state.store import Store


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The three commands and their flags."""
    from gateway.cli import with_settings

    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what is in quarantine, oldest first")
    listing.add_argument("--limit", type=int, default=50)
    show = actions.add_parser("show", help="one request, with what is wrong with it")
    show.add_argument("id")
    replay = actions.add_parser("replay", help="read it again, after the cause is mended")
    replay.add_argument("id", nargs="+")
    for each in (listing, show, replay):
        with_settings(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""

    async def call(store: Store, settings: Settings) -> int:
        if args.action == "list":
            return await _list(store, args.limit)
        if args.action == "show":
            return await _show(store, args.id)
        return await _replay(store, settings, args.id)

    return with_store(args, call)


async def _list(store: Store, limit: int) -> int:
    for envelope_id, _, channel, problems in await store.read(inbox.QUARANTINED, limit):
        at = datetime.fromtimestamp(time_of_id(envelope_id) / 1000, UTC).isoformat(timespec="seconds")
        first = msgspec.json.decode(problems)[0]
        print(f"{envelope_id}  {at}  {channel:16} {first['where']}: {first['why']}")
    return 0


async def _show(store: Store, envelope_id: str) -> int:
    from gateway.cli import Failure

    rows = await store.read(inbox.ENVELOPE, envelope_id, _lane(envelope_id))
    if not rows:
        raise Failure(f"there is no envelope {envelope_id}")
    channel, request, body, problems = rows[0]
    print(f"channel   {channel}\nrequest   {request}\nproblems  {problems or 'none'}\n")
    print(bytes(body).decode(errors="backslashreplace"))
    return 0


def _lane(envelope_id: str) -> int:
    from gateway.cli import Failure

    try:
        return lane_of_id(envelope_id)
    except ValueError as error:
        raise Failure(str(error)) from error


async def _replay(store: Store, settings: Settings, ids: list[str]) -> int:
    from gateway.channels import Channels
    from gateway.cli import Failure
    from gateway.metrics import Metrics
    from gateway.origin import Origin
    from gateway.problems import Problem
    from gateway.wake import Wake
    from gateway.webhooks import Webhooks

    wake = Wake()
    channels = Channels(store, wake, seal_of(settings))
    await channels.load()
    webhooks = Webhooks(store, channels, wake, Metrics(), Origin(settings.public_url, ()))
    wrong = 0
    for envelope_id in ids:
        _lane(envelope_id)
        try:
            problems = await webhooks.replay(envelope_id)
        except Problem as error:
            raise Failure(error.detail) from error
        wrong += bool(problems)
        print(f"{envelope_id}  {problems[0].why if problems else 'read; its events wait for their turns'}")
    return 1 if wrong else 0
