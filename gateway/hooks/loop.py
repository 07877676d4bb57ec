"""The hooks' loop: what has happened becomes deliveries, and those that are due are posted, a few at a time for each
hook, so that one that hangs holds only its own places."""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from gateway.hooks.outcome import end_of
from gateway.hooks.signing import headers
from gateway.logs import redactor
from gateway.wake import Signal, Wake
from gateway.wire import NeverSent, NoAnswer
from state import deliveries, hooks
from state.deliveries import Leased
from state.hooks import Hook, Secret
from state.lease import LeaseLost
from state.model.ids import now_ms
from state.model.wire import Call, Reply
from state.seal import Seal, SealError
from state.store import Store

log = logging.getLogger("parley.hooks")
PLACES = 4
"""Deliveries of one hook that are on their way at a time."""
SECONDS = 10.0
"""How long a hook may take for its answer."""
LEASE_MS = 30_000
_POLL = 1.0
_MIME = "application/cloudevents+json; charset=utf-8"
TOPIC = "hooks"
"""The wake-up that says that something has happened."""


class Hooks:
    """Tells hooks what has happened. `source` is where events come from, as CloudEvents call it: our address.

    `told` counts what came of each try: the hook and the outcome.
    """

    def __init__(
        self,
        store: Store,
        perform: Callable[[Call], Awaitable[Reply]],
        wake: Wake,
        seal: Seal | None,
        node: str,
        source: Callable[[], str],
        *,
        told: Callable[[str, str], None] = lambda hook, outcome: None,
        clock: Callable[[], int] = now_ms,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store, self._perform, self._wake, self._seal = store, perform, wake, seal
        self._count = told
        self._node, self._source, self._clock, self._chance = node, source, clock, chance
        self._signal = Signal()
        self._running: dict[asyncio.Task[None], str] = {}
        self._opened: dict[bytes, tuple[Secret, ...]] = {}
        wake.on(TOPIC, lambda _: self._signal.set())

    async def run(self) -> None:
        """Tell for ever."""
        while True:
            if not await self.round():
                await self._signal.wait(_POLL)

    async def round(self) -> int:
        """Make deliveries of what has happened and begin those that are due; gives how many were begun."""
        while await self._store.read(hooks.WAITING, 1):
            if not await self._store.write(hooks.fan_out, self._source(), self._clock()):
                break  # another node is at it
        busy = Counter(self._running.values())
        due = {
            one.id: one
            for one in (Hook(*row) for row in await self._store.read(deliveries.DUE, self._clock()))
        }
        places = [(each, PLACES - busy[each]) for each in due if busy[each] < PLACES]
        if not places:
            return 0
        rows = await self._store.write(deliveries.take, places, self._node, self._clock(), LEASE_MS)
        for row in rows:
            task = asyncio.create_task(self._deliver(row, due[row.hook]))
            self._running[task] = row.hook
            task.add_done_callback(self._ended)
        return len(rows)

    async def stop(self, seconds: float) -> None:
        """Give what is on its way some time to end; the lease of what does not runs out, and another node goes on."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in list(self._running):
            task.cancel()

    async def idle(self) -> None:
        """Wait until nothing of this node is on its way."""
        while self._running:
            await asyncio.wait(self._running)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.pop(task, None)
        self._signal.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("a delivery could not be settled", exc_info=error)

    async def _deliver(self, row: Leased, one: Hook) -> None:
        """Post one delivery, and write what came of it."""
        call, started = Call("hook", "POST", one.url, timeout=SECONDS), self._clock()
        try:
            call = self._call(row, one, started)
            outcome: Reply | NoAnswer = await self._perform(call)
        except NoAnswer as error:
            outcome = error
        except SealError as error:
            outcome = NeverSent(str(error))
        end = end_of(row, call, started, outcome, self._clock(), self._chance())
        put = self._store.alone if end.disables else self._store.write
        with contextlib.suppress(LeaseLost):  # another node has taken it, or somebody asked for it anew
            disabled = await put(deliveries.settle, row, end, self._clock())
            self._count(one.id, "retried" if end.state == "waiting" else end.state)
            if disabled:
                self._count(one.id, "disabled")
                log.warning("hook %s is disabled: %s", one.id, end.disables)
        if end.state != "delivered":
            log.info("hook %s: try %d of %s failed", one.id, row.attempt, row.event)

    def _call(self, row: Leased, one: Hook, now: int) -> Call:
        """The signed request; raises SealError."""
        keys = [each.key for each in self._secrets(one) if not each.until or each.until > now]
        body = row.body.encode()
        signed = {"content-type": _MIME, **headers(row.event, now // 1000, body, keys)}
        return Call("hook", "POST", one.url, signed, body, timeout=SECONDS)

    def _secrets(self, one: Hook) -> tuple[Secret, ...]:
        """The secrets of a hook, opened once for as long as they are the same; raises SealError."""
        found = self._opened.get(one.sealed)
        if found is None:
            if self._seal is None:
                raise SealError("the secrets are sealed, but there is no seal_key: set it, or seal_key_file")
            found = self._opened[one.sealed] = hooks.opened(one, self._seal)
            redactor.learn(*(each.key for each in found))
        return found
