"""`parley drill suspension`: rehearses on a simulated channel, of a running gateway or of one of its own."""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.drill import Drill


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """What is rehearsed, where, and how often."""
    command.add_argument("what", choices=("suspension",))
    command.add_argument(
        "--url", default="", help="a running gateway on this machine; left out: one of its own"
    )
    command.add_argument(
        "--key", default="", help="an API key with the scope admin (none in the demonstration)"
    )
    command.add_argument("--channel", default="", help="a simulated channel of the running gateway")
    command.add_argument(
        "--demo", action="store_true", help="as with every command; without --url it makes its own"
    )
    command.add_argument("--rounds", type=int, default=20)
    command.add_argument("--load", type=int, default=100, metavar="MESSAGES", help="messages in each round")


def run(args: argparse.Namespace) -> int:
    """Rehearse and print the report; 1 where anything leaked."""
    from gateway.cli import Failure
    from gateway.drill import NoDrill

    if args.rounds < 1 or args.load < 2:
        raise Failure("at least one round and two messages are needed")
    if args.url and not args.channel:
        raise Failure("name a simulated channel of that gateway with --channel")
    try:
        return asyncio.run(_rehearse(args))
    except NoDrill as error:
        raise Failure(str(error)) from error


async def _rehearse(args: argparse.Namespace) -> int:
    from gateway.drill import Drill, own

    if args.url:
        return await _report(Drill(args.url, args.key, args.channel, args.load), args.rounds)
    with tempfile.TemporaryDirectory(prefix="parley-drill-") as folder:
        async with own(Path(folder)) as url:
            return await _report(Drill(url, "", "drill", args.load), args.rounds)


async def _report(drill: "Drill", rounds: int) -> int:
    report = await drill.run(rounds)
    held = sum(each.held for each in report.rounds)
    print(f"rounds {rounds}, messages held {held}")
    print(f"the call took p50 {report.percentile(0.5):.1f} ms, p99 {report.percentile(0.99):.1f} ms")
    print(f"sends begun after it returned: {report.leaks}")
    return 1 if report.leaks else 0
