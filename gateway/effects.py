"""Effects: back-end calls of flows, run after the commit, at least once with the same key; the result is an event."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

import msgspec

from conversations import engine
from conversations.effects import Http
from conversations.reasons import own_line
from conversations.router import Router
from gateway.wake import Signal, Wake
from state import inbox, outbox
from state.lease import LeaseLost
from state.model.event import EffectDone
from state.model.ids import now_ms
from state.model.receipts import Fault
from state.model.turn import EffectCall
from state.outbox import Batch, Leased
from state.store import Store
from state.writer import Op, Unavailable

log = logging.getLogger("parley.effects")
_POLL = 1.0


class Body(msgspec.Struct):
    """An effect as its outbox row carries it."""

    flow: str
    call: EffectCall


_body = msgspec.json.Decoder(Body)


class Effects:
    """Runs the effects of this node, a bounded number at a time."""

    def __init__(
        self, store: Store, router: Router, http: Http, wake: Wake, node: str, slots: int, lease_ms: int,
        settings: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._store, self._router, self._http, self._wake = store, router, http, wake
        self._settings = settings
        self._node, self._slots, self._lease_ms = node, slots, lease_ms
        self._signal = Signal()
        self._running: dict[asyncio.Task[None], Leased] = {}
        self._taking: asyncio.Future[Batch] | None = None
        wake.on("outbox", lambda channel: self._signal.set() if channel == outbox.EFFECTS else None)

    async def run(self) -> None:
        """Run effects for ever."""
        while True:
            try:
                free = self._slots - len(self._running)
                rows = await self._take(free) if free > 0 else []
                for row in rows:
                    task = asyncio.create_task(self._run(row))
                    self._running[task] = row
                    task.add_done_callback(self._ended)
                if not rows:
                    await self._signal.wait(_POLL)
            except Unavailable as error:
                log.warning("effects wait for the database: %s", error)
                await asyncio.sleep(0.5)

    async def _take(self, free: int) -> list[Leased]:
        self._taking = self._store.write(
            outbox.take, outbox.EFFECTS, self._node, free, now_ms(), self._lease_ms
        )
        batch = await asyncio.shield(self._taking)
        self._taking = None
        return batch.rows

    async def renew_leases(self) -> None:
        """Keep what runs leased, for ever: a slow back-end must not be called a second time for that."""
        while True:
            await asyncio.sleep(self._lease_ms / 3000)
            rows = list(self._running.values())
            if rows:
                with contextlib.suppress(Unavailable):  # the next round tries again
                    await self._store.write(outbox.renew, rows, self._lease_ms)

    async def stop(self) -> None:
        """Give what runs back, and what was just taken: another node runs it again with the same key."""
        rows = list(self._running.values())
        for task in self._running:
            task.cancel()
        with contextlib.suppress(Unavailable):
            if self._taking:
                rows += (await self._taking).rows
            if rows:
                await self._store.write(outbox.give_back, rows)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.pop(task, None)
        self._signal.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("an effect could not be settled", exc_info=error)

    async def _run(self, row: Leased) -> None:
        body = _body.decode(row.body)
        call = body.call
        result, fault = None, None
        try:
            if row.expires_at < now_ms():
                raise TimeoutError("it was not run before its validity ended")
            result = await engine.run_effect(
                self._router,
                body.flow,
                call.name,
                call.args,
                call.key,
                self._http,
                self._settings,
                call.version,
            )
        except Exception as error:
            self._log(row, body, error)
            if await self._again(row, body):
                return
            fault = Fault("effect_failed", f"{type(error).__name__}: {error}"[:500], "", "third_party")
        done = EffectDone(
            key=f"effect:{row.id}",
            at=now_ms(),
            effect=call.name,
            effect_id=row.id,
            run=call.run,
            call=call.key,
            flow=call.flow,
            result=result,
            fault=fault,
        )
        try:
            await self._store.write(_finish, row, done)
        except LeaseLost:
            log.info("effect %s: another node has run it", row.id)
        self._wake.tell("turns", [str(row.lane)])

    def _log(self, row: Leased, body: Body, error: Exception) -> None:
        """Log a failure with its conversation and the line of the bot that it came through."""
        bot = self._router.get(body.flow, body.call.version)
        log.warning(
            "effect %s of %s failed in conversation %s: %s: %s%s",
            body.call.name, body.flow, row.conversation, type(error).__name__, error,
            own_line(error, bot.files) if bot else "",
        )  # fmt: skip

    async def _again(self, row: Leased, body: Body) -> bool:
        """Let a failed effect be tried again, as it declares; says whether it is."""
        call = body.call
        wait = engine.retry_after(self._router, body.flow, call.name, call.version, row.attempt + 1)
        due = now_ms() + int((wait or 0) * 1000)
        if wait is None or due > row.expires_at:
            return False
        with contextlib.suppress(LeaseLost):
            await self._store.write(outbox.again, row, due)
        asyncio.get_running_loop().call_later(wait, self._signal.set)
        return True


def _finish(row: Leased, done: EffectDone) -> Op[None]:
    """The effect's row goes and its result waits for the next turn, in one commit."""
    yield from outbox.finish(row)
    yield from inbox.put(row.conversation, row.lane, row.channel, done)
