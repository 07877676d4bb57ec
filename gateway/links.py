"""The host of a long-lived link: the socket and the clock of a connectors.link.Link.

One task connects, reads and connects again; one more stores what arrived, and only then writes its answer. Whoever
sends waits for room in the order of coming, asks the fence, and waits for the end of the message.
"""

import asyncio
import contextlib
import logging
import random
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Final

from connectors.link import Arrival, Endpoint, Link, Lost, Step
from gateway.round_trip import CONNECT_SECONDS
from gateway.wire import CutOff, NeverSent
from state.model.wire import Outbound, Sent, Undelivered

log = logging.getLogger("parley.links")
_READ: Final = 1 << 16
_MOST_WAITING: Final = 1000
"""Arrivals that wait to be stored; beyond it nothing more is read."""
_MOST_UNREAD: Final = 1 << 18
"""Octets the other side has not taken from us; beyond it there is no room."""
_MOST_UNTAKEN: Final = 1 << 22
"""Octets beyond which the other side counts as gone."""
_LAST_SECONDS: Final = 5.0
"""Seconds that what is left to store or to write may take at the end."""
_PATIENCE: Final = 20.0
"""Seconds a message waits for room."""
_PAUSE: Final = 0.5
"""Seconds until what could not be stored, and does not come again, is stored again."""
_jitter = random.Random()  # noqa: S311 - spreads reconnects, guards nothing

