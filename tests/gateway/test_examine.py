"""A provider is asked whether all is set up there, over real sockets: what it says, that it says nothing, its clock."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from email.utils import formatdate

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors import registry
from gateway.channels import Live
from gateway.examine import Patience, examine
from gateway.wire import Wire
from state.channels import Record
from state.model.channel import Channel

NOW = 1_790_000_000.0
ADDRESS = "https://chat.example/webhooks/tg"
RECORD = Record("tg", "telegram", "default", "", "{}", b"", False, "", 0)


class Provider:
    """Answers as Telegram does; `says` is what getWebhookInfo tells, `date` its clock."""

    def __init__(self) -> None:
        self.says: dict[str, object] = {"url": ADDRESS, "pending_update_count": 0}
        self.date, self.status, self.waits = NOW, 200, asyncio.Event()
        self.waits.set()
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        await self.waits.wait()
        headers = {"Date": formatdate(self.date, usegmt=True)}
        if self.status != 200:
            body = {"ok": False, "error_code": self.status, "description": f"bad token {request.path}"}
            return web.json_response(body, status=self.status, headers=headers)
        return web.json_response({"ok": True, "result": self.says}, headers=headers)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    async with TestServer(app) as server:
        made.url = f"http://127.0.0.1:{server.port}"
        yield made
        made.waits.set()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire(allow_private=True)
    yield made
    await made.close()


def live(
    url: str, kind: str = "telegram", *, simulated: bool = False, more: Mapping[str, str] | None = None
) -> Live:
    secrets = {"telegram": {"bot_token": "7:planted-token", "secret_token": "s"}}.get(kind, {})
    channel = Channel(
        id="tg",
        type=kind,
        settings={"base_url": url, **(more or {})},
        credentials=secrets,
        simulated=simulated,
    )
    return Live(channel, registry.connector(kind)(channel), RECORD)


async def looked(wire: Wire, channel: Live, patience: Patience | None = None) -> dict[str, str]:
    found = await examine(channel, wire.perform, ADDRESS, lambda: NOW, patience or Patience())
    return {each.what: each.wrong for each in found}


async def test_where_all_is_well_each_thing_is_told(provider: Provider, wire: Wire) -> None:
    assert await looked(wire, live(provider.url)) == dict.fromkeys(("bot", "webhook", "updates", "clock"), "")


async def test_a_webhook_that_goes_elsewhere_is_told_with_the_address(provider: Provider, wire: Wire) -> None:
    provider.says = {"url": "https://old.example"}
    assert ADDRESS in (await looked(wire, live(provider.url)))["webhook"]


@pytest.mark.parametrize(("seconds", "side"), [(31, "behind"), (-31, "ahead")])
async def test_a_clock_that_is_astray_is_told(
    provider: Provider, wire: Wire, seconds: int, side: str
) -> None:
    provider.date = NOW + seconds
    assert f"it is 31 s {side}" in (await looked(wire, live(provider.url)))["clock"]
    provider.date = NOW + seconds / 31 * 30
    assert (await looked(wire, live(provider.url)))["clock"] == ""


async def test_refused_credentials_are_told_and_not_shown(provider: Provider, wire: Wire) -> None:
    from gateway.logs import redactor

    redactor.learn("7:planted-token")
    provider.status = 401
    found = await looked(wire, live(provider.url))
    assert found["provider"].startswith("the provider refuses the credentials (401: ")
    assert "planted" not in str(found)


async def test_a_provider_that_is_not_there_is_told(wire: Wire) -> None:
    found = await looked(wire, live("http://127.0.0.1:1"))
    assert "unreachable" in found["provider"]


@pytest.mark.parametrize("patience", [Patience(call=0.05), Patience(channel=0.05)])
async def test_a_provider_that_says_nothing_is_given_up(
    provider: Provider, wire: Wire, patience: Patience
) -> None:
    provider.waits.clear()
    assert (await looked(wire, live(provider.url), patience))["provider"]


async def test_a_simulated_channel_asks_nobody(wire: Wire) -> None:
    (what,) = await looked(wire, live("http://127.0.0.1:1", simulated=True))
    assert "simulated" in what


async def test_an_smsc_is_reached_without_a_bind(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = {
            "host": "127.0.0.1",
            "port": str(listening.getsockname()[1]),
            "system_id": "parley",
            "sender": "447700900000",
        }
        assert await looked(wire, live("", "smpp", more=place)) == {"connection": ""}
    assert "cannot be reached" in (await looked(wire, live("", "smpp", more=place)))["connection"]


async def test_a_channel_without_a_provider_is_asked_nothing(wire: Wire) -> None:
    assert await looked(wire, live("", "inapp")) == {}
