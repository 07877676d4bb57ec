"""One measurement: start a target on its core, drive it over real sockets, stop it, and count what it kept."""

import asyncio
import itertools
import tempfile
import time
from pathlib import Path

import msgspec
import uvloop

from tests.bench import peer, wrk
from tests.bench.drive import Drive, Measured
from tests.bench.targets import Target
from tests.load import whatsapp
from tests.load.process import memory_mb
from tests.load.provider import GraphCaller, Provider, Send
from tests.load.stream import Stream

CUSTOMERS = 768
"""All of them have written before the window begins, and none is written to faster than a pair may be."""
SENDERS = wrk.CONNECTIONS
WARM = 1.0
WINDOW = 1.5
IDLE = 1.0
SETTLE = 0.3


def webhook(number: int, n: int) -> bytes:
    """The signed request of the n-th message of all, from a customer (by their number); all are equally long."""
    message = whatsapp.text_message(whatsapp.phone(number), f"wamid.BENCH{n:012d}", _text(n))
    return whatsapp.signed(whatsapp.webhook([message]))


def _text(n: int) -> str:
    return f"message {n:08d} of the benchmark"


class Load:
    """Customers' messages to one target and the stub that takes the replies, on one wire or the other."""

    def __init__(self, target: Target, *, replies: bool) -> None:
        self._target = target
        self._stub = Provider(self._caller)
        self._ids = itertools.count(1)
        self.drive = Drive(self._make, replies=replies)

    def _caller(self) -> Stream:
        if self._target.wire == "whatsapp":
            return GraphCaller(self._take)
        return peer.ConnectorCaller(self._took)

    def _make(self, sender: int, n: int) -> bytes:
        """The n-th message comes from one of the sender's own customers, so a reply tells whose it is."""
        number = sender + SENDERS * (n // SENDERS % (CUSTOMERS // SENDERS))
        if self._target.wire != "whatsapp":
            return peer.message(number, n, _text(n), self._stub.port)
        return webhook(number, n)

    def _take(self, send: Send, caller: GraphCaller) -> None:
        caller.accept(send, f"wamid.REPLY{next(self._ids):012d}")
        self._took(send.to, send.text.body)

    def _took(self, to: str, text: str) -> None:
        """Counts it without the number in front, so that what came twice shows."""
        self.drive.reply(whatsapp.customer(to) % SENDERS, text.rpartition(": ")[2])

    async def run(self, folder: Path) -> Measured:
        """Measure in an empty folder."""
        await self._stub.start()
        await asyncio.to_thread(self._target.prepare, folder, self._stub.port)
        server = self._target.start()
        try:
            port, _ = await asyncio.to_thread(server.wait_ready)
            if self.drive.replies or not wrk.present():
                measured = await self.drive.run(port, server.pid, SENDERS, WARM, WINDOW)
            else:
                measured = await asyncio.to_thread(wrk.drive, port, server.pid, _bodies(folder))
            await asyncio.sleep(SETTLE)
        finally:
            await asyncio.to_thread(server.stop)
            self._stub.stop()
        sent = range(measured.sent, measured.sent + measured.unsure + 1)
        faults = (*measured.faults, *self._target.faults(folder, sent))
        return msgspec.structs.replace(measured, faults=faults)


def _bodies(folder: Path) -> Path:
    """More requests, one after the other in a file, than a server can take in the time of a run."""
    path = folder / "requests"
    with path.open("wb") as file:
        file.writelines(webhook(n % CUSTOMERS, n) for n in range(int((wrk.WARM + wrk.WINDOW) * 30_000)))
    return path


def measure(target: Target, *, replies: bool) -> Measured:
    """Measure a target once: a second's rate of accepted webhooks, or with `replies` of whole turns."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        return uvloop.run(Load(target, replies=replies).run(Path(folder)))


class Started(msgspec.Struct, frozen=True):
    """How a process starts and rests: seconds to `ready`, and resident megabytes a moment later."""

    seconds: float
    megabytes: float


def start(target: Target, times: int = 3) -> Started:
    """The quickest of several starts on one database, and the memory of the last."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        target.prepare(Path(folder), 9)
        starts = [_start_once(target) for _ in range(times)]
    return Started(min(one.seconds for one in starts), starts[-1].megabytes)


def _start_once(target: Target) -> Started:
    server = target.start()
    try:
        _, seconds = server.wait_ready()
        time.sleep(IDLE)
        return Started(seconds, memory_mb(server.pid))
    finally:
        server.stop()
