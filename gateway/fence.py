"""The fence of this node: a permit to send that lapses by itself, and the suspensions it has seen.

A sender asks `closed` right before the first byte. `settled` waits until every live node has seen an epoch or its
permit has lapsed, so that when a suspension is told to its caller no new send begins in its scope anywhere. Why that
holds is told in `state.fences`. All of it is written aside from the group commits, which a suspension would wait for.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from gateway.held import decide_again
from gateway.wake import Signal, Wake
from state import fences
from state.fences import Permit
from state.model.ids import now_ms
from state.model.suspension import Suspension, Target
from state.statements import Row
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.fence")
_ALONE = 60.0
"""Seconds a permit holds where no other gateway can suspend: an idle process need not write twice a second."""
WATCH = 0.1
"""Seconds between looks at the epoch where nobody can wake us: a command writes beside a running gateway. A look is a
read of one row; only where it shows a change is the permit renewed, which is a write."""
_SHARE = 0.9
"""The part of the setting that a permit lasts where nodes share a database: the rest is what a call takes beside
waiting for a node that does not answer."""
_MARGIN = 0.9
"""The part of a permit's length that a node counts on, so that its clock may run a little slow."""
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)
"""A clock that goes on while the machine sleeps, as the database's does; `time.monotonic` stands still on Linux."""


def _seconds() -> float:
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


class Gate:
    """Waits until every live node keeps to a change: what a command beside the gateway needs of the fence."""

    def __init__(self, store: Store, wake: Wake) -> None:
        self._store, self._wake = store, wake
        self._settled = 0
        self._seen = asyncio.Event()
        wake.on("seen", lambda _: self._seen.set())

    async def settled(self, epoch: int) -> None:
        """Wait until no live node is behind an epoch. None is ever again: who comes later looks later."""
        if epoch <= self._settled:
            return
        self._wake.tell("fence", (str(epoch),))
        pause = 0.002
        while behind := await self._behind(epoch):
            log.debug("epoch %d: waiting for %s", epoch, [row[0] for row in behind])
            await self._told(min(pause, max(0.001, min(row[1] for row in behind) / 1000)))
            pause = min(pause * 2, 0.01)
        self._settled = max(self._settled, epoch)

    async def _behind(self, epoch: int) -> list[Row]:
        self._seen.clear()
        return await self._store.read(fences.BEHIND, epoch)

    async def _told(self, seconds: float) -> None:
        """Until a node says that it has seen something, at most for a time: what it says may be lost."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._seen.wait()


class NobodysGate(Gate):
    """The gate of a database that no gateway works on: there is nobody to wait for, whatever permits are left over."""

    def __init__(self, store: Store, wake: Wake, owned: Callable[[], bool]) -> None:
        super().__init__(store, wake)
        self._owned = owned

    async def settled(self, epoch: int) -> None:
        """At once where nobody works on it still: a gateway that starts later reads what is suspended first.

        One that has started since may have read before the change was written, and is waited for.
        """
        if self._owned():
            await super().settled(epoch)


class Fence(Gate):
    """This node's view of what is suspended, and how long that view holds."""

    def __init__(self, store: Store, wake: Wake, node: str, permit_seconds: float) -> None:
        super().__init__(store, wake)
        self._node = node
        self._length = permit_seconds * _SHARE if store.shared else max(permit_seconds, _ALONE)
        self._started = now_ms()
        self._deadline = self._again = 0.0
        self._signal, self._lift = Signal(), Signal()
        self.epoch = self._acknowledged = -1
        self._lifted = False
        self.suspensions: tuple[Suspension, ...] = ()
        wake.on("fence", self._hint)

    def _hint(self, epoch: str) -> None:
        """The suspensions are others: by this epoch, or by one that is not told."""
        if not epoch.isdigit() or int(epoch) > self.epoch:
            self._signal.set()

    def lapsed(self) -> bool:
        """Whether the permit has run out: nothing may be sent until it is renewed."""
        return _seconds() >= self._deadline

    def closed(self, target: Target) -> Suspension | None:
        """The suspension that covers a target, if any."""
        for each in self.suspensions:
            if each.scope.covers(target):
                return each
        return None

    async def renew(self) -> None:
        """Extend the permit, then look; the deadline counts from before the question."""
        if self.epoch < 0 and not self._store.shared:  # we own the database: who was here before us is gone
            await self._store.aside(fences.alone, self._node)
        asked, length = _seconds(), int(self._length * 1000)
        await self._store.aside(fences.extend, self._node, self._started, length, max(0, self._acknowledged))
        await self.look()
        self._deadline, self._again = asked + self._length * _MARGIN, asked + self._length / 3

    async def look(self) -> None:
        """Keep to what is suspended now, and say so; how long this node may send stays as it is."""
        known = self._acknowledged
        permit = await self._store.aside(fences.look, self._node, self._acknowledged, self._learn)
        self._acknowledged = permit.epoch
        if self._lifted:
            self._lift.set()
        if self._acknowledged > known:
            self._wake.tell("seen")
            self._wake.tell("outbox", ("*",))

    async def seen(self, epoch: int) -> None:
        """Look, where an epoch has not been seen yet."""
        if epoch > self.epoch:
            await self.look()

    async def free(self) -> None:
        """Let what is held be decided again after each lift, for ever; apart, or it would hold up the next look."""
        while True:
            await self._lift.wait(_ALONE)
            if self._lifted:
                await self._requeue()

    async def _requeue(self) -> None:
        """Let what is held be decided again: whoever lifted may have died before saying so."""
        self._lifted = False
        try:
            await decide_again(self._store)
        except Unavailable:
            self._lifted = True
            self._lift.set()
            raise
        self._wake.tell("outbox", ("*",))

    def _learn(self, permit: Permit) -> None:
        """Keep to what is suspended from now on: others are about to read that this node does."""
        before, now = (
            {(each.id, each.scope) for each in found} for found in (self.suspensions, permit.suspensions)
        )
        self._lifted = self._lifted or self.epoch < 0 or bool(before - now)
        self.epoch, self.suspensions = permit.epoch, permit.suspensions

    async def run(self) -> None:
        """Renew for ever, at a third of the permit's length, and look whenever somebody changed something."""
        while True:
            try:
                if await self._changed():
                    await self.look()
                else:
                    await self.renew()
            except Unavailable as error:
                log.warning("the permit to send could not be renewed: %s", error)
                await asyncio.sleep(0.2)

    async def _changed(self) -> bool:
        """Whether somebody changes something before it is time to renew the permit."""
        while (left := self._again - _seconds()) > 0:
            if await self._signal.wait(left if self._wake.carries else min(left, WATCH)):
                return True
            if (await self._store.read(fences.EPOCH))[0][0] != self._acknowledged:
                return True
        return False

    async def leave(self) -> None:
        """Give the permit back."""
        self._deadline = 0.0
        await self._store.aside(fences.leave, self._node)
