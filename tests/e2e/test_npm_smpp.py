"""Our ESME and the SMSC side of the npm package `smpp`, another maker's, understand each other."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from connectors.link import Arrival
from connectors.smpp import SMPP
from gateway.links import LinkHost
from state.model.channel import Channel
from state.model.content import Text
from state.model.event import Event, MessageReceived, Receipt
from state.model.ids import now_ms
from state.model.wire import Outbound, Undelivered

SCRIPT = Path(__file__).parent / "smsc.js"
CUSTOMER = {
    "source_addr_ton": 1,
    "source_addr_npi": 1,
    "source_addr": "447700900001",
    "destination_addr": "12345",
}


class Npm:
    """The package's server in a process of its own, and our host bound to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._arrived = asyncio.Condition()
        self._events: list[Event] = []
        self.host: LinkHost

    async def heard(self, name: str) -> dict[str, Any]:
        """The next thing it says with this name; others are passed over."""
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            found: dict[str, Any] = json.loads(line)
            if name in found:
                return found
        raise AssertionError(f"it ended without saying {name}")

    def tell(self, command: str, **fields: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"command": command, "fields": fields}).encode() + b"\n")

    async def store(self, arrivals: tuple[Arrival, ...]) -> None:
        async with self._arrived:
            self._events += [event for each in arrivals for event in each.received.events]
            self._arrived.notify_all()

    async def event(self) -> Event:
        """The next event that was stored."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: self._events)
            return self._events.pop(0)


@asynccontextmanager
async def npm(**settings: str) -> AsyncIterator[Npm]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("node", str(SCRIPT), stdin=pipe, stdout=pipe)
    made = Npm(process)
    port = str((await made.heard("port"))["port"])
    given = {"host": "127.0.0.1", "port": port, "system_id": "gw1", "sender": "ACME", **settings}
    smpp = SMPP(
        Channel(
            id="c", type="smpp", settings=given, credentials={"password": given.pop("password", "secret08")}
        )
    )
    zero = now_ms() - int(monotonic() * 1000)
    made.host = LinkHost("c", smpp.endpoint, smpp.link(zero), made.store)
    running = asyncio.create_task(made.host.run())
    try:
        yield made
    finally:
        await made.host.stop(2)
        await running
        process.stdin.close()  # type: ignore[union-attr]
        await process.wait()


def message(text: str, to: str = "447700900001", **more: Any) -> Outbound:
    return Outbound(id="m1", to=(f"tel:+{to}",), content=Text(text), **more)


@pytest.mark.parametrize(("text", "coding"), [("Hi [€] @ £5", 0), ("你好 👋", 8), ("Ünïcödé", 8)])
async def test_it_reads_our_texts(text: str, coding: int) -> None:
    async with npm() as smsc:
        sent = await smsc.host.send(message(text, native={"validity": 3600}))
        got = await smsc.heard("submit")
        assert (got["submit"], got["coding"], got["from"], got["to"], got["ton"], got["receipt"]) == (
            text, coding, "ACME", "447700900001", 1, 1
        )  # fmt: skip
        assert sent.provider_id == "00000001"


async def test_it_reads_our_headers() -> None:
    text = "0123456789" * 20
    async with npm() as smsc:
        sent = await smsc.host.send(message(text))
        one, two = await smsc.heard("submit"), await smsc.heard("submit")
        assert one["submit"] + two["submit"] == text
        assert [each["udh"][0][:4] for each in (one, two)] == ["0003", "0003"]
        assert [each["udh"][0][-4:] for each in (one, two)] == ["0201", "0202"]
        assert (sent.provider_id, sent.more) == ("00000001", ("00000002",))


async def test_it_reads_our_parameters() -> None:
    text = "0123456789" * 20
    async with npm(concatenation="sar") as smsc:
        await smsc.host.send(message(text))
        one, two = await smsc.heard("submit"), await smsc.heard("submit")
        assert one["submit"] + two["submit"] == text
        assert one["total"] == two["total"] == 2
    async with npm(concatenation="payload") as smsc:
        await smsc.host.send(message(text))
        assert (await smsc.heard("submit"))["payload"] == text


async def test_its_refusals_are_read() -> None:
    async with npm() as smsc:
        with pytest.raises(Undelivered, match="THROTTLE ESME_RTHROTTLED"):
            await smsc.host.send(message("Hi", "447700900666"))


async def test_its_refusal_of_a_bind_is_told() -> None:
    async with npm(password="wrong") as smsc:
        assert (await smsc.heard("bind"))["right"] is False
        assert getattr(await smsc.event(), "action", "") == "AUTH"


@pytest.mark.parametrize("text", ["Hello [€]", "你好 👋"])
async def test_its_messages_are_read_and_answered(text: str) -> None:
    async with npm() as smsc:
        await smsc.heard("bind")
        smsc.tell("deliver_sm", **CUSTOMER, short_message=text)
        told = await smsc.event()
        assert isinstance(told, MessageReceived)
        assert (told.content, told.addresses) == (Text(text), ("tel:+447700900001",))
        assert await smsc.heard("answer") == {"answer": "deliver_sm_resp", "status": 0}


async def test_its_receipts_are_read() -> None:
    async with npm() as smsc:
        sent = await smsc.host.send(message("Hi"))
        words = f"id:{sent.provider_id} sub:001 dlvrd:000 done date:2601020305 stat:UNDELIV err:027"
        more = {"receipted_message_id": sent.provider_id, "message_state": 5}
        smsc.tell("deliver_sm", **CUSTOMER, esm_class=4, short_message=words, **more)
        told = await smsc.event()
        assert isinstance(told, Receipt)
        assert (told.provider_id, told.status) == ("00000001", "failed")
        assert told.fault
        assert told.fault.action == "RETRY"


async def test_it_is_told_that_we_leave() -> None:
    async with npm() as smsc:
        await smsc.host.send(message("Hi"))
        stopping = asyncio.create_task(smsc.host.stop(5))
        assert await smsc.heard("unbind") == {"unbind": True}
        await stopping


async def test_it_asks_whether_we_are_there() -> None:
    async with npm() as smsc:
        await smsc.heard("bind")
        smsc.tell("enquire_link")
        assert await smsc.heard("answer") == {"answer": "enquire_link_resp", "status": 0}
