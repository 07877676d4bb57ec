"""The delivery loop: lease, pace, decide, mark `sending`, fence, call, settle. One sender a channel is the bulkhead."""

import asyncio
import contextlib

from gateway.leaving import Tools
from gateway.loops import forever
from gateway.sender import Handoff, Sender
from gateway.wake import Signal
from state import outbox
from state.conversations import Taken
from state.outbox import Queued
from state.writer import Unavailable


class Delivery:
    """A sender for each channel, started and ended as channels come and go."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._senders: dict[str, Sender] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed = Signal()
        tools.wake.on("outbox", self._woken)
        tools.wake.on("channels-loaded", lambda _: self._changed.set())

    def hand(self, taken: Taken, item: Queued) -> Handoff | None:
        """A place for a reply to leave as soon as its turn is stored; None: it is queued like any other."""
        sender = self._senders.get(item.channel)
        return sender.hand(taken, item) if sender else None

    def sender(self, channel: str) -> Sender:
        """The sender of a channel; raises KeyError."""
        return self._senders[channel]

    def _woken(self, channel: str) -> None:
        for name, sender in self._senders.items():
            if channel in ("*", name):
                sender.signal.set()

    async def run(self) -> None:
        """Keep a sender for each channel for ever; one that is gone has messages left, which are to end too."""
        while True:
            left = [row[0] for row in await self._tools.store.read(outbox.CHANNELS)]
            for name in dict.fromkeys([*(live.channel.id for live in self._tools.channels), *left]):
                if name not in self._senders:
                    self._senders[name] = Sender(name, self._tools)
                    self._tasks[name] = asyncio.create_task(
                        forever(f"sender {name}", self._senders[name].run), name=f"sender {name}"
                    )
            await self._changed.wait(60)

    async def renew_leases(self) -> None:
        """Keep what is under way leased, for ever: a slow send must not be taken for one that was cut off."""
        while True:
            await asyncio.sleep(self._tools.lease_ms / 3000)
            rows = [row for sender in self._senders.values() for row in sender.flying.values() if row]
            if rows:
                with contextlib.suppress(Unavailable):  # the next round tries again
                    await self._tools.store.write(outbox.renew, rows, self._tools.lease_ms)

    async def stop(self, seconds: float) -> None:
        """Take no more; finish what is under way within the time, leave the rest to its lease."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        flying = [task for sender in self._senders.values() for task in sender.flying]
        if flying:
            _, late = await asyncio.wait(flying, timeout=seconds)
            for task in late:
                task.cancel()
