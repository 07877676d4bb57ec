"""Webhooks: the signature on the raw bytes, the parse, ONE durable write, then the answer.

An authentic request is never lost: what cannot be read is kept in quarantine and can be replayed.
"""

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from aiohttp import web

from gateway import spoken
from gateway.channels import Channels, Live
from gateway.deferred import Deferred, Waiting
from gateway.logs import redactor
from gateway.metrics import Metrics
from gateway.origin import Origin
from gateway.problems import Problem as HttpProblem
from gateway.shortcut import response, whole
from gateway.wake import Wake
from state import inbox
from state.contacts import Who
from state.inbox import Arrived, Envelope, Placed, Unstorable
from state.model.channel import Channel
from state.model.event import Event, Notice, Receipt
from state.model.ids import now_ms
from state.model.wire import Answer, Forged, Malformed, Problem, Received, Request
from state.store import Store

log = logging.getLogger("parley.webhooks")
_SIGNS = frozenset({Notice, Receipt})
"""What may tell that terms are at stake."""
_KNOWN_MOST = 200_000
_encode = msgspec.json.Encoder().encode
Known = dict[tuple[str, tuple[str, ...]], Who]


class Webhooks:
    """The door for providers: `/webhooks/{channel}`."""

    def __init__(
        self, store: Store, channels: Channels, wake: Wake, metrics: Metrics, origin: Origin
    ) -> None:
        self._store, self._channels, self._wake, self._metrics = store, channels, wake, metrics
        self._origin = origin
        self._known: Known = {}
        self.deferred = Deferred()
        wake.on("contacts", lambda _: self._known.clear())

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one webhook request that came by the router."""
        return await self.answer(request, request.match_info["channel"])

    async def answer(self, request: web.Request, channel: str) -> web.StreamResponse:
        """Answer one webhook request for a channel."""
        live = self._channels.get(channel)
        if live is None or not live.connector.webhooks:
            raise HttpProblem("unknown_channel", f"there is no channel {channel!r}")
        asked = self._read(request, _body(request) or await request.read())
        try:
            received = _received(live, asked)
        except Malformed as error:
            await self._quarantine(live, asked, [Problem("$", str(error))])
            return response(request, Answer())
        if not (received.events or received.problems or (asked.body and asked.method != "GET")):
            return response(request, received.answer)
        waiting = Waiting(asked) if received.deferred and hasattr(live.connector, "answer") else None
        answer = await self.store(live, asked, received, waiting) or received.answer
        if waiting is None or waiting.open:
            return response(request, answer)
        return await _carry(waiting, request, whole(answer))

    def _read(self, request: web.Request, body: bytes) -> Request:
        headers = {name.lower(): value for name, value in request.headers.items()}
        for name in _OWN:
            headers.pop(name, None)
        query = dict(request.query) if "?" in request.raw_path else {}
        return Request(request.method, self._origin.url(request), query, headers, body)

    async def store(
        self, live: Live, request: Request, received: Received, waiting: Waiting | None = None
    ) -> Answer | None:
        """Store what was received, and wake those who go on with it: what it returns from is on disk.

        Where the provider takes a reply in the answer, a `waiting` webhook waits for one; gives the answer it came in.
        """
        arrived, strays = self._route(live, received.events)
        problems = [*received.problems, *strays]
        try:
            placed = await self._put(_envelope(live, request, problems), arrived)
        except Unstorable:
            arrived, unfit = _told_apart(arrived)
            problems += unfit
            placed = await self._put(_envelope(live, request, problems), arrived)
        if len(self._known) > _KNOWN_MOST:
            self._known.clear()
        if placed.merged:
            self._wake.tell("contacts")
        self._known.update(placed.who)
        self._tell_of_signs(arrived)
        self._metrics.accepted(live.channel.id, len(arrived))
        self._metrics.traffic.came(arrived)
        if problems:
            self._metrics.quarantined(live.channel.id)
        if waiting is None or not placed.who:
            self._wake.tell("turns", placed.lanes)
            return None
        with self.deferred.registered(waiting, [each.conversation for each in placed.who.values()]):
            self._wake.tell("turns", placed.lanes)
            return await waiting.answer()

    def _put(self, letter: Envelope, arrived: Sequence[Arrived]) -> "asyncio.Future[Placed]":
        return self._store.write(inbox.accept, letter, arrived, self._known, self._store.shared)

    def _tell_of_signs(self, arrived: Sequence[Arrived]) -> None:
        for each in arrived:
            if type(each.event) in _SIGNS:
                self._wake.tell("signals")
                return

    def _route(self, live: Live, events: Sequence[Event]) -> tuple[list[Arrived], list[Problem]]:
        """The channel of each event: one app's webhook may carry several of our numbers."""
        arrived: list[Arrived] = []
        strays: list[Problem] = []
        channel = live.channel
        for event in spoken.heard(events, channel.type, now_ms()):
            if not event.at:  # the provider tells no time
                event = msgspec.structs.replace(event, at=now_ms())  # noqa: PLW2901
            if event.account and event.account != channel.account:
                owner = self._channels.of_account(channel.type, event.account)
                if owner is None:
                    strays.append(Problem(event.key, f"no channel has the account {event.account}"))
                    continue
                arrived.append(Arrived(event, owner.channel.id, owner.channel.team))
            elif not event.account and isinstance(event, Notice):
                arrived += [Arrived(event, each.id, each.team) for each in self._meant(live, event)]
            else:
                arrived.append(Arrived(event, channel.id, channel.team))
        return arrived, strays

    def _meant(self, live: Live, notice: Notice) -> list[Channel]:
        """Whom a notice about a business account concerns: each of its senders that is connected here."""
        owners = self._channels.of_business(live.channel.type, notice.business)
        return [each.channel for each in owners] or [live.channel]

    async def _quarantine(self, live: Live, request: Request, problems: list[Problem]) -> None:
        envelope_id = await self._store.write(inbox.quarantine, _envelope(live, request, problems))
        self._metrics.quarantined(live.channel.id)
        log.warning(
            "channel %s: envelope %s is in quarantine: %s", live.channel.id, envelope_id, problems[0].why
        )

    async def replay(self, envelope_id: str) -> list[Problem]:
        """Read a quarantined envelope again; gives what is still wrong with it."""
        from state.model.ids import lane_of_id

        rows = await self._store.read(inbox.ENVELOPE, envelope_id, lane_of_id(envelope_id))
        if not rows:
            raise HttpProblem("not_found", f"there is no envelope {envelope_id}")
        live = self._channels.get(rows[0][0])
        if live is None:
            raise HttpProblem("unknown_channel", f"the envelope's channel {rows[0][0]!r} is gone")
        request = msgspec.structs.replace(
            msgspec.json.decode(rows[0][1], type=Request), body=bytes(rows[0][2])
        )
        try:
            received = live.connector.receive(request)
        except Malformed as error:
            return [Problem("$", str(error))]
        arrived, strays = self._route(live, received.events)
        arrived, unfit = _told_apart(arrived)
        placed = await self._store.write(inbox.accept_again, envelope_id, arrived)
        problems = [*received.problems, *strays, *unfit]
        await self._store.write(inbox.replayed, envelope_id, _encode(problems).decode() if problems else "")
        self._wake.tell("turns", placed.lanes)
        return problems


