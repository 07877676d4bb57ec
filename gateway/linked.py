"""Channels that live on one long connection: each node that sends keeps a link to every such channel's provider.

What arrives is stored like a webhook before it is answered; what is sent goes through the same sender as any message.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from time import monotonic

from connectors.link import Arrival, Endpoint
from gateway import links
from gateway.channels import Channels, Live
from gateway.links import Dial, LinkHost
from gateway.webhooks import Webhooks
from state import link_parts
from state.model.ids import now_ms
from state.model.wire import Outbound, Request, Sent
from state.store import Store

log = logging.getLogger("parley.links")
_LOOK = 20.0
"""Seconds between two looks for channels that came, went or changed."""


async def _nobody(endpoint: Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    raise OSError("this channel is simulated, and its provider is played in a demonstration alone")


class Linked:
    """The links of this node, by channel."""

    def __init__(self, store: Store, channels: Channels, webhooks: Webhooks) -> None:
        self._store, self._channels, self._webhooks = store, channels, webhooks
        self._hosts: dict[str, tuple[Live, LinkHost, asyncio.Task[None]]] = {}
        self._simulated: Callable[[Live], Dial] = lambda live: _nobody

    def simulate(self, dial: Callable[[Live], Dial]) -> None:
        """Reach the providers of simulated channels this way; without it they are not reached at all."""
        self._simulated = dial

    async def run(self) -> None:
        """Keep a link for each channel that has one, for ever."""
        while True:
            wanted = {live.channel.id: live for live in self._channels if hasattr(live.connector, "link")}
            for name, (live, _, _) in list(self._hosts.items()):
                if name not in wanted or wanted[name].connector is not live.connector:
                    await self._end(name)
            for name, live in wanted.items():
                if name not in self._hosts:
                    await self._begin(live)
            await self._channels.changed.wait(_LOOK)

    async def _begin(self, live: Live) -> None:
        connector, name = live.connector, live.channel.id
        kept = {row[0]: bytes(row[1]) for row in await self._store.read(link_parts.KEPT, name)}
        link = connector.link(now_ms() - int(monotonic() * 1000))  # type: ignore[attr-defined]
        dial = self._simulated(live) if live.channel.simulated else links.dial
        keep = partial(self._keep, name)
        host = LinkHost(name, connector.endpoint, link, keep, kept=kept, dial=dial)  # type: ignore[attr-defined]
        self._hosts[name] = live, host, asyncio.create_task(host.run(), name=f"link {name}")

    async def _end(self, name: str) -> None:
        _, host, task = self._hosts.pop(name)
        await host.stop()
        await asyncio.gather(task, return_exceptions=True)

    async def _keep(self, name: str, arrivals: tuple[Arrival, ...]) -> None:
        """Put arrivals on disk; who answers them does so when this returns."""
        live = self._channels.get(name)
        if live is None:
            raise LookupError(f"the channel {name} does not work here")
        await self._parts(name, [each for each in arrivals if each.keep and each.raw], [])
        for arrival in arrivals:
            received = arrival.received
            if received.events or received.problems:
                await self._webhooks.store(live, Request("LINK", name, {}, {}, arrival.raw), received)
        await self._parts(name, [], [each for each in arrivals if each.release])

    async def _parts(self, name: str, kept: list[Arrival], done: list[Arrival]) -> None:
        keep = [(each.keep, each.raw) for each in kept]
        release = [part for each in done for part in each.release]
        if keep or release:
            await self._store.write(link_parts.change, name, keep, release)

    def has(self, name: str) -> bool:
        """Whether the channel's messages go by a link of this node."""
        return name in self._hosts

    async def send(self, name: str, message: Outbound, may_leave: Callable[[], None]) -> Sent:
        """Send by the channel's link; raises Undelivered, NeverSent, CutOff, and what `may_leave` raises."""
        return await self._hosts[name][1].send(message, may_leave)

    async def stop(self) -> None:
        """Take leave of every provider."""
        await asyncio.gather(*(self._end(name) for name in list(self._hosts)))
