"""An SMSC on a real loopback socket, around the sans-I/O one of connectors/smpp."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

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


def certificate(folder: Path) -> tuple[str, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that vouches for itself (PEM), and a server's side with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smsc.example")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(pem + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return pem.decode(), context


@asynccontextmanager
async def serving(rate: int = 0, context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Run an SMSC for a while."""
    server = Server(rate)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
        await server.end()
