"""A rehearsal: messages leave under load, their scope is suspended, and whatever begins after that is counted.

It works from outside, by REST, on a channel whose provider is simulated. When a send began is read from the exchange
that is kept with its message, so the gateway has to run on this machine: both are times of its clock.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gateway.app import Gateway
from gateway.wire import NoAnswer, Wire
from state.model.wire import Call

_ALLOWED = {"basis": "consent", "evidence": "nobody is real in a drill"}
CUSTOMERS = 20
_PATIENCE = 30.0
_AFTER = 0.2
"""Seconds that are waited after the call for what should not come."""


class NoDrill(Exception):
    """It cannot be rehearsed here; the text says why."""


class Round(NamedTuple):
    """One suspension: how long the call took (milliseconds), messages held by it, and sends that began after it."""

    took_ms: float
    held: int
    leaks: int


class Report(NamedTuple):
    """All rounds."""

    rounds: tuple[Round, ...]

    @property
    def leaks(self) -> int:
        """Sends that began after the call had returned."""
        return sum(each.leaks for each in self.rounds)

    def percentile(self, share: float) -> float:
        """How long a call took in milliseconds, at most, in that share of the rounds."""
        times = sorted(each.took_ms for each in self.rounds)
        return times[min(len(times) - 1, int(len(times) * share))]


class Drill:
    """Rehearses on one channel of a gateway at a URL; `load` messages are sent in each round."""

    def __init__(self, url: str, key: str, channel: str, load: int) -> None:
        self._url, self._channel, self._load = url.rstrip("/"), channel, load
        self._headers = {"content-type": "application/json"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._wire = Wire(allow_private=True)

    async def run(self, rounds: int) -> Report:
        """Rehearse so many times; raises NoDrill."""
        try:
            talks = await self._talks()
            return Report(tuple([await self._round(talks) for _ in range(rounds)]))
        except NoAnswer as error:
            raise NoDrill(f"no gateway answers at {self._url}: {error}") from error
        finally:
            await self._wire.close()

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the gateway; raises NoDrill where it refuses."""
        raw = msgspec.json.encode(body) if body is not None else b""
        reply = await self._wire.perform(
            Call("drill", method, self._url + path, self._headers, raw, timeout=_PATIENCE, limit=8_000_000)
        )
        if reply.status >= 300:
            raise NoDrill(
                f"{method} {path} answers {reply.status}: {reply.body[:300].decode(errors='replace')}"
            )
        return msgspec.json.decode(reply.body)

    async def _talks(self) -> Sequence[str]:
        """Conversations with customers who have written just now, on a channel that is simulated."""
        found = await self._call("GET", "/v1/channels")
        known = {each["id"]: each for each in found["items"]}
        if not known.get(self._channel, {}).get("simulated"):
            raise NoDrill(
                f"{self._channel!r} is no simulated channel: nothing is rehearsed on real customers"
            )
        phones = await self._call("GET", "/simulator/api/phones")
        first = next(each["number"] for each in phones if each["channel"] == self._channel)
        for number in range(CUSTOMERS):
            said = {"type": "text", "text": "This is a drill."}
            await self._call("POST", f"/simulator/api/{self._channel}/{first[:-2]}{number + 20:02}/say", said)
        talks: Sequence[str] = await self._until(self._open, lambda found: len(found) >= CUSTOMERS)
        return talks

    async def _open(self) -> Any:
        page = await self._call("GET", "/v1/conversations?limit=200")
        return [each["id"] for each in page["items"] if each["channel"] == self._channel]

    async def _until(self, ask: Any, is_so: Any) -> Any:
        ends = time.monotonic() + _PATIENCE
        while not is_so(found := await ask()):
            if time.monotonic() > ends:
                raise NoDrill("the gateway does not come to rest: what should happen did not")
            await asyncio.sleep(0.02)
        return found

    async def _round(self, talks: Sequence[str]) -> Round:
        """Send, suspend in the middle of it, look, and lift."""
        messages: list[str] = []
        half = asyncio.Event()
        sending = asyncio.create_task(self._send(talks, messages, half))
        await asyncio.wait(
            {sending, waiting := asyncio.create_task(half.wait())}, return_when="FIRST_COMPLETED"
        )
        waiting.cancel()
        scope = {"channel": self._channel}
        began = time.perf_counter()
        made = await self._call("POST", "/v1/suspensions", {"scope": scope, "reason": "a drill"})
        took, told = (time.perf_counter() - began) * 1000, time.time_ns() // 1_000_000
        await sending
        await asyncio.sleep(_AFTER)
        held = await self._count(made["id"])
        begun = [each for message in messages for each in await self._begun(message)]
        await self._call("POST", f"/v1/suspensions/{made['id']}/lift", {"reason": "the drill is over"})
        await self._until(lambda: self._waiting(messages), lambda count: count == 0)
        return Round(took, held, sum(each > told for each in begun))

    async def _send(self, talks: Sequence[str], messages: list[str], half: asyncio.Event) -> None:
        for number in range(self._load):
            content = {"type": "text", "text": f"Drill, message {number}."}
            made = await self._call(
                "POST",
                "/v1/messages",
                {"to": talks[number % len(talks)], "content": content, "consent": _ALLOWED},
            )
            messages.append(made["id"])
            if len(messages) >= self._load // 2:
                half.set()

    async def _count(self, suspension: str) -> int:
        page = await self._call("GET", f"/v1/suspensions/{suspension}/held?limit=200")
        return len(page["items"])

    async def _begun(self, message: str) -> list[int]:
        """When the calls of a message began, in milliseconds."""
        detail = await self._call("GET", f"/v1/messages/{message}")
        calls = detail["exchanges"]
        return [int(datetime.fromisoformat(each["at"]).timestamp() * 1000) for each in calls]

    async def _waiting(self, messages: Sequence[str]) -> int:
        """How many messages of a round have not left."""
        last = await self._call("GET", f"/v1/messages/{messages[-1]}")
        waits = [last, *([await self._call("GET", f"/v1/messages/{each}") for each in messages[-CUSTOMERS:]])]
        return sum(each["queue"] is not None for each in waits)


@asynccontextmanager
async def own(folder: Path, pace: str = "500") -> AsyncIterator[str]:
    """A gateway of its own in an empty folder, with one simulated channel `drill`; gives its URL."""
    from admin import operations
    from conversations.router import Router
    from gateway import demo, faces, teams, terms
    from gateway import settings as settings_module
    from gateway.connect import connect
    from state import migrate

    flags = demo.defaults({"data_dir": str(folder), "port": 0, "bots": "", "log_level": "error"}, env={})
    settings = settings_module.read(env={}, flags=flags)
    await asyncio.to_thread(migrate.upgrade, settings.database)
    gateway = Gateway(settings, Router.load((), ""))
    await gateway.open()
    wanted = {**demo.SMS.settings, "pace": pace}
    await connect(
        gateway.store, gateway.seal, operations.OPERATOR, demo.SMS._replace(id="drill", settings=wanted)
    )
    await terms.accept_all(gateway.store, operations.OPERATOR)
    await teams.open_without_country(gateway.store, operations.OPERATOR)
    await gateway.teams.load()
    await gateway.channels.load()
    await gateway.start(faces.application(gateway, demonstrate=True))
    try:
        yield gateway.local_url
    finally:
        await gateway.stop()
