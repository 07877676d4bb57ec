"""The composition root: everything is made here, started in order, and stopped in the reverse."""

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from aiohttp import web

from admin.suspensions import Means, Observer
from conversations import hooks as author_hooks
from conversations.router import Router
from gateway import detectors, policy, retention, traffic
from gateway.beside import behind
from gateway.bot_settings import for_bots
from gateway.channels import Channels
from gateway.delivery import Delivery
from gateway.detecting import Detecting
from gateway.directline.line import Line
from gateway.directline.sockets import Sockets
from gateway.effects import Effects
from gateway.fence import Fence
from gateway.fetching import Fetching
from gateway.files import LINK_SECONDS, Files
from gateway.garbled import server_log
from gateway.grounds import Grounds
from gateway.guard import Guard
from gateway.hooks.authors import Authors
from gateway.hooks.loop import Hooks
from gateway.hooks.observer import Telling
from gateway.hooks.waiting import WaitingTerms
from gateway.http import Http
from gateway.lapses import Lapses
from gateway.leaving import Tools
from gateway.licences import Licences
from gateway.limits import ALL_ROLES
from gateway.linked import Linked
from gateway.logs import redactor
from gateway.loops import forever
from gateway.metrics import Metrics
from gateway.origin import Origin, local
from gateway.pace import Pace
from gateway.sealer import Sealer
from gateway.settings import Settings
from gateway.shortcut import past_the_router
from gateway.suspensions import Suspensions
from gateway.teams import Teams
from gateway.templates import Templates
from gateway.tokens import Tokens
from gateway.turns import Turns
from gateway.versions import Versions
from gateway.voice import Voice
from gateway.wake import Wake
from gateway.watchdog import Watchdog
from gateway.webhooks import Webhooks
from gateway.wire import Wire
from state import conversations, deliveries, migrate, outbox
from state.idempotency import Keyed
from state.migrations import HEAD
from state.model.content import Media
from state.model.ids import now_ms
from state.model.wire import Call, Reply
from state.seal import Seal
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley")
_LOOK = 0.5
"""Seconds between two looks for terms that were accepted."""


class Behind(Exception):
    """The database's schema is not of this version."""


class Taken(Exception):
    """The address to listen on is in use, or none of ours."""


