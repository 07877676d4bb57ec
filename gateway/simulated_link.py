"""The provider's end of one simulated channel's long connection, on a loopback socket of its own."""

import asyncio
from collections.abc import Awaitable, Callable

from connectors.contract import Answered
from connectors.link import Endpoint, LinkSimulator
from gateway.faults import HANG, Faults
from state.model.wire import Request

_READ = 1 << 16
Seen = Callable[[Request, Answered], Awaitable[None]]
"""Shows what came of our octets on the phones, and sends what the provider tells of them."""


class SimulatedLink:
    """Listens when the first connection is asked for; one connection at a time is the provider's."""

    def __init__(self, name: str, simulator: LinkSimulator, faults: Faults, seen: Seen) -> None:
        self._name, self._simulator, self._faults, self._seen = name, simulator, faults, seen
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def dial(self, endpoint: Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the simulated provider, whatever the channel's own endpoint is."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return await asyncio.open_connection(*self._server.sockets[0].getsockname()[:2])

    def write(self, octets: bytes) -> bool:
        """Write to whoever is connected and let in; says whether somebody is."""
        if self._writer is None or not self._simulator.ready:
            return False
        self._writer.write(octets)
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._simulator.opened(self._faults.refusal)
        self._writer = writer
        try:
            while data := await reader.read(_READ):
                asked = Request("LINK", self._name, {}, {}, data)
                answered = self._simulator.answer(asked)
                await self._seen(asked, answered)
                if answered.shown and self._faults.strikes("hanging"):
                    await asyncio.sleep(HANG)
                writer.write(answered.reply.body)
                if answered.reply.status == 0:
                    break
        except ConnectionError:
            pass  # the other side broke off
        finally:
            if self._writer is writer:
                self._writer = None
            writer.close()

    async def close(self) -> None:
        """Break off and listen no more."""
        if self._writer is not None:
            self._writer.transport.abort()
        if self._server is not None:
            self._server.close()
