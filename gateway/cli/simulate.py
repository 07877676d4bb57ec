"""`parley simulate`: lets something befall a simulated channel of a running demonstration."""

import argparse
import asyncio
import json
from typing import Any
from urllib.parse import quote

from gateway.faults import NAMES
from state.model.wire import Call

_JSON = {"content-type": "application/json"}
_PATIENCE = 5.0
"""Seconds the gateway has to answer."""


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The channel, the fault, and where the gateway is."""
    command.add_argument("--channel", required=True, help="the channel; one that was made as simulated")
    command.add_argument("--fault", default="", help=f"{', '.join(NAMES)}; left out: what there is is shown")
    command.add_argument("--times", type=int, default=1, help="how often it happens from now on; 0 clears it")
    command.add_argument("--clear", action="store_true", help="no fault from now on")
    command.add_argument("--demo", action="store_true", help="as with every command; there is no other here")
    command.add_argument("--url", default="http://127.0.0.1:8080", help="where the gateway is")


def run(args: argparse.Namespace) -> int:
    """Set the fault and print what is still to happen."""
    url = f"{args.url.rstrip('/')}/simulator/api/{quote(args.channel, safe='')}/faults"
    asked = {"fault": args.fault, "times": args.times} if args.fault else {}
    told = asyncio.run(_call(url, json.dumps(asked).encode() if args.fault or args.clear else None))
    left = told["left"]
    print(", ".join(f"{name}: {times} more" for name, times in left.items()) or "no fault is set")
    return 0


async def _call(url: str, body: bytes | None) -> dict[str, dict[str, int]]:
    from gateway.cli import Failure
    from gateway.wire import NoAnswer, Wire

    wire = Wire(allow_private=True)  # a demonstration is on this machine
    call = Call("faults", "GET" if body is None else "POST", url, _JSON, body or b"", timeout=_PATIENCE)
    try:
        reply = await wire.perform(call)
    except NoAnswer as error:
        raise Failure(f"no demonstration answers at {url}: {error}; say where it is with --url") from error
    finally:
        await wire.close()
    try:
        told: dict[str, Any] = json.loads(reply.body)
    except ValueError as error:
        raise Failure(f"{url} answers {reply.status}, which is no demonstration of Parley") from error
    if reply.status != 200:
        what = told.get("detail") or told.get("title") or reply.status
        hint = (
            f": is {call.url.split('/')[2]} a demonstration with such a channel?"
            if reply.status == 404
            else ""
        )
        raise Failure(f"{what}{hint}")
    return told
