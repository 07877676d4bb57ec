"""A gateway with an in-app channel and the counting bot, listening on a port of its own."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from admin import operations
from admin.operations import NewChannel
from conversations.router import Router
from gateway import problems
from gateway.app import Gateway
from gateway.connect import connect
from gateway.directline import server
from gateway.settings import Settings
from state import migrate
from tests.allowed import allow
from tests.crash.bot import Echo

SECRET = "a secret of sixteen characters"
ALLOWED = "https://shop.example.com"


class Client:
    """Calls the gateway as an app does; `token` is sent with every call."""

    def __init__(self, session: aiohttp.ClientSession, url: str, database: Path) -> None:
        self.session, self.url, self.token, self.database = session, url, "", database

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        url = f"{self.url}/v3/directline{path}"
        sent = {"json": body} if body is not None else {}
        async with self.session.request(method, url, headers=headers, **sent, **more) as answer:
            return answer.status, await answer.json()

    async def begin(self, user: str = "dl_ann") -> str:
        """Get a token by the secret, start the conversation, and give its id."""
        self.token = SECRET
        _, made = await self.call("POST", "/tokens/generate", {"user": {"id": user}})
        self.token = made["token"]
        _, started = await self.call("POST", "/conversations")
        return str(started["conversationId"])

    async def say(self, conversation: str, text: str, client_id: str) -> tuple[int, Any]:
        """Post a message."""
        activity = {"type": "message", "text": text, "channelData": {"clientActivityID": client_id}}
        return await self.call("POST", f"/conversations/{conversation}/activities", activity)

    async def stream(self, conversation: str, watermark: str = "0") -> aiohttp.ClientWebSocketResponse:
        """Open the stream after a watermark, as a reconnecting client does."""
        _, opened = await self.call("GET", f"/conversations/{conversation}?watermark={watermark}")
        return await self.session.ws_connect(opened["streamUrl"])


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """An app's client of a running gateway."""
    url = f"sqlite:///{tmp_path}/parley.db"
    migrate.upgrade(url)
    settings = Settings(
        port=0,
        node="one",
        database=url,
        data_dir=str(tmp_path),
        seal_key=base64.b64encode(bytes(32)).decode(),
        directline_secret=SECRET,
        origins=(ALLOWED,),
        notices=False,
    )
    gateway = Gateway(settings, Router([Echo]))
    await gateway.open()
    await connect(gateway.store, gateway.seal, operations.OPERATOR, NewChannel("app", "inapp", {}, {}))
    await allow(gateway.store)
    app = web.Application(middlewares=[problems.middleware], client_max_size=settings.max_body)
    app.add_routes([*server.routes(gateway, demo=False), web.get("/media/{id}", gateway.files.serve)])
    await gateway.start(app)
    async with aiohttp.ClientSession() as session:
        yield Client(session, gateway.url, tmp_path / "parley.db")
    await gateway.stop()


async def texts(stream: aiohttp.ClientWebSocketResponse, count: int) -> tuple[list[str], str]:
    """The texts of the next activities on a stream, and the last watermark."""
    found: list[str] = []
    mark = ""
    while len(found) < count:
        frame = await stream.receive_json(timeout=10)
        found += [activity["text"] for activity in frame["activities"] if activity["type"] == "message"]
        mark = frame.get("watermark") or mark
    return found, mark