class Gateway:
    """One running process."""

    def __init__(self, settings: Settings, router: Router) -> None:
        self.settings, self.router = settings, router
        self.seal = Seal(settings.seal_key) if settings.seal_key else None
        self.store = Store(settings.database)
        self.wake = Wake(settings.redis)
        self.metrics = Metrics()
        self.channels = Channels(self.store, self.wake, self.seal)
        self._make_grounds()
        self.pace = Pace(settings.redis)
        self.wire = Wire(allow_private=settings.allow_private_urls)
        self.hooks = self._hooks()
        self.origin = Origin(settings.public_url, settings.trusted_proxies)
        self.webhooks = Webhooks(self.store, self.channels, self.wake, self.metrics, self.origin)
        self.files = Files(self.store, settings)
        self.watchdog = Watchdog(router)
        self.versions = None if router.begins_anew else Versions(self.store, router)
        lease = settings.lease_seconds
        self.turns = Turns(
            self.store, self.channels, router, self.wake, self.metrics, settings.node, settings.turn_batch, lease,
            self.voice, self.versions,
        )  # fmt: skip
        lease_ms = int(lease * 1000)
        self.effects = self._effects(router, lease_ms)
        self.fetching = Fetching(
            self.store, self.channels, self.files, self.wire.perform, self.wake, settings.node,
            settings.delivery_slots, lease_ms, settings.max_file,
        )  # fmt: skip
        self.tokens = Tokens(self.store, self.channels, self.seal, self.wire.perform)
        self.linked = Linked(self.store, self.channels, self.webhooks)
        self.delivery = self._delivery(lease_ms)
        self.turns.hand_to(self.delivery.hand)
        self.turns.stopped_by(self.suspensions.covers)
        self.line = Line(self.store, self.channels, self.teams, self.wake)
        self.sockets = Sockets(self.line, self.wake)
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None
        self.port = settings.port
        self.stopping = False

    def means(self, store: Store | Keyed | None = None) -> Means:
        """What suspending needs; `store` is what one request writes with."""
        return Means(store or self.store, self.fence, self.observer, self.settings.notice_seconds)

    def _hooks(self) -> Hooks:
        return Hooks(
            self.store, self.wire.perform, self.wake, self.seal, self.settings.node, lambda: self.source,
            told=self.metrics.told,
        )  # fmt: skip

    def _make_grounds(self) -> None:
        """What is asked before something leaves, and what looks after it."""
        store, channels, wake = self.store, self.channels, self.wake
        self.teams = Teams(store, wake)
        self.fence = Fence(store, wake, self.settings.node, self.settings.permit_seconds)
        named = author_hooks.load(self.settings.hooks, self.settings.bots, self.settings.bot_path)
        self.authors = Authors(named)
        self.observer: Observer = Telling(store, self.authors, wake)
        self.suspensions = Suspensions(store, channels, self.teams, self.fence, wake, self.means())
        self.guard = Guard(store, channels, wake, self.means())
        self.licences, self.templates = Licences(store, wake), Templates(store)
        self.voice = Voice(channels, self.teams, tells=self.settings.notices)
        self.grounds = Grounds(self.fence, self.voice, self.teams, self.licences, self.templates)
        self.sealer = Sealer(store, self.seal)
        self.lapses = Lapses(store, self.settings.consent_notice_days)
        self.detecting = Detecting(store, channels, self.teams, wake, self.settings.node, detectors.load())

    def _effects(self, router: Router, lease_ms: int) -> Effects:
        settings, given = self.settings, for_bots(self.settings)
        redactor.learn(*given.values())
        return Effects(
            self.store,
            router,
            Http(self.wire),
            self.wake,
            settings.node,
            settings.delivery_slots,
            lease_ms,
            given,
        )

    def _delivery(self, lease_ms: int) -> Delivery:
        tools = Tools(
            self.store, self.channels, self.fence, self.pace, self._perform, self.wake, self.metrics,
            self.settings.node, self.settings.delivery_slots, lease_ms, self.link, self.tokens,
            self.webhooks.deferred, self.files, self.linked, self.grounds,
        )  # fmt: skip
        return Delivery(tools)

    async def open(self) -> None:
        """Open the store and read what the loops need; raises Behind."""
        at = await migrate.revision(self.settings.database)
        if at != HEAD:
            raise Behind(behind(at, HEAD))
        self.store.hear(self.wake.heard)
        await self.store.open()
        if not self.store.shared:
            await self.store.write(conversations.free_all)
            await self.store.write(outbox.free_all)
            await self.store.write(deliveries.free_all)
            if len(set(self.settings.roles)) < len(ALL_ROLES):
                log.warning(
                    "roles: nobody else can work on this SQLite file, so what is left out is never done"
                )
        await self.fence.renew()
        if self.versions:
            await self.versions.open()
        await self.teams.load()
        await self.channels.load()
        await self.channels.know_terms()
        self.wake.on("teams", lambda _: self._spawn(self.teams.load(), "teams"))
        self.wake.on("channels", lambda _: self._spawn(self.channels.load(), "channels"))
        await self.licences.load()
        await self.templates.load()
        self.wake.on("licences", lambda _: self._spawn(self.licences.load(), "licences"))

    async def start(self, app: web.Application) -> None:
        """Bind the port, read the channels, start the loops, then listen."""
        bound = _bind(self.settings)
        self.port = bound.getsockname()[1]
        await self.teams.load()
        await self.channels.load(self.local_url)
        self.wake.start()
        for name, loop in self._loops():
            self._spawn(forever(name, loop), name)
        self._spawn(asyncio.to_thread(policy.warm), "rule packs")
        self._runner = web.AppRunner(
            app, access_log=None, logger=server_log, handle_signals=False,
            shutdown_timeout=self.settings.shutdown_seconds,
        )  # fmt: skip
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        server.request_handler = past_the_router(server.request_handler, self.webhooks.answer)  # type: ignore[assignment]
        await web.SockSite(self._runner, bound, backlog=1024).start()

    def _loops(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """What this process does besides taking requests."""
        yield "fence", self.fence.run
        yield "lifts", self.fence.free
        yield "suspensions", self.suspensions.run
        yield "guard", self.guard.run
        yield "reload", self._reload
        yield "acceptances", self._accepted
        yield "traffic", partial(traffic.run, self.metrics.traffic, self.store, self.settings.node)
        yield "detectors", self.detecting.run
        yield "retention", partial(retention.run, self.store, self.files, self.settings)
        if self.versions:
            yield "versions", self.versions.run
        if "turns" in self.settings.roles:
            yield "watchdog", self.watchdog.run
            yield "turns", self.turns.run
            yield "timers", self.turns.run_timers
            yield "sealer", self.sealer.run
            yield "lapses", self.lapses.run
            yield "receipts", self.turns.run_receipts
        if "sends" in self.settings.roles:
            yield "tokens", self.tokens.run
            yield "links", self.linked.run
            yield "files", self.fetching.run
            yield "effects", self.effects.run
            yield "effects' leases", self.effects.renew_leases
            yield "hooks", self.hooks.run
            yield "waiting terms", WaitingTerms(self.store).run
            yield "delivery", self.delivery.run
            yield "delivery's leases", self.delivery.renew_leases

    def _perform(self, call: Call, may_leave: Callable[[], None]) -> Awaitable[Reply]:
        """A connector's call: to the sockets of an app, or over the wire, where `may_leave` is asked last."""
        if call.url.startswith("inapp:"):
            return self.line.deliver(call)
        return self.wire.perform(call, may_leave)

    def link(self, media: Media) -> str:
        """Where a customer can open a file: its own address, made whole where it is one of ours."""
        if media.stored and not media.url:
            return self.url + self.files.link(media.stored, LINK_SECONDS)
        return self.url + media.url if media.url.startswith("/") else media.url

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.remove(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed: %r", task.get_name(), error, exc_info=error)

    async def _reload(self) -> None:
        """Other processes add channels and change teams too: look for them now and then."""
        while True:
            await asyncio.sleep(5)
            await self.teams.load()
            await self.channels.load()
            await self.channels.know_terms()
            await self.licences.load()
            await self.templates.load()

    async def _accepted(self) -> None:
        """What waits for terms leaves as soon as they are accepted, whichever process took that down."""
        while True:
            await asyncio.sleep(_LOOK)
            await self.channels.look()

    async def stop(self) -> None:
        """Begin nothing new, finish what is under way or hand it back, then listen no more and close.

        What still comes in is stored and waits, for another node or the next start.
        """
        self.stopping = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.turns.finish()
        await self.effects.stop()
        await self.fetching.stop()
        hooks_end = asyncio.ensure_future(self.hooks.stop(self.settings.shutdown_seconds))
        await self.delivery.stop(self.settings.shutdown_seconds)
        await self.linked.stop()
        self.authors.stop()
        await hooks_end
        await self.sockets.close()
        if self._runner:
            await self._runner.cleanup()
        await traffic.flush(self.metrics.traffic, self.store, self.settings.node, now_ms())
        try:
            await self.fence.leave()
        except Unavailable as error:
            log.warning("the permit to send runs out by itself: %s", error)
        await self.wake.stop()
        await self.wire.close()
        await self.pace.close()
        await self.store.close()

    @property
    def local_url(self) -> str:
        """Where this process is reached from this machine."""
        return local(self.settings.host, self.port)

    @property
    def source(self) -> str:
        """Who tells hooks of what happens, as their events name it: the same on all nodes."""
        return self.settings.public_url or "urn:parley"

    @property
    def url(self) -> str:
        """Where this process is reached."""
        return self.settings.public_url or self.local_url


def _bind(settings: Settings) -> socket.socket:
    """A listening socket's address, taken before anything is started. Raises Taken."""
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        wrong = f"port: {host}:{port} cannot be used: {error.strerror}; choose another with --port"
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            wrong = (
                f"host: {host} cannot be listened on: {error.strerror}; name an address of this machine, as 127.0.0.1,"
                " or 0.0.0.0 for all it has"
            )
        raise Taken(settings.told(wrong)) from error
    return bound
