"""A provider that takes a reply in its webhook's answer gets it there, once; what comes too late goes the usual way."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from aiohttp import web

from admin import operations
from admin.operations import NewChannel
from connectors import registry
from connectors.contract import Setting
from connectors.terms import History
from conversations.router import Router
from gateway import deferred, faces
from gateway.app import Gateway
from gateway.connect import connect
from state.model.channel import Capabilities, Channel, Terms
from state.model.content import Text
from state.model.event import MessageReceived
from state.model.ids import now_ms
from state.model.wire import Answer, Call, Outbound, Received, Reply, Request, Sent
from tests.allowed import allow
from tests.gateway.api.house import House, made, on_sqlite
from tests.spine.bot import Desk


class Inline:
    """A channel whose provider takes one reply in the answer: `name: words` comes in."""

    type: ClassVar[str] = "inline"
    webhooks: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = (Setting("base_url", "address of the provider"),)
    capabilities = Capabilities(schemes=("tel",), text=100)
    terms: ClassVar[Terms] = Terms(version="1")
    history: ClassVar[History] = History((terms,))

    def __init__(self, channel: Channel) -> None:
        self._url = channel.settings["base_url"]

    def verify(self, request: Request) -> None:
        """Nothing is signed."""

    def receive(self, request: Request) -> Received:
        name, _, words = request.body.decode().partition(": ")
        said = MessageReceived(
            key=words, at=now_ms(), addresses=(f"tel:{name}",), provider_id=words, content=Text(words)
        )
        return Received((said,), Answer(200, b"empty"), deferred=True)

    def answer(self, request: Request, message: Outbound) -> Answer | None:
        assert isinstance(message.content, Text)
        return None if "pushed" in message.content.text else Answer(200, message.content.text.encode())

    def send(self, message: Outbound) -> Generator[Call, Reply, Sent]:
        assert isinstance(message.content, Text)
        yield Call("send", "POST", f"{self._url}/send", {}, message.content.text.encode())
        return Sent("m")


class Provider:
    """Takes what is sent the usual way."""

    url = ""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[str] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        self.sent.put_nowait(await request.text())
        return web.Response()

    async def next(self) -> str:
        async with asyncio.timeout(10):
            return await self.sent.get()


@pytest.fixture
async def provider(aiohttp_server: Any) -> Provider:
    found = Provider()
    app = web.Application()
    app.add_routes([web.post("/send", found.take)])
    found.url = str((await aiohttp_server(app)).make_url("")).rstrip("/")
    return found


@pytest.fixture
async def house(tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setitem(registry.TYPES, "inline", (f"{__name__}:Inline", ""))
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path), shutdown_seconds=0.1), Router([Desk]))
    await gateway.open()
    new = NewChannel("i", "inline", {"base_url": provider.url}, {})
    await connect(gateway.store, gateway.seal, operations.OPERATOR, new)
    await allow(gateway.store)
    key = await operations.create_key(gateway.store, operations.OPERATOR, "all", ["admin"])
    await gateway.start(faces.application(gateway))
    async with aiohttp.ClientSession() as session:
        yield House(gateway, session, {"admin": key})
    await gateway.stop()


async def hear(house: House, words: str, name: str = "+15550100") -> str:
    told = await house.ask("POST", "/webhooks/i", data=f"{name}: {words}")
    assert told.status == 200
    return told.text


async def newest(house: House, ready: str = "accepted") -> Any:
    talk = (await house.call("GET", "/conversations")).body["items"][0]
    page = await house.until(
        f"/conversations/{talk['id']}/messages", lambda body: body["items"][0]["status"] == ready
    )
    return (await house.call("GET", f"/messages/{page['items'][0]['id']}")).body


async def test_a_reply_leaves_in_the_answer(house: House, provider: Provider) -> None:
    assert await hear(house, "hi") == "1: hi"
    found = await newest(house)
    assert [each["name"] for each in found["exchanges"]] == ["answer"]
    assert [each["verdict"] for each in found["decisions"]] == ["send"]
    assert provider.sent.empty()


async def test_an_answer_that_carries_a_reply_is_written_once(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.gateway.port)
    for path, lines, body in (
        ("POST /webhooks/i", "", "+15550100: hi"),
        ("GET /none", "Connection: close\r\n", ""),
    ):
        head = f"{path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
        writer.write((head + body).encode())
    said = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert [said.count(each) for each in (b"HTTP/1.1 200 OK", b"1: hi", b"HTTP/1.1 404")] == [1, 1, 1]


async def test_the_second_part_of_a_reply_goes_the_usual_way(house: House, provider: Provider) -> None:
    answered = await hear(house, "say " + "x" * 150)
    assert (len(answered), (await provider.next()).strip("x")) == (100, "")


async def test_what_does_not_fit_into_an_answer_goes_the_usual_way(
    house: House, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferred, "PATIENCE", 0.2)
    assert await hear(house, "pushed") == "empty"
    assert await provider.next() == "1: pushed"


async def test_with_no_reply_the_answer_is_empty(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "PATIENCE", 0.05)
    assert await hear(house, "ring 3600") == "empty"


async def test_a_caller_that_has_gone_gets_its_reply_the_usual_way(
    house: House, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.webhooks._gone", lambda request: True)
    await hear(house, "hi")
    assert await provider.next() == "1: hi"
    assert (await newest(house))["outcome"] == ""


async def test_nothing_leaves_in_an_answer_while_it_is_suspended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferred, "PATIENCE", 0.2)
    told = await house.call("POST", "/suspensions", {"scope": {"channel": "i"}, "reason": "complaints"})
    assert told.status == 201
    assert await hear(house, "hi") == "empty"
    assert (await newest(house, "queued"))["queue"]["state"] == "held"


async def test_nothing_leaves_in_an_answer_that_is_written_after_the_fence_closed(
    house: House, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence, give = house.gateway.fence, deferred.Waiting.give

    async def frozen(waiting: deferred.Waiting, answer: Answer, closed: Callable[[], bool]) -> bool | None:
        deadline, fence._deadline = fence._deadline, 0.0  # the process stood still until its permit was over
        left = await give(waiting, answer, closed)
        fence._deadline = deadline
        return left

    monkeypatch.setattr(deferred.Waiting, "give", frozen)
    assert await hear(house, "hi") == "empty"
    assert await provider.next() == "1: hi"


async def test_a_reply_that_is_given_as_the_webhook_gives_up_is_in_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deferred, "PATIENCE", 0.02)
    waiting = deferred.Waiting(Request("POST", "/", {}, {}, b""))
    answering = asyncio.create_task(waiting.answer())
    await asyncio.sleep(0)
    time.sleep(0.03)  # noqa: ASYNC251 - the time is over and the reply there in one turn of the loop
    giving = asyncio.create_task(waiting.give(Answer(200, b"reply"), lambda: False))
    answer = await answering
    assert (answer, waiting.open) == (Answer(200, b"reply"), False), "any answer is taken for this one"
    waiting.left(whole=True)
    assert await giving
