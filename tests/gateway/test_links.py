"""The host of a link stores before it answers, sends once, knows what never left, and comes back."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from connectors.link import Arrival, Endpoint
from connectors.smpp import SMPP
from connectors.smpp.pdu import Unbind
from gateway import links
from gateway.links import LinkHost
from gateway.wire import CutOff, NeverSent
from state.model.channel import Channel
from state.model.content import Text
from state.model.event import Event, MessageReceived, Receipt
from state.model.ids import now_ms
from state.model.wire import BadMessage, Outbound, Sent, Undelivered
from tests.gateway.smsc_server import Server, certificate, serving


class Stored:
    """A store in memory that can be told to fail, or to wait."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.failures = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.asked, self.done = asyncio.Event(), asyncio.Event()

    async def __call__(self, arrivals: tuple[Arrival, ...]) -> None:
        self.asked.set()
        await self.may_end.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("no space left on device")
        self.arrivals += arrivals
        self.done.set()

    @property
    def events(self) -> list[Event]:
        return [event for each in self.arrivals for event in each.received.events]


async def until(true: Callable[[], object]) -> None:
    """Let the loop turn until something holds."""
    for _ in range(100_000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never held")


class Rig:
    """A host and the SMSC it is connected to."""

    def __init__(self, host: LinkHost, server: Server, stored: Stored) -> None:
        self.host, self.server, self.stored = host, server, stored

    async def ready(self) -> None:
        await self.server.until(lambda: self.server.smsc.bound)
        await until(lambda: self.host.ready)  # the answer is on the wire


@asynccontextmanager
async def linked(
    *, rate: int = 0, patience: float = 5, context: ssl.SSLContext | None = None, **settings: str
) -> AsyncIterator[Rig]:
    stored = Stored()
    async with serving(rate, context) as server:
        given = {
            "host": "127.0.0.1",
            "port": str(server.port),
            "system_id": "gw1",
            "sender": "ACME",
            **settings,
        }
        password = {"password": given.pop("password", "secret08")}
        smpp = SMPP(Channel(id="c", type="smpp", settings=given, credentials=password))
        link = smpp.link(now_ms() - int(monotonic() * 1000))
        host = LinkHost("c", smpp.endpoint, link, stored, patience=patience)
        running = asyncio.create_task(host.run())
        try:
            yield Rig(host, server, stored)
        finally:
            server.go_on()
            stored.may_end.set()
            await host.stop(2)
            await running


def message(text: str = "Hi", id: str = "m1", **more: Any) -> Outbound:
    return Outbound(id=id, to=("tel:+447700900001",), content=Text(text), **more)


async def test_a_message_is_sent_shown_and_known_by_the_smscs_id() -> None:
    async with linked() as rig:
        sent = await rig.host.send(message("Hi, 你好"))
        assert sent == Sent("00000001")
        assert [(each.to, each.content) for each in rig.server.shown] == [("447700900001", Text("Hi, 你好"))]


async def test_a_long_message_gives_the_ids_of_all_parts() -> None:
    async with linked() as rig:
        sent = await rig.host.send(message("0123456789" * 40))
        assert (sent.provider_id, sent.more) == ("00000001", ("00000002", "00000003"))
        assert rig.server.shown[0].content == Text("0123456789" * 40)


async def test_many_messages_go_through_a_small_window() -> None:
    async with linked(window="3") as rig:
        sent = await asyncio.gather(*(rig.host.send(message(str(n), f"m{n}")) for n in range(50)))
        assert len({each.provider_id for each in sent}) == 50
        assert [each.content for each in rig.server.shown] == [Text(str(n)) for n in range(50)]


async def test_an_arrival_is_stored_before_it_is_answered() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.stored.may_end.clear()
        rig.server.write(rig.server.smsc.says("447700900001", "Hello"))
        await rig.stored.asked.wait()
        assert await rig.host.send(message()) == Sent("00000001")  # the answer to this came, the other not
        assert rig.server.answered == []
        rig.stored.may_end.set()
        await rig.server.until(lambda: rig.server.answered == [0])
        assert [each.addresses for each in rig.stored.events] == [("tel:+447700900001",)]


async def test_what_cannot_be_stored_is_refused_for_now() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.stored.failures = 1
        rig.server.write(rig.server.smsc.says("447700900001", "Hello"))
        await rig.server.until(lambda: rig.server.answered == [0x64])
        assert rig.stored.arrivals == []
        rig.server.write(rig.server.smsc.says("447700900001", "Hello"))
        await rig.server.until(lambda: rig.server.answered == [0x64, 0])
        assert len(rig.stored.events) == 1


async def test_one_arrival_that_cannot_be_stored_costs_itself_alone() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.stored.failures = 2  # all together, then the first alone
        says = rig.server.smsc.says
        rig.server.write(says("447700900001", "a") + says("447700900001", "b") + says("447700900001", "c"))
        await rig.server.until(lambda: len(rig.server.answered) == 3)
        assert rig.server.answered == [0x64, 0, 0]
        assert len(rig.stored.events) == 2


async def test_what_arrived_before_the_smsc_left_is_still_answered() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.stored.may_end.clear()
        smsc = rig.server.smsc
        rig.server.write(smsc.says("447700900001", "Hello") + smsc.ask(Unbind()))
        await rig.stored.asked.wait()
        await until(lambda: rig.host._writer is None)
        rig.stored.may_end.set()
        await rig.server.until(lambda: rig.server.answered == [0])


async def test_a_receipt_arrives_with_its_id() -> None:
    async with linked() as rig:
        sent = await rig.host.send(message())
        rig.server.write(rig.server.smsc.receipt(sent.provider_id))
        await rig.stored.done.wait()
        (told,) = rig.stored.events
        assert isinstance(told, Receipt)
        assert (told.provider_id, told.status) == ("00000001", "delivered")


async def test_a_refused_message_says_why() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.server.smsc.fail(0x0B)
        with pytest.raises(Undelivered, match="FAIL_RCPT ESME_RINVDSTADR"):
            await rig.host.send(message())
        with pytest.raises(BadMessage, match="text"):
            await rig.host.send(message("x" * 1531))
        assert (await rig.host.send(message(id="m2"))).provider_id == "00000001"


async def test_too_fast_a_pace_is_slowed_down_until_all_is_sent() -> None:
    async with linked(rate=20, pace="100") as rig:
        await rig.ready()

        left, codes = list(range(30)), set()
        while left:
            sends = (rig.host.send(message(str(n), f"m{n}")) for n in left)
            ends = await asyncio.gather(*sends, return_exceptions=True)
            codes |= {each.code for each in ends if isinstance(each, Undelivered)}
            left = [n for n, end in zip(left, ends, strict=True) if not isinstance(end, Sent)]
        assert codes == {"ESME_RTHROTTLED"}
        assert {each.content for each in rig.server.shown} == {Text(str(n)) for n in range(30)}


async def test_a_message_that_left_when_the_connection_broke_is_cut_off() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.server.hold()
        sending = asyncio.create_task(rig.host.send(message()))
        waiting = asyncio.create_task(rig.host.send(message(id="m2")))
        await until(lambda: len(rig.host._ends) == 2)
        rig.server.cut()
        for each in (sending, waiting):
            with pytest.raises(CutOff):
                await each


async def test_a_broken_connection_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links._jitter, "uniform", lambda low, high: 0.01)
    async with linked() as rig:
        await rig.ready()
        rig.server.cut()
        await rig.server.until(lambda: rig.server.connections == 2)
        assert (await rig.host.send(message())).provider_id == "10000001"


