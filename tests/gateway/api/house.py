"""A whole gateway on a port of its own: a simulated WhatsApp number, an in-app channel, a bot, and keys."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, NamedTuple, TypeVar

import aiohttp
import msgspec
from multidict import CIMultiDictProxy

from admin import operations
from admin.operations import NewChannel
from conversations.loading import Source
from conversations.router import Router
from gateway import faces
from gateway.app import Gateway
from gateway.connect import connect
from gateway.settings import Settings
from gateway.simulator import SimulatorHost
from parley import STAY, Flow, On, Turn
from state import migrate
from state.keys import SCOPES
from tests.allowed import allow

T = TypeVar("T")
SECRETS = {
    "app_secret": "planted-app-secret",
    "verify_token": "planted-verify-token",
    "access_token": "planted-access-token",
}
PHONE = NewChannel(
    "phone", "whatsapp", {"phone_number_id": "15550100", "waba_id": "15550199"}, SECRETS, simulated=True
)
APP = NewChannel("app", "inapp", {}, {})
ANN = "inapp:dl_ann"
CUSTOMER = "15550123"
NOBODY = "0" * 32
"""An id that is none of anything's."""


class Desk(Flow):
    """Echoes; fails at `fail` until it is mended, hands over at `person`, and greets who comes back."""

    mended: ClassVar[bool] = False

    table = (
        On("message", "start", STAY, do="answer"),
        On("handed_back", "start", STAY, say="It is me again."),
    )

    def answer(self, turn: Turn) -> None:
        if turn.text == "fail" and not self.mended:
            raise RuntimeError("a flow that fails")
        if turn.text == "person":
            turn.hand_over("asked for")
        turn.say(f"you said {turn.text}")


ALLOWED = {"basis": "contract", "evidence": "order 17"}
"""What lets a message go to a customer who has not written."""


class Told(NamedTuple):
    """An answer of the gateway: `body` is its JSON, `text` its bytes as text."""

    status: int
    body: Any
    headers: CIMultiDictProxy[str]
    text: str


class House:
    """A running gateway and who calls it. `keys` are secrets by what they may do; `host` plays the providers."""

    host: SimulatorHost

    def __init__(self, gateway: Gateway, session: aiohttp.ClientSession, keys: dict[str, str]) -> None:
        self.gateway, self.session, self.keys = gateway, session, keys
        self.url = gateway.local_url

    async def call(
        self, method: str, path: str, body: Any = None, *, key: str = "admin", once: str = "", **more: Any
    ) -> Told:
        """Call `/v1`; `key` names one of `keys` ("": none is sent), `once` is the Idempotency-Key."""
        headers = {"Authorization": f"Bearer {self.keys[key]}"} if key else {}
        headers |= {"Idempotency-Key": once} if once else {}
        headers |= more.pop("headers", {})
        if body is not None:
            more["data"] = body if isinstance(body, bytes) else msgspec.json.encode(body)
            headers = {"Content-Type": "application/json"} | headers
        return await self.ask(method, f"/v1{path}", headers=headers, **more)

    async def ask(self, method: str, path: str, **more: Any) -> Told:
        """Call any path of the gateway."""
        async with self.session.request(method, self.url + path, allow_redirects=False, **more) as answer:
            text = await answer.text()
            body = msgspec.json.decode(text) if answer.content_type.endswith("json") else None
            return Told(answer.status, body, answer.headers, text)

    async def send(self, text: str = "Hello", to: str = ANN, **more: Any) -> Any:
        """Queue a text that its customer has allowed, and give the answer's body."""
        asked = {
            "to": to,
            "content": {"type": "text", "text": text},
            "channel": "app",
            "consent": ALLOWED,
        } | more
        told = await self.call("POST", "/messages", asked)
        assert told.status == 202, told
        return told.body

    async def hears(self, text: str, number: str = CUSTOMER) -> None:
        """A customer writes on the simulated phone."""
        told = await self.ask(
            "POST", f"/simulator/api/phone/{number}/say", json={"type": "text", "text": text}
        )
        assert told.status == 200, told

    async def until(self, path: str, is_so: Callable[[Any], bool]) -> Any:
        """Read a path of `/v1` again and again until what it tells is so."""
        return await self.again(lambda: self.call("GET", path), lambda told: is_so(told.body))

    async def until_ready(self) -> Any:
        """Wait until the process may be given work."""
        return await self.again(lambda: self.ask("GET", "/readyz"), lambda told: told.status == 200)

    async def again(self, ask: Callable[[], Awaitable[Told]], is_so: Callable[[Told], bool]) -> Any:
        return (await self.becomes(ask, is_so)).body

    async def becomes(self, ask: Callable[[], Awaitable[T]], is_so: Callable[[T], bool]) -> T:
        """Ask again and again until the answer is so, and give it."""
        for _ in range(2000):
            told = await ask()
            if is_so(told):
                return told
            await asyncio.sleep(0.005)
        raise AssertionError(f"it never became so: {told}")

    async def conversation(self, text: str, is_so: Callable[[Any], bool], number: str = CUSTOMER) -> Any:
        """A customer writes; gives the newest conversation when it is so."""
        await self.hears(text, number)
        found = await self.until(
            "/conversations?limit=1", lambda page: page["items"] and is_so(page["items"][0])
        )
        return found["items"][0]


