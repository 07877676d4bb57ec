"""Access tokens that run out: got by one node for all, in good time, and at once when the provider refuses one."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Generator
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
from gateway import faces
from gateway.app import Gateway
from gateway.connect import connect
from state import tables, tokens
from state.model.action import Action
from state.model.channel import Capabilities, Channel, Terms
from state.model.wire import Answer, Call, Outbound, Received, Reply, Request, Sent, Token, Undelivered
from state.statements import Write, update
from state.writer import Op
from tests.allowed import allow
from tests.gateway.api.house import ALLOWED, House, Told, made
from tests.spine.conftest import _on_postgres, _reused, url  # noqa: F401 - fixtures

NUMBERS = itertools.count()
"""The same is not said twice to one customer."""


class Lapsing:
    """A channel whose provider gives a token for a while: `refresh` gets one, `send` shows it."""

    type: ClassVar[str] = "lapsing"
    webhooks: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("base_url", "address of the provider"),
        Setting("secret", "for a token", secret=True),
    )
    capabilities = Capabilities(schemes=("tel",), text=100)
    terms: ClassVar[Terms] = Terms(version="1")
    history: ClassVar[History] = History((terms,))

    def __init__(self, channel: Channel) -> None:
        self._url, self._token = channel.settings["base_url"], channel.credentials.get("access_token", "")
        self._next = channel.credentials.get("refresh_token", "")

    def verify(self, request: Request) -> None:
        """Nothing is signed."""

    def receive(self, request: Request) -> Received:
        return Received(answer=Answer())

    def send(self, message: Outbound) -> Generator[Call, Reply, Sent]:
        reply = yield Call("send", "POST", f"{self._url}/send?token={self._token}", {}, b"x")
        if reply.status == 401:
            raise Undelivered(Action.AUTH, "401", "the token has ended")
        return Sent(reply.body.decode())

    def refresh(self) -> Generator[Call, Reply, Token]:
        reply = yield Call(
            "token", "POST", f"{self._url}/token?after={self._next}", {}, b"x", repeatable=True
        )
        if reply.status != 200:
            raise Undelivered(Action.AUTH, str(reply.status), "no token for you")
        access, refresh, seconds = reply.body.decode().split()
        return Token(access, float(seconds), refresh)


class Provider:
    """Gives tokens `t1`, `t2`, … and takes the newest alone."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.sent: list[str] = []
        self.status, self.seconds = 200, 7200.0

    async def token(self, request: web.Request) -> web.Response:
        if self.status != 200:
            return web.Response(status=self.status)
        self.given.append(request.query["after"])
        n = len(self.given)
        return web.Response(text=f"t{n} r{n} {self.seconds}")

    async def send(self, request: web.Request) -> web.Response:
        self.sent.append(request.query["token"])
        good = request.query["token"] == f"t{len(self.given)}"
        return web.Response(status=200 if good else 401, text=f"m{len(self.sent)}")


@pytest.fixture(autouse=True)
def lapsing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.TYPES, "lapsing", (f"{__name__}:Lapsing", ""))


@pytest.fixture
async def provider(aiohttp_server: Any) -> Provider:
    found = Provider()
    app = web.Application()
    app.add_routes([web.post("/token", found.token), web.post("/send", found.send)])
    server = await aiohttp_server(app)
    found.url = str(server.make_url("")).rstrip("/")  # type: ignore[attr-defined]
    return found


async def node(folder: Path, url: str, name: str = "one") -> Gateway:  # noqa: F811 - not the fixture
    gateway = Gateway(made(folder, url, node=name, shutdown_seconds=0.1), Router([]))
    await gateway.open()
    return gateway


@pytest.fixture
async def house(url: str, tmp_path: Path, provider: Provider) -> AsyncIterator[House]:  # noqa: F811
    gateway = await node(tmp_path, url)
    new = NewChannel("l", "lapsing", {"base_url": provider.url}, {"secret": "s3cr"})  # type: ignore[attr-defined]
    await connect(gateway.store, gateway.seal, operations.OPERATOR, new)
    await allow(gateway.store)
    key = await operations.create_key(gateway.store, operations.OPERATOR, "all", ["admin"])
    await gateway.start(faces.application(gateway))
    async with aiohttp.ClientSession() as session:
        yield House(gateway, session, {"admin": key})
    await gateway.stop()