Store = Callable[[tuple[Arrival, ...]], Awaitable[None]]
"""Puts arrivals on disk in one write; whatever it raises, none of them counts as stored."""
Dial = Callable[[Endpoint], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def _freely() -> None:
    """Let every message leave."""


async def dial(endpoint: Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect, with TLS where the endpoint asks for it; raises OSError."""
    context = ssl.create_default_context(cadata=endpoint.ca or None) if endpoint.tls else None
    opening = asyncio.open_connection(endpoint.host, endpoint.port, ssl=context)
    return await asyncio.wait_for(opening, CONNECT_SECONDS)


class LinkHost:
    """Keeps one link connected until it is stopped; `kept` are the parts of messages that the store still has."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        link: Link,
        store: Store,
        *,
        kept: Mapping[str, bytes] | None = None,
        dial: Dial = dial,
        patience: float = _PATIENCE,
    ) -> None:
        self.name = name
        self._endpoint, self._link, self._store, self._dial = endpoint, link, store, dial
        self._patience = patience
        self._writer: asyncio.StreamWriter | None = None
        self._arrivals: deque[tuple[Arrival, asyncio.StreamWriter | None]] = deque()
        self._ends: dict[str, asyncio.Future[Sent]] = {}
        self._places: deque[asyncio.Future[None]] = deque()
        self._granted = 0
        self._changed = asyncio.Event()
        self._arrived = asyncio.Event()
        self._stored = asyncio.Event()
        self._wake_at: float | None = None
        self._closing = False
        self._stopping = asyncio.Event()
        link.restore(kept or {}, monotonic())

    @property
    def ready(self) -> bool:
        """Whether the other side has let us in."""
        return self._writer is not None and self._link.ready

    async def run(self) -> None:
        """Connect, and again whenever the connection is gone, until `stop`."""
        storing = asyncio.create_task(self._keep_storing(), name=f"link {self.name}: storing")
        try:
            while not self._stopping.is_set():
                await self._connection()
                wait = self._link.delay * _jitter.uniform(1.0, 1.25)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), wait)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._until_stored(None), _LAST_SECONDS)
        finally:
            storing.cancel()
            await asyncio.gather(storing, return_exceptions=True)
            self._fail_places("the link is stopped")

    async def stop(self, seconds: float = 10.0) -> None:
        """Take leave of the other side; after the time the connection is cut."""
        self._stopping.set()
        self._fail_places("the link is stopped")
        if self._writer is not None:
            self._do(self._link.stop(monotonic()))
        deadline = monotonic() + seconds
        while self._writer is not None and monotonic() < deadline:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), max(0.0, deadline - monotonic()))
        if self._writer is not None:
            self._writer.transport.abort()

    async def send(self, message: Outbound, may_leave: Callable[[], None] = _freely) -> Sent:
        """Send a message and wait for its end; raises Undelivered, NeverSent or CutOff.

        `may_leave` is asked right before the first byte; what it raises is raised here, and nothing was sent.
        """
        await self._place()
        if self._writer is None:
            raise NeverSent("the link is not connected")
        may_leave()
        end: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self._ends[message.id] = end
        try:
            self._do(self._link.submit(message, monotonic()))
            return await end
        finally:
            if self._ends.get(message.id) is end:
                del self._ends[message.id]
            self._give_places()

    async def _place(self) -> None:
        """Wait for room, in the order of coming; raises NeverSent."""
        if not self._places and self._room() > 0:
            return
        deadline, first = monotonic() + self._patience, False
        while True:
            if self._stopping.is_set():
                raise NeverSent("the link is stopped")
            await self._granted_place(deadline, first=first)
            # Between the grant and now the other side may have said that it is too much.
            if self._room() > 0:
                return
            first = True

    async def _granted_place(self, deadline: float, *, first: bool) -> None:
        """Wait until it is one's turn; raises NeverSent."""
        place = asyncio.get_running_loop().create_future()
        (self._places.appendleft if first else self._places.append)(place)
        try:
            await asyncio.wait_for(place, max(0.0, deadline - monotonic()))
        except TimeoutError as error:
            raise NeverSent("no room on the link" if self.ready else "the link is not connected") from error
        finally:
            if place in self._places:
                self._places.remove(place)
            elif not place.cancelled() and place.exception() is None:
                self._granted -= 1

    def _room(self) -> int:
        if self._writer is None or self._stopping.is_set():
            return 0
        if self._writer.transport.get_write_buffer_size() > _MOST_UNREAD:
            return 0
        return self._link.room(monotonic()) - self._granted

    def _give_places(self) -> None:
        """Let those in who wait, as many as there is room for; who was let in and has not begun counts too."""
        while self._places and self._room() > 0:
            place = self._places.popleft()
            if not place.done():
                place.set_result(None)
                self._granted += 1

    def _fail_places(self, why: str) -> None:
        while self._places:
            place = self._places.popleft()
            if not place.done():
                place.set_exception(NeverSent(why))

    async def _connection(self) -> None:
        """One connection from its beginning to its end."""
        try:
            reader, writer = await self._dial(self._endpoint)
        except (OSError, ValueError) as error:
            log.warning("link %s: cannot connect: %s", self.name, error or type(error).__name__)
            self._do(self._link.disconnected(monotonic()))
            return
        self._writer, self._closing = writer, False
        try:
            self._do(self._link.connected(monotonic()))
            if self._stopping.is_set():
                self._do(self._link.stop(monotonic()))
            await self._converse(reader)
        finally:
            self._writer = None
            self._do(self._link.disconnected(monotonic()))
            await self._all_written(writer)
            self._changed.set()

    async def _converse(self, reader: asyncio.StreamReader) -> None:
        """Hear what comes and keep the time, until one side ends it."""
        reading = asyncio.create_task(reader.read(_READ))
        try:
            while not self._closing:
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                wait = None if self._wake_at is None else max(0.0, self._wake_at - monotonic())
                await asyncio.wait({reading, changed}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                if reading.done():
                    if not (data := _read(reading)):
                        return
                    self._do(self._link.received(data, monotonic()))
                    await self._not_too_many()
                    reading = asyncio.create_task(reader.read(_READ))
                if self._wake_at is not None and monotonic() >= self._wake_at:
                    self._do(self._link.tick(monotonic()))
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def _do(self, step: Step) -> None:
        """Do what a Step says."""
        if step.write and self._writer is not None and not self._writer.is_closing():
            self._writer.write(step.write)
            if self._writer.transport.get_write_buffer_size() > _MOST_UNTAKEN:
                self._writer.transport.abort()
        for arrival in step.arrivals:
            self._arrivals.append((arrival, self._writer))
        if step.arrivals:
            self._arrived.set()
        for end in step.ends:
            if (waiting := self._ends.get(end.message)) is not None and not waiting.done():
                _finish(waiting, end.outcome)
        self._wake_at = step.wake_at
        self._closing |= step.close
        self._give_places()
        self._changed.set()

    async def _not_too_many(self) -> None:
        while len(self._arrivals) > _MOST_WAITING:
            self._stored.clear()
            await self._stored.wait()

    async def _until_stored(self, writer: asyncio.StreamWriter | None) -> None:
        """Wait until all is stored or, of one connection, all that is to be answered."""
        while any(writer is None or (of is writer and each.refuse) for each, of in self._arrivals):
            self._stored.clear()
            await self._stored.wait()

    async def _all_written(self, writer: asyncio.StreamWriter) -> None:
        """Close, once what has arrived is stored and answered, as far as the other side still listens."""
        await self._until_stored(writer)
        try:
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), _LAST_SECONDS)
        except OSError:
            writer.transport.abort()

    async def _keep_storing(self) -> None:
        """Store what arrives, all that waits in one write, and answer it."""
        while True:
            self._arrived.clear()
            while self._arrivals:
                await self._store_waiting()
            self._stored.set()
            await self._arrived.wait()

    async def _store_waiting(self) -> None:
        """Store what waits in one write; where that fails each alone, since one of them may be the cause."""
        batch = list(self._arrivals)
        if len(batch) > 1 and await self._is_stored(*(arrival for arrival, _ in batch)):
            ends = [True] * len(batch)
        else:
            ends = [await self._is_stored(arrival) for arrival, _ in batch]
        for (arrival, writer), stored in zip(batch, ends, strict=True):
            self._arrivals.popleft()
            answer = arrival.accept if stored else arrival.refuse
            if answer and writer is not None and not writer.is_closing():
                writer.write(answer)
        again = [each for each, stored in zip(batch, ends, strict=True) if not stored and not each[0].refuse]
        self._stored.set()
        if again:
            self._arrivals.extendleft(reversed(again))
            await asyncio.sleep(_PAUSE)

    async def _is_stored(self, *arrivals: Arrival) -> bool:
        try:
            await self._store(arrivals)
        except Exception as error:
            log.warning("link %s: %d arrivals could not be stored: %s", self.name, len(arrivals), error)
            return False
        return True


def _read(reading: "asyncio.Task[bytes]") -> bytes:
    try:
        return reading.result()
    except OSError:
        return b""


def _finish(waiting: "asyncio.Future[Sent]", outcome: Sent | Undelivered | Lost) -> None:
    match outcome:
        case Sent():
            waiting.set_result(outcome)
        case Undelivered():
            waiting.set_exception(outcome)
        case Lost():
            waiting.set_exception(CutOff(outcome.why))