@cache
def migrated() -> bytes:
    """An empty SQLite database of this version's schema."""
    with TemporaryDirectory() as folder:
        migrate.upgrade(f"sqlite:///{folder}/template.db")
        return Path(folder, "template.db").read_bytes()


def on_sqlite(folder: Path) -> str:
    """The URL of a SQLite file in the folder, with the schema."""
    (folder / "parley.db").write_bytes(migrated())
    return f"sqlite:///{folder}/parley.db"


async def _keys(gateway: Gateway) -> dict[str, str]:
    """A key for each scope, and for each scope one that has all others but `admin`."""
    wanted = {scope: [scope] for scope in SCOPES}
    wanted["second"] = ["admin"]
    wanted["looker"] = ["channels:read", "messages:read"]
    make = operations.create_key
    made = (make(gateway.store, operations.OPERATOR, name, scopes) for name, scopes in wanted.items())
    return dict(zip(wanted, await asyncio.gather(*made), strict=True))


def when(told: str) -> datetime:
    """A time as the interface tells it."""
    return datetime.fromisoformat(told)


def made(folder: Path, url: str, **settings: Any) -> Settings:
    """The settings of a gateway in a folder."""
    seal_key = base64.b64encode(bytes(32)).decode()
    always: dict[str, Any] = {
        "port": 0,
        "node": "one",
        "seal_key": seal_key,
        "allow_private_urls": True,
        "notices": False,
    }
    return Settings(database=url, data_dir=str(folder), **(always | settings))


@asynccontextmanager
async def running(
    folder: Path,
    url: str,
    *,
    demo: bool = False,
    connects: tuple[NewChannel, ...] = (PHONE, APP),
    flows: Sequence[Source] = (Desk,),
    **settings: Any,
) -> AsyncIterator[House]:
    """Run a gateway on a database with the schema; `connects` none where its channels are there already."""
    gateway = Gateway(made(folder, url, **settings), Router(flows))
    await gateway.open()
    for new in connects:
        await connect(gateway.store, gateway.seal, operations.OPERATOR, new)
    await allow(gateway.store)
    app = faces.application(gateway, demonstrate=demo)
    host = SimulatorHost(gateway.channels, folder / "phones", lambda: gateway.local_url, lambda: gateway.url)
    if not demo:
        app.add_routes(host.routes())
        gateway.linked.simulate(host.dial)
    keys = await _keys(gateway)
    await gateway.start(app)
    try:
        async with aiohttp.ClientSession() as session:
            house = House(gateway, session, keys)
            house.host = host
            yield house
    finally:
        await host.close()
        await gateway.stop()
