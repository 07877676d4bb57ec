"""A running gateway with two WhatsApp numbers, each with its own stub of the Graph API, and who calls it."""

import asyncio
import hmac
import inspect
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import sqlalchemy as sa

from admin import operations
from admin.operations import NewChannel
from conversations.loading import Source
from conversations.router import Router
from gateway import faces
from gateway.app import Gateway
from gateway.connect import connect
from gateway.settings import Settings
from state import messages, tables
from state.model.content import Text
from state.model.message import Decision, Message
from state.statements import Query, Row, Write
from state.writer import Op
from tests.allowed import allow
from tests.gateway.api import house as api
from tests.load import whatsapp
from tests.spine.bot import Desk
from tests.spine.graph import Graph

APP_SECRET = "planted-app-secret-7c1e"
VERIFY_TOKEN = "planted-verify-token-9a2f"
ACCESS_TOKEN = "planted-access-token-3b8d"
SECRETS = {"app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN, "access_token": ACCESS_TOKEN}
WA, WB = whatsapp.PHONE_NUMBER_ID, "1055502"
"""The ids of our two numbers, of the channels `wa` and `wb`."""
DEADLINE = 15.0
Part = whatsapp.Part


def signature(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    """The header that signs a body."""
    return {"X-Hub-Signature-256": "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()}


def change(*messages: Part, statuses: Sequence[Part] = (), account: str = WA) -> Part:
    """One change of a webhook: messages and statuses of one of our numbers."""
    value: dict[str, Any] = {"metadata": {"phone_number_id": account}}
    value |= {"messages": messages} if messages else {}
    value |= {"statuses": statuses} if statuses else {}
    return {"field": "messages", "value": value}


def webhook(*entries: Sequence[Part]) -> bytes:
    """The body of a webhook whose entries have these changes."""
    made = [{"id": whatsapp.WABA_ID, "changes": changes} for changes in entries]
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": made})


def text(number: int, words: str, **more: Any) -> Part:
    """A customer's text; its id comes from the words."""
    sender = whatsapp.phone(number)
    return {**whatsapp.text_message(sender, f"wamid.in.{number}.{words}", words), **more}


def status(wamid: str, word: str, ours: str = "", at: int = 1_700_000_000, **more: Any) -> Part:
    """A status of a message of ours, told at a time (seconds)."""
    told = whatsapp.status(wamid, whatsapp.phone(1), word, ours)
    return {**told, "timestamp": str(at), **more}


class House(api.House):
    """The gateway under test; `graph` answers for `wa`, `other` for `wb`."""

    graph: Graph
    other: Graph

    async def post(self, body: bytes, channel: str = "wa", **headers: str) -> int:
        """Deliver a webhook, signed unless headers are given; gives the status."""
        sent = {"data": BytesIO(body), "headers": headers or signature(body)}
        return (await self.ask("POST", f"/webhooks/{channel}", **sent)).status

    async def hear(self, *said: Part, statuses: Sequence[Part] = (), account: str = WA) -> None:
        """Messages and statuses come in one webhook."""
        assert await self.post(webhook([change(*said, statuses=statuses, account=account)])) == 200

    async def when(self, ask: Callable[[], Any], is_so: Callable[[Any], bool] = bool) -> Any:
        """Ask again and again until the answer is so, and give it."""
        ends = time.monotonic() + DEADLINE
        while True:
            found = ask()
            if inspect.isawaitable(found):
                found = await found
            if is_so(found):
                return found
            assert time.monotonic() < ends, f"it never became so: {found!r}"
            await asyncio.sleep(0.005)

    async def rows(self, query: sa.Select[Any]) -> list[Row]:
        """The rows of a query."""
        return await self.gateway.store.read(Query(query, ""))

    async def count(self, table: sa.Table) -> int:
        """How many rows a table has."""
        return int((await self.rows(sa.select(sa.func.count()).select_from(table)))[0][0])

    async def came(self) -> dict[str, int]:
        """How many rows each table has that only a request can lengthen."""
        names = (tables.envelope, tables.event, tables.contact, tables.conversation, tables.signal)
        return {each.name: await self.count(each) for each in names}

    async def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {each.name: await self.count(each) for each in tables.metadata.sorted_tables}

    async def quiet(self) -> None:
        """Wait until nothing waits for a turn or for being sent."""

        async def left() -> int:
            return await self.count(tables.inbox) + await self.count(tables.outbox)

        await self.when(left, lambda count: count == 0)

    async def queue(self) -> list[Row]:
        """What waits to be sent, in order: id, state, due, attempts."""
        c = tables.outbox.c
        return await self.rows(sa.select(c.id, c.state, c.due_at, c.attempt).order_by(c.id))

    async def queued_again(self, attempts: int = 1) -> Row:
        """Wait until the one row that waits has been tried so often; gives it."""
        rows = await self.when(self.queue, lambda rows: rows and rows[0][1:4:2] == ("queued", attempts))
        return rows[0]  # type: ignore[no-any-return]

    async def set(self, table: sa.Table, **values: Any) -> None:
        """Set columns of all rows of a table, as time that passes or an accident would."""
        bound = {name: sa.bindparam(name, type_=table.c[name].type) for name in values}
        write = Write(sa.update(table).values(bound), " ".join(values))

        def op() -> Op[None]:
            yield [(write, tuple(values.values()))]

        await self.gateway.store.alone(op)
        self.gateway.wake.tell("outbox", ("*",))

    async def hurry(self) -> None:
        """What is queued for later is due now."""
        await self.set(tables.outbox, due_at=1)

    async def messages(self, direction: str = "out", number: int = 0) -> list[Message]:
        """The messages of all conversations, or of the customer with this number, in order."""
        found: list[Message] = []
        for row in await messages.conversations(self.gateway.store):
            found += await messages.timeline(self.gateway.store, row[0])
        mine = await self.conversation_of(number) if number else ""
        kept = [each for each in found if each.direction == direction and mine in ("", each.conversation)]
        return sorted(kept, key=lambda each: each.id)

    async def conversation_of(self, number: int) -> str:
        """The id of a customer's newest conversation, once there is one that has had a turn."""
        c = tables.conversation.c
        asked = sa.select(c.id).where(c.urns.contains(whatsapp.phone(number))).order_by(c.id.desc())
        return str((await self.when(lambda: self.rows(asked)))[0][0])

    async def replies(self, number: int = 0) -> list[str]:
        """The words of our messages."""
        return [words(each) for each in await self.messages("out", number)]

    async def the_reply(self) -> Message:
        """Our one message, once nothing waits any more."""
        await self.quiet()
        (found,) = await self.messages()
        return found

    async def decisions(self, message: Message) -> list[Decision]:
        """What was decided about a message."""
        return await messages.decisions(self.gateway.store, message.id)

    async def calls(self, message: Message) -> list[Any]:
        """The calls that were made for a message, as they are kept."""
        kept = await messages.exchanges(self.gateway.store, message.id)
        return [call for each in kept for call in each["calls"]]

    async def suspend(self, **scope: Any) -> str:
        """Suspend a scope; when this returns nothing leaves in it. Gives the suspension's id."""
        told = await self.call("POST", "/suspensions", {"scope": scope, "reason": "complaints"})
        assert told.status == 201, told
        return str(told.body["id"])

    async def lift(self, suspension: str) -> None:
        """Lift a suspension."""
        told = await self.call("POST", f"/suspensions/{suspension}/lift", {"reason": "over"})
        assert told.status == 200, told

    async def restart(self) -> None:
        """Stop the gateway as a signal does, and start another on the same database."""
        await self.gateway.stop()
        self.gateway = Gateway(self.gateway.settings, self.gateway.router)
        await self.gateway.open()
        await self.gateway.start(faces.application(self.gateway))
        self.url = self.gateway.local_url


def words(message: Message) -> str:
    """The text of a message, or the name of its content's type."""
    return message.content.text if isinstance(message.content, Text) else type(message.content).__name__


def _number(name: str, account: str, graph: Graph) -> NewChannel:
    public = {"phone_number_id": account, "waba_id": whatsapp.WABA_ID}
    return NewChannel(name, "whatsapp", {**public, "base_url": f"http://127.0.0.1:{graph.port}"}, SECRETS)


@asynccontextmanager
async def running(
    folder: Path, url: str, *, flows: Sequence[Source] = (Desk,), **settings: Any
) -> AsyncIterator[House]:
    """Run a house on a database with the schema."""
    graph, other = await Graph().start(), await Graph().start()
    (folder / "bot.toml").write_text('word = "planted-word"\n')
    own = {"shutdown_seconds": 0.1, "bot_settings_file": str(folder / "bot.toml")}
    made: Settings = api.made(folder, url, **(own | settings))
    gateway = Gateway(made, Router(flows))
    await gateway.open()
    for new in (_number("wa", WA, graph), _number("wb", WB, other)):
        await connect(gateway.store, gateway.seal, operations.OPERATOR, new)
    await allow(gateway.store)
    key = await operations.create_key(gateway.store, operations.OPERATOR, "all", ["admin"])
    await gateway.start(faces.application(gateway))
    async with aiohttp.ClientSession() as session:
        house = House(gateway, session, {"admin": key})
        house.graph, house.other = graph, other
        try:
            yield house
        finally:
            await house.gateway.stop()
            graph.stop()
            other.stop()