async def settled(house: House) -> Any:
    asked = {
        "to": "tel:+15550100",
        "channel": "l",
        "content": {"type": "text", "text": f"hi {next(NUMBERS)}"},
        "consent": ALLOWED,
    }
    queued = (await house.call("POST", "/messages", asked)).body
    return await house.until(
        f"/messages/{queued['id']}", lambda body: body["status"] in ("accepted", "failed")
    )


async def test_the_first_token_is_got_before_anything_is_sent(house: House, provider: Provider) -> None:
    assert (await settled(house))["status"] == "accepted"
    assert (provider.given, provider.sent[-1]) == ([""], "t1")


async def test_a_token_that_is_refused_is_replaced_once(house: House, provider: Provider) -> None:
    await settled(house)
    await age(house)
    provider.given.append("another took one")
    assert (await settled(house))["status"] == "accepted"
    assert (provider.given[2:], provider.sent[-2:]) == (["r1"], ["t1", "t3"])


async def test_a_fresh_token_that_is_refused_is_not_replaced_again(house: House, provider: Provider) -> None:
    await settled(house)
    provider.given.append("another took one")
    asked = {
        "to": "tel:+15550100",
        "channel": "l",
        "content": {"type": "text", "text": f"hi {next(NUMBERS)}"},
        "consent": ALLOWED,
    }
    queued = (await house.call("POST", "/messages", asked)).body
    waits = await house.until(f"/messages/{queued['id']}", lambda body: body["queue"]["attempts"] == 1)
    assert (waits["status"], len(provider.given)) == ("queued", 2)

    async def look() -> Told:
        await house.gateway.channels.load()
        return await house.call("GET", "/channels")

    await house.again(look, lambda told: told.body["items"][0]["last_error"].startswith("AUTH 401"))


async def test_no_token_is_told_and_tried_again_later(house: House, provider: Provider) -> None:
    await settled(house)
    await age(house)
    provider.status = 403
    live = house.gateway.channels.get("l")
    assert live
    assert not await house.gateway.tokens.renew(live)
    assert not await house.gateway.tokens.renew(live), "not at once"
    await house.gateway.channels.load()
    (channel,) = (await house.call("GET", "/channels")).body["items"]
    assert channel["last_error"] == "AUTH 403: no token for you"


async def test_tokens_are_kept_sealed_and_shown_nowhere(house: House, provider: Provider) -> None:
    body = await settled(house)
    rows = await house.gateway.store.read(tokens.LIST)
    assert b"t1" not in rows[0][1]
    assert "token=t1" not in str(body["exchanges"])


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_two_nodes_get_one_token_and_use_the_same(
    tmp_path: Path, house: House, provider: Provider
) -> None:
    await settled(house)
    other = await node(tmp_path, house.gateway.settings.database, "two")
    await age(house)
    await other.channels.load()
    lives = [each.channels.get("l") for each in (house.gateway, other)]
    await asyncio.gather(
        *(each.tokens.renew(live) for each, live in zip((house.gateway, other), lives, strict=True) if live)
    )
    await asyncio.gather(house.gateway.channels.load(), other.channels.load())
    assert len(provider.given) == 2
    found = [each.channels.get("l") for each in (house.gateway, other)]
    assert found[0] and found[1] and found[0].token == found[1].token  # noqa: PT018
    await other.wire.close()
    await other.store.close()


async def age(house: House) -> None:
    """Two hours have passed since the token was got."""
    ((channel, _, made_at, _),) = await house.gateway.store.read(tokens.LIST)
    old = made_at - 2 * 3_600_000
    write: Write = update(tables.token, "made_at expires_at", "channel")

    def op() -> Op[None]:
        yield [(write, (old, old + 7_200_000 + 400_000, channel))]

    await house.gateway.store.alone(op)
    await house.gateway.channels.load()
