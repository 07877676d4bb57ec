"""The load of one row: senders that each keep one thing under way, timed over a window and counted to the last one."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable

import msgspec

from tests.load.process import LOAD_CORE, SERVER_CORE, core_busy_seconds, cpu_seconds
from tests.load.stream import Poster, connect

BUSY = 0.95
"""The share of the window the server's core must have worked for a row to count."""

clock = time.perf_counter


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one window showed: messages a second, CPU microseconds a message, latencies, and shares of the cores.

    `sent` are all messages of the run, with those before the window; `unsure` more may have arrived unseen.
    """

    rate: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    busy: float
    core_busy: float
    load_busy: float
    sent: int = 0
    unsure: int = 0
    faults: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the server, and nothing else, was what limited the rate."""
        return self.busy >= BUSY and not self.faults


class Meters:
    """What a server's process and the cores have used since this was made."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = self._read()

    def _read(self) -> tuple[float, ...]:
        return clock(), cpu_seconds(self._pid), core_busy_seconds(SERVER_CORE), core_busy_seconds(LOAD_CORE)

    def measured(self, done: int, p50_ms: float, p99_ms: float) -> Measured:
        """The window that ends now, in which `done` messages were seen through."""
        passed = [late - early for early, late in zip(self._before, self._read(), strict=True)]
        seconds, cpu, core, load = passed
        return Measured(
            rate=done / seconds,
            cpu_us=cpu / max(done, 1) * 1e6,
            p50_ms=p50_ms,
            p99_ms=p99_ms,
            busy=cpu / seconds,
            core_busy=core / seconds,
            load_busy=load / seconds,
        )


class Sender:
    """One virtual customer side: sends the next when the last was accepted and, where replies count, answered."""

    __slots__ = ("_accepted", "_drive", "_poster", "_replied", "_sent_at", "number")

    def __init__(self, drive: "Drive", number: int, poster: Poster) -> None:
        self._drive, self.number, self._poster = drive, number, poster
        self._accepted = self._replied = True
        self._sent_at = 0.0

    def go(self) -> None:
        """Send the next one, unless the load has ended."""
        drive = self._drive
        if drive.ended:
            drive.idle()
            return
        self._accepted, self._replied = False, not drive.replies
        request = drive.make(self.number, drive.sent)
        drive.sent += 1
        self._sent_at = clock()
        self._poster.post(request, self._answered)

    def _answered(self, status: int) -> None:
        if not 200 <= status < 300:
            self._drive.refused[status] += 1
        self._accepted = True
        if self._replied:
            self._done()

    def close(self) -> None:
        """Close the connection."""
        self._poster.close()

    def replied(self) -> None:
        """The reply has come out at the other end."""
        self._replied = True
        if self._accepted:
            self._done()

    def _done(self) -> None:
        now = clock()
        self._drive.done += 1
        self._drive.latencies.append(now - self._sent_at)
        self.go()


Make = Callable[[int, int], bytes]


class Drive:
    """Many senders against one server. `make(sender, n)` gives the request of the n-th message of all."""

    def __init__(self, make: Make, *, replies: bool) -> None:
        self.make, self.replies = make, replies
        self.sent = self.done = 0
        self.ended = False
        self.latencies: list[float] = []
        self.refused: Counter[int] = Counter()
        self.taken: Counter[str] = Counter()
        self._senders: list[Sender] = []
        self._idle = 0
        self._drained = asyncio.Event()

    def idle(self) -> None:
        """A sender has stopped."""
        self._idle += 1
        if self._idle == len(self._senders):
            self._drained.set()

    def reply(self, sender: int, text: str) -> None:
        """The stub has taken a reply."""
        self.taken[text] += 1
        if self.taken[text] == 1:
            self._senders[sender].replied()

    async def run(self, port: int, pid: int, senders: int, warm: float, window: float) -> Measured:
        """Warm up, measure one window (seconds), then wait for what is under way."""
        self._senders = [Sender(self, number, await connect(port)) for number in range(senders)]
        for sender in self._senders:
            sender.go()
        await asyncio.sleep(warm)
        self.latencies.clear()
        meters, done = Meters(pid), self.done
        await asyncio.sleep(window)
        latencies = sorted(self.latencies) or [0.0]
        half, most = latencies[len(latencies) // 2] * 1e3, latencies[len(latencies) * 99 // 100] * 1e3
        measured = meters.measured(self.done - done, half, most)
        self.ended = True
        await self._drain()
        for sender in self._senders:
            sender.close()
        return msgspec.structs.replace(measured, sent=self.sent, faults=self._faults())

    async def _drain(self, seconds: float = 10) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drained.wait(), seconds)

    def _faults(self) -> tuple[str, ...]:
        """What was lost, refused or doubled on the way to the stub."""
        faults = [f"{count} answered with {status}" for status, count in self.refused.items()]
        if self._idle < len(self._senders):
            faults.append(f"{len(self._senders) - self._idle} senders still wait for an answer or a reply")
        doubled = sum(count - 1 for count in self.taken.values() if count > 1)
        if doubled:
            faults.append(f"{doubled} replies came twice")
        if self.replies and len(self.taken) != self.sent:
            faults.append(f"{self.sent} sent, {len(self.taken)} replies came")
        return tuple(faults)