def _received(live: Live, request: Request) -> Received:
    """What a request holds, once its signature is found right; raises Malformed."""
    try:
        live.connector.verify(request)
    except Forged as error:
        log.info("channel %s: refused a request: %s", live.channel.id, error)
        raise HttpProblem("forged", "the signature is missing or wrong") from error
    return live.connector.receive(request)


def _body(request: web.Request) -> bytes:
    """The body where it is there already, with the head, as most are; empty where it must be waited for."""
    content = request.content
    if content.is_eof() and content.total_bytes <= request.client_max_size:
        return content.read_nowait()
    return b""


async def _carry(waiting: Waiting, request: web.Request, response: web.Response) -> web.Response:
    """Write an answer that carries a reply, and tell its sender whether it left; the server finds it written."""
    if _gone(request):
        waiting.left(whole=False)
        return response
    await response.prepare(request)
    await response.write_eof()
    waiting.left(whole=True)
    return response


def _gone(request: web.Request) -> bool:
    """Whether nobody waits for the answer any more."""
    return request.transport is None or request.transport.is_closing()


def _told_apart(arrived: Sequence[Arrived]) -> tuple[list[Arrived], list[Problem]]:
    """The events that can be stored, and what is wrong with the others."""
    fit: list[Arrived] = []
    unfit: list[Problem] = []
    for each in arrived:
        try:
            inbox.check(each.event)
            fit.append(each)
        except Unstorable as error:
            unfit.append(Problem(each.event.key[:60], str(error)))
    return fit, unfit


def _envelope(live: Live, request: Request, problems: list[Problem]) -> Envelope:
    """The request as it is kept: credentials a caller may have sent are left out of the headers."""
    secret = (*_SECRET, *getattr(live.connector, "secret_headers", ()))
    headers = request.headers
    if not headers.keys().isdisjoint(secret):
        headers = {name: value for name, value in headers.items() if name not in secret}
    kept = Request(request.method, request.url, request.query, headers, b"")
    if request.query:  # where a caller may have put a secret
        query = {name: redactor.hide(value) for name, value in request.query.items()}
        kept = msgspec.structs.replace(kept, url=redactor.hide(request.url), query=query)
    return Envelope(
        live.channel.id,
        _encode(kept).decode(),
        request.body,
        _encode(problems).decode() if problems else "",
    )


_OWN = ("x-parley-user", "x-parley-key", "x-parley-at")
"""Headers the gateway gives to its own connectors: nothing a client sends gets through in them."""
_SECRET = ("authorization", "cookie", "proxy-authorization")
