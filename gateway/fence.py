"""The fence of this node: a permit to send that lapses by itself, and the suspensions it has seen.

A sender asks `closed` right before the first byte. `settled` waits until every live node has seen an epoch or its
permit has lapsed, so that when a suspension is told to its caller no new send begins in its scope anywhere.
"""

import asyncio
import logging
import time

from gateway.held import decide_again
from gateway.wake import Signal, Wake
from state import fences
from state.fences import Permit
from state.model.ids import now_ms
from state.model.suspension import Suspension, Target
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.fence")
_ALONE = 60.0
"""Seconds a permit holds where no other gateway can suspend: an idle process need not write twice a second."""
WATCH = 0.1
"""Seconds between looks at the epoch where nobody can wake us: a command writes beside a running gateway. A look is a
read of one row; only where it shows a change is the permit renewed, which is a write."""
_MARGIN = 0.9
"""The part of a permit's length that a node counts on, so that its clock may run a little slow."""


class Gate:
    """Waits until every live node keeps to a change: what a command beside the gateway needs of the fence."""

    def __init__(self, store: Store, wake: Wake) -> None:
        self._store, self._wake = store, wake

    async def settled(self, epoch: int) -> None:
        """Wait until no live node is behind an epoch."""
        self._wake.tell("fence")
        pause = 0.002
        while behind := await self._store.read(fences.BEHIND, epoch):
            log.debug("epoch %d: waiting for %s", epoch, [row[0] for row in behind])
            await asyncio.sleep(min(pause, max(0.001, min(row[1] for row in behind) / 1000)))
            pause = min(pause * 2, 0.01)


class NobodysGate(Gate):
    """The gate of a database that no gateway works on: there is nobody to wait for, whatever permits are left over."""

    async def settled(self, epoch: int) -> None:
        """At once: a gateway that starts reads what is suspended before anything else."""


class Fence(Gate):
    """This node's view of what is suspended, and how long that view holds."""

    def __init__(self, store: Store, wake: Wake, node: str, permit_seconds: float) -> None:
        super().__init__(store, wake)
        self._node = node
        self._length = permit_seconds if store.shared else max(permit_seconds, _ALONE)
        self._started = now_ms()
        self._deadline = 0.0
        self._signal = Signal()
        self.epoch = -1
        self._lifted = False
        self.suspensions: tuple[Suspension, ...] = ()
        wake.on("fence", lambda _: self._signal.set())

    def lapsed(self) -> bool:
        """Whether the permit has run out: nothing may be sent until it is renewed."""
        return time.monotonic() >= self._deadline

    def closed(self, target: Target) -> Suspension | None:
        """The suspension that covers a target, if any."""
        return next((each for each in self.suspensions if each.scope.covers(target)), None)

    async def renew(self) -> None:
        """Read the suspensions and extend the permit; the deadline counts from before the question."""
        if self.epoch < 0 and not self._store.shared:  # we own the database: who was here before us is gone
            await self._store.write(fences.alone, self._node)
        asked, known = time.monotonic(), self.epoch
        length_ms = int(self._length * 1000)
        await self._store.write(fences.renew, self._node, self._started, length_ms, self._learn)
        self._deadline = asked + self._length * _MARGIN
        if self._lifted:
            await self._requeue()
        if self.epoch > known:
            self._wake.tell("outbox", ("*",))

    async def _requeue(self) -> None:
        """Let what is held be decided again: whoever lifted may have died before saying so."""
        await decide_again(self._store)
        self._lifted = False

    def _learn(self, permit: Permit) -> None:
        """Keep to what is suspended from now on: others are about to read that this node does."""
        before, now = (
            {(each.id, each.scope) for each in found} for found in (self.suspensions, permit.suspensions)
        )
        self._lifted = self._lifted or self.epoch < 0 or bool(before - now)
        self.epoch, self.suspensions = permit.epoch, permit.suspensions

    async def run(self) -> None:
        """Renew for ever, at a third of the permit's length and whenever somebody changed something."""
        while True:
            try:
                await self._rest(self._length / 3)
                await self.renew()
            except Unavailable as error:
                log.warning("the permit to send could not be renewed: %s", error)
                await asyncio.sleep(0.2)

    async def _rest(self, seconds: float) -> None:
        """Until it is time to renew the permit, or somebody changed something."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if await self._signal.wait(left if self._wake.carries else min(left, WATCH)):
                return
            if (await self._store.read(fences.EPOCH))[0][0] != self.epoch:
                return

    async def leave(self) -> None:
        """Give the permit back."""
        self._deadline = 0.0
        await self._store.write(fences.leave, self._node)
