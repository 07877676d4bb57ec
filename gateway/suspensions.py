"""The suspensions' loop: what was announced comes into force, what has an end ends, what a lift lets not go is settled.

All nodes run it. Each step looks again, in its own commit, whether another node was first; what one node leaves half
done (`lifting`) the next round of any node goes on with.
"""

import logging
import time

from admin import suspensions as operations
from admin.suspensions import Means
from gateway.channels import Channels
from gateway.fence import Fence
from gateway.holds import Holds
from gateway.teams import Teams
from gateway.wake import Signal, Wake
from state import held, shelf, suspensions
from state.held import End
from state.model.ids import now_ms
from state.model.suspension import Suspension, Target
from state.shelf import Shelved
from state.signals import floor
from state.store import Store
from state.suspensions import NotInForce

log = logging.getLogger("parley.suspensions")
_POLL = 1.0
_SOON = 0.05
"""Seconds until it is looked again whether what is on its way in a scope has ended."""
_LOOK = 5.0
"""Seconds between looks for held messages whose validity is over."""
_BATCH = 500


class Suspensions:
    """Moves suspensions through their stages."""

    def __init__(
        self, store: Store, channels: Channels, teams: Teams, fence: Fence, wake: Wake, means: Means
    ) -> None:
        self._store, self._fence, self._wake, self._means = store, fence, wake, means
        self._channels, self._teams, self.holds = channels, teams, Holds(store, channels, teams)
        self._signal = Signal()
        self._settled: dict[str, int] = {}
        self._marked: set[str] = set()
        self._looked = float("-inf")
        wake.on("suspensions", lambda _: self._signal.set())
        wake.on("fence", lambda _: self._signal.set())

    async def run(self) -> None:
        """Look for what is due, for ever."""
        while True:
            await self._signal.wait(await self.round())

    async def round(self) -> float:
        """Do what is due; gives the seconds until there may be more."""
        wait = _POLL
        for row in await self._store.read(suspensions.OPEN):
            made = suspensions.read(row)
            try:
                wait = min(wait, await self._step(made))
            except NotInForce as error:
                log.debug("suspension %s: %s", made.id, error)
        if self._fence.suspensions:
            await self._expire()
        await self._unshelve()
        return wait

    async def _step(self, made: Suspension) -> float:
        """One suspension's next step, where it is due; gives the seconds until another may be."""
        now = now_ms()
        if made.stage == "lifting":
            return await self._settle(made)
        if made.stage == "suspended" and made.id not in self._marked:
            await self._mark(made)
        due = made.due_at if made.stage == "noticed" else made.until
        if not due or (made.stage == "suspended" and made.by_human and made.proposal):
            return _POLL
        if due > now:
            return (due - now) / 1000
        if made.stage == "noticed":
            await operations.enforce(self._means, made.id)
        else:
            await operations.over(self._means, made)
            self._wake.tell("outbox", ("*",))
        return 0.0

    async def _mark(self, made: Suspension) -> None:
        """What was held already when a suspension came into force is held by it, too: by its scope as it is then."""
        async for page in self.holds.pages(made.scope):
            keys = [(each.row.id, each.row.lane) for each in page if each.row.state == "held"]
            if keys:
                await self._store.write(held.mark, keys, made.id)
        self._marked.add(made.id)

    async def _settle(self, made: Suspension) -> float:
        """End what waits in the scope of a suspension that is being lifted, and clear it once nothing is left."""
        end = operations.ending(made, made.lifted_for, made.held, now_ms())
        left = 0
        async for page in self.holds.pages(made, before=floor(made.lifting_at + 1)):
            for n in range(0, len(page), _BATCH):
                keys = [(each.row.id, each.row.lane) for each in page[n : n + _BATCH]]
                done = await self._store.write(held.settle, keys, end)
                self._settled[made.id] = self._settled.get(made.id, 0) + done
                left += len(keys) - done
        if left:
            return _SOON
        await operations.clear(self._means, made.id, self._settled.pop(made.id, 0))
        self._wake.tell("outbox", ("*",))
        return 0.0

    async def _expire(self) -> None:
        """Held messages whose validity is over end now: nobody has to wait for a lift to be told."""
        if time.monotonic() - self._looked < _LOOK:
            return
        self._looked = time.monotonic()
        end = End("expired", "its validity ended while it was held", "", now_ms())
        while rows := await self._store.read(held.EXPIRED, now_ms(), _BATCH):
            if not await self._store.write(held.settle, [(row[0], row[1]) for row in rows], end):
                return

    async def _unshelve(self) -> None:
        """Let what came in be played, where nothing suspends it any more."""
        rows = [Shelved(*row) for row in await self._store.read(shelf.HELD, _BATCH)]
        free = [(row.id, row.lane) for row in rows if not self.covers(row)]
        if free:
            await self._store.write(shelf.release, free)
            self._wake.tell("turns", sorted({str(lane) for _, lane in free}))

    def covers(self, row: Shelved) -> Suspension | None:
        """The suspension that stops what comes in for a conversation, if any."""
        if not self._fence.suspensions:
            return None
        live = self._channels.get(row.channel)
        teams = self._teams.above(live.channel.team) if live else ()
        sender = live.channel.account if live else ""
        target = Target(channel=row.channel, teams=teams, sender=sender, contact=row.contact, inbound=True)
        return self._fence.closed(target)
