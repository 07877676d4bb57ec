"""Asking a channel's provider whether all is set up there, without changing anything: for `parley doctor`."""

import asyncio
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from msgspec.structs import replace

from connectors.contract import Finding
from connectors.link import Endpoint
from gateway import calls
from gateway.calls import Perform
from gateway.channels import Live
from gateway.logs import redactor
from state.model.action import Action
from state.model.wire import Call, Reply, Undelivered

ASTRAY = 30
"""Seconds this machine's clock may be off: signatures and tokens are good for minutes, and need some of them."""
_WORDS = {
    Action.AUTH: "the provider refuses the credentials",
    Action.CONFIG: "the provider finds something set up wrong",
    Action.SUSPEND: "the provider has suspended the account",
    Action.THROTTLE: "the provider was asked too often; try again later",
    Action.RETRY: "the provider does not answer as it should; try again later",
}


class Patience(NamedTuple):
    """Seconds one call, and one channel, may take."""

    call: float = 10.0
    channel: float = 30.0


_PATIENT = Patience()


class _Asking:
    """Makes calls, and looks at the clock of whoever answers."""

    def __init__(self, perform: Perform, seconds: float, clock: Callable[[], float]) -> None:
        self._perform, self._seconds, self._clock = perform, seconds, clock
        self.off: float | None = None

    async def perform(self, call: Call) -> Reply:
        reply = await self._perform(replace(call, timeout=min(call.timeout, self._seconds)))
        try:
            theirs = parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
        except (ValueError, TypeError):
            return reply
        self.off = self._clock() - theirs
        return reply


async def examine(
    live: Live, perform: Perform, address: str, clock: Callable[[], float], patience: Patience = _PATIENT
) -> tuple[Finding, ...]:
    """What its provider says of a channel whose webhooks go to `address`; it never raises for what a provider does.

    `clock` gives seconds since 1970.
    """
    connector = live.connector
    if live.channel.simulated:
        return (Finding("provider (simulated: parley demo alone plays it, and nobody is asked)"),)
    try:
        async with asyncio.timeout(patience.channel):
            if hasattr(connector, "endpoint"):
                return (await _reached(connector.endpoint, patience.call),)
            if not hasattr(connector, "examine"):
                asked = live.channel.type != "inapp"
                return (
                    (Finding(f"provider ({live.channel.type} has no call that only asks)"),) if asked else ()
                )
            return await _asked(connector.examine(address), _Asking(perform, patience.call, clock))
    except TimeoutError:
        return (Finding("provider", f"it has not answered within {patience.channel:g} s"),)


async def _asked(talk: calls.Talk[tuple[Finding, ...]], asking: _Asking) -> tuple[Finding, ...]:
    try:
        found = await calls.ask(talk, asking.perform)
    except Undelivered as error:
        words = _WORDS.get(error.action, "the provider says no")
        if error.code == "unreachable":
            words = "the provider cannot be reached from here"
        found = (
            Finding(
                "provider", redactor.hide(f"{words} ({error.code}: {error.reason or 'no reason given'})")
            ),
        )
    if asking.off is None:
        return found
    side = "ahead" if asking.off > 0 else "behind"
    wrong = (
        f"it is {abs(asking.off):.0f} s {side} of the provider's: set it by NTP"
        if abs(asking.off) > ASTRAY
        else ""
    )
    return (*found, Finding("clock", wrong))


async def _reached(endpoint: Endpoint, seconds: float) -> Finding:
    """Whether somebody listens there; no bind, for many SMSCs allow one."""
    place = f"{endpoint.host}:{endpoint.port}"
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    except (OSError, TimeoutError) as error:
        return Finding("connection", f"{place} cannot be reached: {error or 'no answer'}")
    writer.close()
    return Finding("connection")
