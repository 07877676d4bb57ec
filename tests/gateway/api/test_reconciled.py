"""A send whose answer is cut off is sent once, and found again by its receipt where our id rides along."""

import functools
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from admin.operations import NewChannel
from connectors import registry
from gateway.simulator import SimulatorHost
from tests.gateway.api.house import House, on_sqlite, running
from tests.gateway.api.test_every_simulator import CHANNELS

BY_REQUESTS = sorted(CHANNELS.keys() - {"smpp"})
"""A link that breaks off has tests of its own."""


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every simulated provider takes what it is sent and breaks off before it answers; gives what was shown."""
    shown: list[str] = []
    answers, seen = SimulatorHost.wire, SimulatorHost._seen

    @functools.wraps(seen)
    async def noted(host: SimulatorHost, live: Any, asked: Any, answered: Any) -> None:
        shown.extend(each.to for each in answered.shown)
        await seen(host, live, asked, answered)

    async def breaks_off(host: SimulatorHost, request: web.Request) -> web.Response:
        before = len(shown)
        answer = await answers(host, request)
        if len(shown) > before:
            assert request.transport
            request.transport.abort()
        return answer

    monkeypatch.setattr(SimulatorHost, "wire", breaks_off)
    monkeypatch.setattr(SimulatorHost, "_seen", noted)
    return shown


async def said(house: House, kind: str) -> Any:
    """The message of ours whose answer was cut off."""
    number = registry.simulator(kind).phones[0].id
    told = await house.ask("POST", f"/simulator/api/ch/{number}/say", json={"type": "text", "text": "hi"})
    assert told.status == 200, told
    page = await house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    found = await house.until(
        path, lambda body: len(body["items"]) == 2 and body["items"][0]["outcome"] == "unknown"
    )
    return found["items"][0]


@pytest.mark.parametrize("kind", BY_REQUESTS)
async def test_a_send_that_is_cut_off_is_not_repeated(tmp_path: Path, kind: str, cut_off: list[str]) -> None:
    settings, secrets = CHANNELS[kind]
    new = NewChannel("ch", kind, settings, secrets, simulated=True)
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,)) as house:
        message = await said(house, kind)
        live = house.gateway.channels.get("ch")
        assert live
        if live.connector.capabilities.reconcilable:
            found = await house.until(
                f"/messages/{message['id']}", lambda body: body["facts"]["sent"] or body["facts"]["delivered"]
            )
            assert found["status"] in ("sent", "delivered", "read")
        assert len(cut_off) == 1