async def test_no_message_leaves_while_nothing_is_connected() -> None:
    async with linked(password="wrong", patience=0.05) as rig:
        with pytest.raises(NeverSent, match="not connected"):
            await rig.host.send(message())
        await rig.stored.done.wait()
        (told,) = rig.stored.events
        assert told.name == ""
        assert getattr(told, "action", "") == "AUTH"


async def test_a_closed_fence_lets_nothing_leave() -> None:
    class Closed(Exception):
        pass

    def closed() -> None:
        raise Closed

    async with linked() as rig:
        with pytest.raises(Closed):
            await rig.host.send(message(), closed)
        await rig.host.send(message(id="m2"))
        assert [each.provider_id for each in rig.server.shown] == ["00000001"]


async def test_a_stop_waits_for_the_answer_and_unbinds() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.server.hold()
        sending = asyncio.create_task(rig.host.send(message()))
        await until(lambda: rig.host._ends)
        stopping = asyncio.create_task(rig.host.stop(5))
        await asyncio.sleep(0)
        rig.server.go_on()
        assert await sending == Sent("00000001")
        await stopping
        assert [type(each.body).__name__ for each in rig.server.smsc.heard][-1] == "Unbind"
        with pytest.raises(NeverSent, match="stopped"):
            await rig.host.send(message(id="m2"))


