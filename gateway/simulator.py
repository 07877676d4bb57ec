"""`/simulator`: phones of simulated customers, and the provider's end of the wire their messages travel on.

What a phone says leaves as a signed webhook over a real socket to `/webhooks/…`; what Parley sends arrives at
`/simulator/wire/{channel}/…` in the provider's format. Transcripts are kept in a file, so a restart forgets nothing.
"""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp
import msgspec
from aiohttp import web

from connectors import registry
from connectors.contract import Answered, Shown, Simulator, Told
from connectors.link import LinkSimulator
from gateway import acts, nesting
from gateway.channels import Channels, Live
from gateway.faults import DELAY, HANG, MOST, NAMES, UNDELIVERABLE, Faults
from gateway.links import Dial
from gateway.logs import redactor
from gateway.problems import Problem
from gateway.simulated_link import SimulatedLink
from state.model.base import Value
from state.model.ids import now_ms
from state.model.wire import Answer, File, Request

log = logging.getLogger("parley.simulator")
_PHONE = re.compile(r"[\w+.@-]{1,64}")
_HEARTBEAT = 15.0
"""Seconds of silence after which a follower is written to, which shows whether it is still there."""


class Phone:
    """One simulated customer's phone on one channel: an append-only transcript that can be followed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.entries: list[dict[str, Any]] = []
        self._changed = asyncio.Condition()
        self._over = False
        if file.exists():
            self.entries = [json.loads(line) for line in file.read_text().splitlines()]

    async def add(self, event: str, **data: Any) -> dict[str, Any]:
        """Append an entry and tell who follows."""
        entry = {"seq": len(self.entries) + 1, "event": event, "at": now_ms(), **data}
        self.entries.append(entry)
        if event != "wire":
            with self._file.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        async with self._changed:
            self._changed.notify_all()
        return entry

    async def follow(self, after: int) -> AsyncIterator[dict[str, Any] | None]:
        """The entries after a number, and all that come until `end`; None now and then while nothing happens."""
        place = next((n for n, each in enumerate(self.entries) if each["seq"] > after), len(self.entries))
        while not self._over:
            while place < len(self.entries):
                yield self.entries[place]
                place += 1
            if not await self._more(place):
                yield None

    async def _more(self, place: int) -> bool:
        """Wait for an entry or the end, at most for a heartbeat."""
        async with self._changed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_HEARTBEAT):  # Python 3.11's wait_for may lose a cancellation
                    await self._changed.wait_for(lambda: self._over or place < len(self.entries))
        return self._over or place < len(self.entries)

    async def end(self) -> None:
        """Who follows is told no more."""
        self._over = True
        async with self._changed:
            self._changed.notify_all()


class SimulatorHost:
    """The phones of all simulated channels, and their wires."""

    def __init__(
        self, channels: Channels, folder: Path, url: Callable[[], str], public: Callable[[], str]
    ) -> None:
        self._channels = channels
        self._url, self._public = url, public
        self._folder = folder
        self._phones: dict[tuple[str, str], Phone] = {}
        self._simulators: dict[str, Simulator] = {}
        self._faults: dict[str, Faults] = {}
        self._links: dict[str, SimulatedLink] = {}
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Everything below `/simulator` but the page."""
        return [
            web.get("/simulator/api/phones", self.phones),
            web.get("/simulator/api/{channel}/{number}/events", self.events),
            web.post("/simulator/api/{channel}/{number}/say", self.say),
            web.post("/simulator/api/{channel}/media", self.keep),
            web.get("/simulator/api/{channel}/media/{id}", self.file),
            web.get("/simulator/api/{channel}/faults", self.faults),
            web.post("/simulator/api/{channel}/faults", self.fault),
            web.route("*", "/simulator/wire/{channel}/{path:.*}", self.wire),
        ]

    async def close(self) -> None:
        """End what still travels."""
        for phone in self._phones.values():
            await phone.end()
        for link in self._links.values():
            await link.close()
        for task in list(self._tasks):
            task.cancel()
        if self._session:
            await self._session.close()

    def _live(self, channel: str) -> Live:
        live = self._channels.get(channel)
        if live is None or not live.channel.simulated:
            raise Problem("unknown_channel", f"there is no simulated channel {channel!r}")
        return live

    def _simulator(self, live: Live) -> Simulator:
        if live.channel.id not in self._simulators:
            webhook = f"{self._public()}/webhooks/{live.channel.id}"  # some signatures cover the address
            settings = {**live.channel.settings, "webhook_url": webhook}
            told = msgspec.structs.replace(live.channel, settings=settings)
            self._simulators[live.channel.id] = registry.simulator(live.channel.type)(told)
        return self._simulators[live.channel.id]

    def dial(self, live: Live) -> Dial:
        """How the link of a simulated channel reaches its provider."""
        return self._link(live).dial

    def _link(self, live: Live) -> SimulatedLink:
        name = live.channel.id
        if name not in self._links:
            simulator = cast(LinkSimulator, self._simulator(live))

            async def seen(asked: Request, answered: Answered) -> None:
                await self._seen(live, asked, answered)
                self._later(self._tell(live, answered.told))

            self._links[name] = SimulatedLink(name, simulator, self._troubles(live), seen)
        return self._links[name]

    def _phone(self, channel: str, number: str) -> Phone:
        key = (channel, number)
        if key not in self._phones:
            if not _PHONE.fullmatch(number):
                raise Problem("invalid_request", "this is no phone's id", field="number")
            self._folder.mkdir(parents=True, exist_ok=True)
            self._phones[key] = Phone(self._folder / f"{channel}-{number}.jsonl")
        return self._phones[key]

    async def phones(self, request: web.Request) -> web.Response:
        """The phones there are: some for each simulated channel."""
        found = [
            {"channel": live.channel.id, "type": live.channel.type, "number": phone.id, "name": phone.name}
            for live in self._channels
            if live.channel.simulated
            for phone in self._simulator(live).phones
        ]
        return web.json_response(found)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Follow a phone as server-sent events."""
        live = self._live(request.match_info["channel"])
        phone = self._phone(live.channel.id, request.match_info["number"])
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
        answer = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await answer.prepare(request)
        with contextlib.suppress(ConnectionResetError):  # the browser has gone
            async for entry in phone.follow(int(after) if after.isdigit() else 0):
                await answer.write(_line(entry) if entry else b":\n\n")
        return answer

    async def say(self, request: web.Request) -> web.Response:
        """The customer does something: it leaves as a signed webhook."""
        live = self._live(request.match_info["channel"])
        number = request.match_info["number"]
        phone = self._phone(live.channel.id, number)
        what = await acts.read(request)
        try:
            said = self._simulator(live).says(number, what)
        except acts.UNREADABLE as error:
            raise acts.refused(error, what) from error
        if said.shown:
            await self._show(phone, said.shown, direction="in")
        self._later(self._travel(live, phone, said.webhook))
        return web.json_response({"id": said.shown.provider_id if said.shown else ""})

    async def faults(self, request: web.Request) -> web.Response:
        """The faults of a channel: those there are, and how often each is still to happen."""
        live = self._live(request.match_info["channel"])
        return web.json_response({"names": NAMES, "left": self._troubles(live).left})

    async def fault(self, request: web.Request) -> web.Response:
        """Let a fault happen: `fault`, and `times` (0 clears it); without a fault all are cleared."""
        live = self._live(request.match_info["channel"])
        faults = self._troubles(live)
        raw = await nesting.read(request)
        try:
            given = msgspec.json.decode(raw, type=Trouble)
            if given.fault == UNDELIVERABLE:
                self._undeliverable(live, given.times)
                return web.json_response({"left": {**faults.left, UNDELIVERABLE: given.times}})
            faults.set(given.fault, given.times) if given.fault else faults.clear()
        except ValueError as error:
            raise Problem("invalid_request", str(error), field="fault") from error
        return web.json_response({"left": faults.left})

    def _undeliverable(self, live: Live, times: int) -> None:
        if not 0 < times <= MOST:
            raise ValueError(
                f"{times} times: the next 1 to {MOST} messages are not delivered; nothing clears it"
            )
        code, later = self._simulator(live).undeliverable
        for _ in range(times):
            self._simulator(live).fail(code, later=later)

    def _troubles(self, live: Live) -> Faults:
        return self._faults.setdefault(live.channel.id, Faults())

    async def keep(self, request: web.Request) -> web.Response:
        """A picture taken on a phone: it waits at the provider until a message names it."""
        live = self._live(request.match_info["channel"])
        file = File(await request.read(), request.content_type)
        return web.json_response({"id": self._simulator(live).keep(file)})

    async def file(self, request: web.Request) -> web.Response:
        """A file for the phone to show."""
        live = self._live(request.match_info["channel"])
        found = self._simulator(live).file(request.match_info["id"])
        if found is None:
            raise Problem("not_found", "the simulated provider has no such file")
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        mime = found.mime.partition(";")[0] or "application/octet-stream"
        return web.Response(body=found.body, content_type=mime, headers=headers)

    async def wire(self, request: web.Request) -> web.Response:
        """The provider's end: answer a call of Parley's, show it on the phone, send the statuses back."""
        live = self._live(request.match_info["channel"])
        if hasattr(live.connector, "link"):
            raise Problem("not_found", "this provider has a connection of its own and takes no calls")
        body = await request.read()
        asked = Request(
            request.method, f"/{request.match_info['path']}", dict(request.query),
            {name.lower(): value for name, value in request.headers.items()}, body,
        )  # fmt: skip
        faults, simulator = self._troubles(live), self._simulator(live)
        refusal = faults.refusal()
        try:
            answered = simulator.refusal(refusal) if refusal else simulator.answer(asked)
        except acts.UNREADABLE as error:
            raise Problem("invalid_request", f"the simulated provider cannot read that: {error}") from error
        await self._seen(live, asked, answered)
        self._later(self._tell(live, answered.told))
        if faults.strikes("hanging"):
            await asyncio.sleep(HANG)
        reply = answered.reply
        return web.Response(status=reply.status, body=reply.body, headers=dict(reply.headers))

    async def _seen(self, live: Live, asked: Request, answered: Answered) -> None:
        """What phones show of a call."""
        for shown in answered.shown:
            phone = self._phone(live.channel.id, shown.to)
            await phone.add(
                "wire",
                direction="out",
                method=asked.method,
                path=redactor.hide(f"{asked.url}{'?' if asked.query else ''}{urlencode(asked.query)}"),
                status=answered.reply.status,
                body=_text(asked),
            )
            await self._show(phone, shown, direction="out", status="sent")
        for number in answered.typing:
            await self._phone(live.channel.id, number).add("typing")

    async def _show(self, phone: Phone, shown: Shown, **more: str) -> None:
        content = msgspec.to_builtins(shown.content)
        await phone.add("shown", id=shown.provider_id, content=content, reply_to=shown.reply_to, **more)

    async def _tell(self, live: Live, told: tuple[Told, ...]) -> None:
        """Send the provider's webhooks one after the other, and mark statuses on the phone."""
        if self._troubles(live).strikes("reordering"):
            told = told[::-1]
        for each in told:
            await asyncio.sleep(0.05)
            phone = self._phone(live.channel.id, each.to) if each.to else None
            if phone and each.status:
                await phone.add("status", id=each.provider_id, status=each.status)
            await self._travel(live, phone, each.webhook)

    async def _travel(self, live: Live, phone: Phone | None, webhook: Request) -> None:
        """Post a webhook as the provider does: again until it is taken."""
        faults = self._troubles(live)
        if faults.strikes("delay"):
            await asyncio.sleep(DELAY)
        times = 3 if faults.strikes("duplicates") else 1
        for _ in range(times):
            await self._arrive(live, phone, webhook)

    async def _arrive(self, live: Live, phone: Phone | None, webhook: Request) -> None:
        for pause in (0.2, 1, 5, 20):
            answer = await self._post(live, webhook)
            if phone:
                await self._log(live, phone, webhook, answer)
            if 200 <= answer.status < 300:
                return
            await asyncio.sleep(pause)
        log.warning("a webhook of channel %s was not taken", live.channel.id)

    async def _log(self, live: Live, phone: Phone, webhook: Request, answer: Answer) -> None:
        """Write the webhook down, and show what its answer carried."""
        await phone.add(
            "wire",
            direction="in",
            method=webhook.method,
            path=webhook.url,
            status=answer.status,
            body=_text(webhook),
        )
        for shown in self._simulator(live).reads(webhook, answer):
            await self._show(self._phone(live.channel.id, shown.to), shown, direction="out", status="sent")

    async def _post(self, live: Live, webhook: Request) -> Answer:
        if webhook.method == "LINK":
            return Answer(200 if self._link(live).write(webhook.body) else 0)
        if self._session is None:
            self._session = aiohttp.ClientSession()
        url = f"{self._url()}/webhooks/{live.channel.id}"
        try:
            async with self._session.request(
                webhook.method,
                url,
                params=dict(webhook.query),
                data=webhook.body,
                headers=dict(webhook.headers),
            ) as answer:
                return Answer(answer.status, await answer.read(), answer.content_type)
        except aiohttp.ClientError:
            return Answer(0)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Trouble(Value, frozen=True, forbid_unknown_fields=True):
    """A fault asked for."""

    fault: str = ""
    times: int = 1


def _text(request: Request) -> str:
    """A body as the page shows it: words without credentials, octets of a link in hexadecimal."""
    if request.method == "LINK":
        return request.body.hex(" ")[:4000]
    return redactor.hide(request.body.decode(errors="replace"))[:4000]


def _line(entry: Mapping[str, Any]) -> bytes:
    """An entry as a server-sent event."""
    return f"id: {entry['seq']}\nevent: {entry['event']}\ndata: {json.dumps(entry)}\n\n".encode()
