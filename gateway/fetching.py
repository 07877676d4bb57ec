"""Fetching: what customers send as files is got from the provider after the turn, and kept in our own store.

A fetch is an outbox row of a kind of its own: leased, tried again, and done once its file is stored and its message
names it. A provider that hangs holds up no turn.
"""

import asyncio
import contextlib
import logging

import msgspec

from gateway import calls
from gateway.calls import Perform
from gateway.channels import Channels
from gateway.files import Files, NotAllowed
from gateway.logs import redactor
from gateway.wake import Signal, Wake
from state import media as rows
from state import outbox
from state.lease import LeaseLost
from state.model.action import Action
from state.model.content import Media
from state.model.ids import now_ms
from state.model.wire import Call, File, Reply, Undelivered
from state.outbox import Batch, Leased, Settled
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.fetching")
_POLL = 1.0
_TRIES = 6
_AGAIN = {Action.RETRY, Action.THROTTLE, Action.AUTH}


class Fetch(msgspec.Struct):
    """A file to fetch, as its outbox row carries it; `message` is ours."""

    channel: str
    message: str
    media: Media


_fetch = msgspec.json.Decoder(Fetch)


class Fetching:
    """Fetches files, a bounded number at a time; `most` bytes of one are taken."""

    def __init__(
        self, store: Store, channels: Channels, files: Files, perform: Perform, wake: Wake, node: str,
        slots: int, lease_ms: int, most: int,
    ) -> None:  # fmt: skip
        self._store, self._channels, self._files, self._perform = store, channels, files, perform
        self._node, self._slots, self._lease_ms, self._most = node, slots, lease_ms, most
        self._signal = Signal()
        self._running: dict[asyncio.Task[None], Leased] = {}
        self._taking: asyncio.Future[Batch] | None = None
        wake.on("outbox", lambda channel: self._signal.set() if channel == outbox.FILES else None)

    async def run(self) -> None:
        """Fetch for ever."""
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
                log.warning("files wait for the database: %s", error)
                await asyncio.sleep(0.5)

    async def _take(self, free: int) -> list[Leased]:
        self._taking = self._store.write(
            outbox.take, outbox.FILES, self._node, free, now_ms(), self._lease_ms
        )
        batch = await asyncio.shield(self._taking)
        self._taking = None
        return batch.rows

    async def stop(self) -> None:
        """Give back what is under way: it may be fetched again."""
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
            log.error("a file could not be settled", exc_info=error)

    async def _run(self, row: Leased) -> None:
        wanted = _fetch.decode(row.body)
        try:
            file = await self._get(wanted)
            stored, mime = await self._files.keep(file.body, file.name or wanted.media.name)
        except NotAllowed as error:
            await self._give_up(row, wanted, str(error))
        except Undelivered as error:
            await self._failed(row, wanted, error)
        else:
            with contextlib.suppress(LeaseLost):  # another node has fetched it
                await self._store.write(rows.attach, row, wanted.message, stored, mime)

    async def _get(self, wanted: Fetch) -> File:
        live = self._channels.get(wanted.channel)
        if live is None:
            raise Undelivered(Action.CONFIG, "channel_removed", "its channel does not work here")
        return await calls.ask(live.connector.fetch(wanted.media), self._within)  # type: ignore[attr-defined]

    async def _within(self, call: Call) -> Reply:
        """Make a call of a fetch; nothing longer than what is taken comes into memory."""
        return await self._perform(msgspec.structs.replace(call, limit=min(call.limit, self._most)))

    async def _failed(self, row: Leased, wanted: Fetch, error: Undelivered) -> None:
        if error.action not in _AGAIN or row.attempt + 1 >= _TRIES:
            await self._give_up(row, wanted, redactor.hide(str(error)))
            return
        due = now_ms() + int(max(error.retry_after, 2.0 ** (row.attempt + 1)) * 1000)
        with contextlib.suppress(LeaseLost):
            await self._store.write(outbox.settle, Settled(row, again_at=due, attempt=row.attempt + 1))

    async def _give_up(self, row: Leased, wanted: Fetch, why: str) -> None:
        """The message keeps the provider's id of the file, which it may still be had by."""
        log.warning("channel %s: the file of message %s is not kept: %s", wanted.channel, wanted.message, why)
        with contextlib.suppress(LeaseLost):
            await self._store.write(outbox.finish, row)