async def test_an_smsc_that_does_not_let_go_is_cut_after_the_time() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.server.hold()
        sending = asyncio.create_task(rig.host.send(message()))
        await until(lambda: rig.host._ends)
        await rig.host.stop(0.05)
        with pytest.raises(CutOff):
            await sending


async def test_who_gives_up_waiting_leaves_the_place_to_the_next() -> None:
    async with linked(window="1") as rig:
        await rig.ready()
        rig.server.hold()
        sends = [asyncio.create_task(rig.host.send(message(id=f"m{n}"))) for n in range(3)]
        await until(lambda: rig.host._ends and len(rig.host._places) == 2)
        sends[1].cancel()
        rig.server.go_on()
        assert await sends[0] == Sent("00000001")
        assert await sends[2] == Sent("00000002")


async def test_parts_of_a_message_are_answered_at_once_and_make_one_message() -> None:
    async with linked() as rig:
        await rig.ready()
        rig.server.write(rig.server.smsc.says("447700900001", "long " * 50))
        await rig.server.until(lambda: rig.server.answered == [0, 0])
        first, last = rig.stored.arrivals
        assert first.keep
        assert first.received.events == ()
        assert first.keep in last.release
        assert len(rig.stored.events) == 1


async def test_what_comes_only_once_is_stored_when_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_PAUSE", 0)
    async with linked(password="wrong", patience=0.05) as rig:
        rig.stored.failures = 2
        await rig.stored.done.wait()
        assert [getattr(each, "code", "") for each in rig.stored.events] == ["ESME_RINVPASWD"]


async def test_nothing_more_is_read_while_too_much_waits_to_be_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "_MOST_WAITING", 5)
    monkeypatch.setattr(links, "_READ", 200)
    async with linked() as rig:
        await rig.ready()
        rig.stored.may_end.clear()
        rig.server.write(b"".join(rig.server.smsc.says("447700900001", f"{n:03}") for n in range(100)))
        await until(lambda: len(rig.host._arrivals) > 5)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(rig.host._arrivals) < 15
        rig.stored.may_end.set()
        await rig.server.until(lambda: len(rig.server.answered) == 100)
        said = [each.content for each in rig.stored.events if isinstance(each, MessageReceived)]
        assert said == [Text(f"{n:03}") for n in range(100)]


@pytest.mark.parametrize("known", [True, False])
async def test_a_certificate_is_checked(tmp_path: Path, known: bool) -> None:
    ca, context = certificate(tmp_path)
    given = {"tls": "yes", "patience": 5 if known else 0.05, **({"tls_ca": ca} if known else {})}
    async with linked(context=context, **given) as rig:  # type: ignore[arg-type]
        if known:
            assert await rig.host.send(message()) == Sent("00000001")
        else:
            with pytest.raises(NeverSent, match="not connected"):
                await rig.host.send(message())


async def test_a_host_that_nobody_answers_stops_cleanly() -> None:
    link = SMPP(
        Channel(id="c", type="smpp", settings={"host": "127.0.0.1", "system_id": "x", "sender": "1234"})
    ).link(0)
    host = LinkHost("c", Endpoint("127.0.0.1", 1), link, Stored())
    running = asyncio.create_task(host.run())
    await asyncio.sleep(0)
    await host.stop(1)
    await asyncio.wait_for(running, 5)
