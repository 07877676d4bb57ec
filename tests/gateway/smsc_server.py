"""An SMSC on a real loopback socket, around the sans-I/O one of connectors/smpp."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from connectors.contract import Shown
from connectors.smpp.smsc import Smsc


class Server:
    """Takes one connection after the other; a test waits for what it is about with `until`."""

    def __init__(self, rate: int = 0) -> None:
        self.port = 0
        self.connections = 0
        self.shown: list[Shown] = []
        self.answered: list[int] = []
        self.smsc = Smsc({"gw1": "secret08"}, rate=rate)
        self._rate = rate
        self._serving = 0
        self._writer: asyncio.StreamWriter | None = None
        self._changed = asyncio.Condition()
        self._answering = asyncio.Event()
        self._answering.set()

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something holds, looked at whenever anything has happened here."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(true()))

    def hold(self) -> None:
        """Take nothing more off the wire for now."""
        self._answering.clear()

    def go_on(self) -> None:
        self._answering.set()

    def write(self, octets: bytes) -> None:
        assert self._writer is not None
        self._writer.write(octets)

    def cut(self) -> None:
        """Break the connection off."""
        assert self._writer is not None
        self._writer.transport.abort()

    async def end(self) -> None:
        """Break off what is still connected, and wait until nobody is."""
        self.go_on()
        if self._writer is not None:
            self._writer.transport.abort()
        await self.until(lambda: self._serving == 0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.smsc = Smsc({"gw1": "secret08"}, rate=self._rate, ids=f"{self.connections:X}{{:07X}}")
        self._writer = writer
        self.connections += 1
        self._serving += 1
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(65536):
                await self._answering.wait()
                turn = self.smsc.received(data, loop.time())
                writer.write(turn.write)
                self.shown += turn.shown
                self.answered += turn.answered
                if turn.close:
                    break
                await self._tell()
        except OSError:
            pass  # the other side broke off
        finally:
            writer.close()
            self._serving -= 1
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def serving(rate: int = 0) -> AsyncIterator[Server]:
    """Run an SMSC for a while."""
    server = Server(rate)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
        await server.end()
