"""`/simulator`: phones of simulated customers, and the provider's end of the wire their messages travel on.

What a phone says leaves as a signed webhook over a real socket to `/webhooks/…`; what Parley sends arrives at
`/simulator/wire/{channel}/…` in the provider's format. Transcripts are kept in a file, so a restart forgets nothing.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from connectors import registry
from connectors.contract import Shown, Simulator
from gateway.channels import Channels, Live
from gateway.problems import Problem
from state.model.ids import now_ms
from state.model.wire import File, Request

log = logging.getLogger("parley.simulator")
NUMBERS = ("15550123", "15550124", "15550125")
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

    def __init__(self, channels: Channels, folder: Path, url: Callable[[], str]) -> None:
        self._channels = channels
        self._url = url
        self._folder = folder
        self._phones: dict[tuple[str, str], Phone] = {}
        self._simulators: dict[str, Simulator] = {}
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
            web.route("*", "/simulator/wire/{channel}/{path:.*}", self.wire),
        ]

    async def close(self) -> None:
        """End what still travels."""
        for phone in self._phones.values():
            await phone.end()
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
            self._simulators[live.channel.id] = registry.simulator(live.channel.type)(live.channel)
        return self._simulators[live.channel.id]

    def _phone(self, channel: str, number: str) -> Phone:
        key = (channel, number)
        if key not in self._phones:
            if not number.isdigit():
                raise Problem("invalid_request", "a phone's number has digits only", field="number")
            self._folder.mkdir(parents=True, exist_ok=True)
            self._phones[key] = Phone(self._folder / f"{channel}-{number}.jsonl")
        return self._phones[key]

    async def phones(self, request: web.Request) -> web.Response:
        """The phones there are: three for each simulated channel."""
        found = [
            {"channel": live.channel.id, "type": live.channel.type, "number": number, "name": f"+{number}"}
            for live in self._channels
            if live.channel.simulated
            for number in NUMBERS
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
        try:
            what = await request.json()
            webhook = self._simulator(live).says(number, what)
        except (ValueError, KeyError, TypeError) as error:
            raise Problem("invalid_request", f"the phone cannot do that: {error}") from error
        said = json.loads(webhook.body)["entry"][0]["changes"][0]["value"]["messages"][0]
        await phone.add(
            "shown", direction="in", id=said["id"], content=said, reply_to=what.get("reply_to", "")
        )
        self._later(self._travel(live, phone, webhook))
        return web.json_response({"id": said["id"]})

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
        body = await request.read()
        asked = Request(
            request.method, f"/{request.match_info['path']}", dict(request.query),
            {name.lower(): value for name, value in request.headers.items()}, body,
        )  # fmt: skip
        answered = self._simulator(live).answer(asked)
        for shown in answered.shown:
            await self._show(live, shown, asked, answered.reply.status)
        self._later(self._statuses(live, answered.shown, answered.webhooks))
        reply = answered.reply
        return web.Response(status=reply.status, body=reply.body, headers=dict(reply.headers))

    async def _show(self, live: Live, shown: Shown, asked: Request, status: int) -> None:
        phone = self._phone(live.channel.id, shown.to)
        text = asked.body.decode(errors="replace")[:4000]
        await phone.add(
            "wire", direction="out", method=asked.method, path=asked.url, status=status, body=text
        )
        await phone.add(
            "shown", direction="out", id=shown.provider_id, content=shown.content, status="sent",
            reply_to=_quoted(shown.content),
        )  # fmt: skip

    async def _statuses(self, live: Live, shown: tuple[Shown, ...], webhooks: tuple[Request, ...]) -> None:
        """Send the statuses one after the other, and mark them on the phone."""
        to = {each.provider_id: each.to for each in shown}
        for webhook in webhooks:
            await asyncio.sleep(0.05)
            for status in _statuses_of(webhook.body):
                phone = self._phone(live.channel.id, to[status["id"]])
                await phone.add("status", id=status["id"], status=status["status"])
                await self._travel(live, phone, webhook)

    async def _travel(self, live: Live, phone: Phone, webhook: Request) -> None:
        """Post a webhook as the provider does: again until it is taken."""
        text = webhook.body.decode()[:4000]
        for pause in (0.2, 1, 5, 20):
            status = await self._post(live, webhook)
            await phone.add(
                "wire",
                direction="in",
                method="POST",
                path=f"/webhooks/{live.channel.id}",
                status=status,
                body=text,
            )
            if 200 <= status < 300:
                return
            await asyncio.sleep(pause)
        log.warning("a webhook of channel %s was not taken", live.channel.id)

    async def _post(self, live: Live, webhook: Request) -> int:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        url = f"{self._url()}/webhooks/{live.channel.id}"
        try:
            async with self._session.post(url, data=webhook.body, headers=dict(webhook.headers)) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _line(entry: Mapping[str, Any]) -> bytes:
    """An entry as a server-sent event."""
    return f"id: {entry['seq']}\nevent: {entry['event']}\ndata: {json.dumps(entry)}\n\n".encode()


def _quoted(content: Mapping[str, Any]) -> str:
    context = content.get("context")
    return str(context.get("message_id", "")) if isinstance(context, Mapping) else ""


def _statuses_of(body: bytes) -> list[dict[str, Any]]:
    entries = json.loads(body)["entry"]
    return [
        status
        for entry in entries
        for change in entry["changes"]
        for status in change["value"].get("statuses", [])
    ]
