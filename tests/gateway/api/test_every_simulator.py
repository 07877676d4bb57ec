"""Every channel with a simulated end holds a conversation over real sockets: words, a choice, a picture, a stop."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from admin.operations import NewChannel
from connectors import registry
from gateway import notices
from state import tables
from state.consent_tables import consent
from state.statements import Query
from tests.gateway.api.house import PHONE, SECRETS, House, on_sqlite, running
from tests.gateway.api.test_failed_messages import Parcel

AES = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
META = {
    "access_token": "planted-access-token", "app_secret": "planted-app-secret", "verify_token": "planted-word",
}  # fmt: skip
CHANNELS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "whatsapp": (dict(PHONE.settings), SECRETS),
    "twilio": ({"account_sid": "ACdemo", "sender": "+15550199", "pace": "1000"}, {"auth_token": "planted-auth-token"}),
    "smpp": (
        {"host": "smsc.example", "system_id": "parley", "sender": "447700900000", "pace": "1000"},
        {"password": "planted1"},
    ),
    "telegram": ({}, {"bot_token": "7000001:planted-bot-token", "secret_token": "planted-secret-token"}),
    "http": (
        {
            "base_url": "https://sms.example", "sender": "447700900000", "auth": "bearer", "id": "json:id",
            "template": '{"to": "{to}", "text": "{text}", "ref": "{id}"}', "receipt": "id=id, status=status, ours=ref",
            "token_in": "header:X-Token",
        },
        {"secret": "planted-key", "token": "planted-token"},
    ),
    "kannel": (
        {
            "base_url": "http://kannel.example", "sender": "447700900000", "user": "parley",
            "callback": "https://parley.example/webhooks/ch",
        },
        {"secret": "planted-key", "token": "planted-token"},
    ),
    "messenger": ({"page_id": "111222333444555", "app_id": "900100200300"}, META),
    "instagram": ({"account_id": "17841400000000000", "app_id": "900100200300"}, META),
    "vonage": (
        {"api_key": "planted", "sender": "447700900000", "api": "messages", "pace": "1000"},
        {"api_secret": "planted-api-secret", "signature_secret": "planted-signature-secret"},
    ),
    "wechat": ({"app_id": "wxdemo"}, {"token": "plantedtoken", "app_secret": "planted-app-secret", "aes_key": AES}),
    "x": (
        {"user_id": "2244994945", "auth": "oauth1"},
        {
            "consumer_secret": "planted-consumer-secret", "consumer_key": "planted-consumer-key",
            "access_token": "planted-access-token", "access_token_secret": "planted-access-secret",
        },
    ),
}  # fmt: skip
UNSTOPPABLE = {"whatsapp", "x", "instagram"}
"""Channels whose phone has no act that stops us: whoever wants to says so in words."""
WORDLY = {"http", "kannel", "smpp"}
"""Channels that carry words alone."""


class Talk:
    """One simulated customer of one channel."""

    def __init__(self, house: House, kind: str) -> None:
        self.house = house
        self.path = f"/simulator/api/ch/{registry.simulator(kind).phones[0].id}"

    async def says(self, **what: Any) -> None:
        told = await self.house.ask("POST", f"{self.path}/say", json=what)
        assert told.status == 200, told

    async def messages(self) -> list[Any]:
        page = await self.house.until("/conversations", lambda body: bool(body["items"]))
        found = await self.house.call("GET", f"/conversations/{page['items'][0]['id']}/messages")
        return list(found.body["items"])

    async def answered(self, words: str) -> Any:
        """Our message with these words, once its provider has taken it."""
        page = await self.house.until("/conversations", lambda body: bool(body["items"]))
        path = f"/conversations/{page['items'][0]['id']}/messages"
        found = await self.house.until(path, lambda body: bool(_taken(body["items"], words)))
        return _taken(found["items"], words)[0]


def _taken(items: list[Any], words: str) -> list[Any]:
    return [
        each
        for each in items
        if each["direction"] == "out" and each["content"].get("text") == words and each["facts"]["accepted"]
    ]


def test_every_simulated_end_is_tried() -> None:
    assert CHANNELS.keys() == {kind for kind, (_, simulator) in registry.TYPES.items() if simulator}


@pytest.mark.parametrize("kind", CHANNELS)
async def test_a_conversation_through_the_simulated_end(tmp_path: Path, kind: str) -> None:
    settings, secrets = CHANNELS[kind]
    new = NewChannel("ch", kind, settings, secrets, simulated=True)
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,)) as house:
        talk = Talk(house, kind)
        await talk.says(type="text", text="hi")
        reply = await talk.answered("you said hi")
        statuses = registry.connector(kind).capabilities.receipts
        wanted = "delivered" if kind in ("whatsapp", "twilio", "vonage", "http", "kannel", "smpp") else "sent"
        assert wanted in statuses
        await house.until(f"/messages/{reply['id']}", lambda body: body["facts"][wanted] is not None)
        await _chooses(house, talk, kind, reply["conversation"])
        if kind not in WORDLY:
            await _sends_picture(house, talk)
        if kind not in UNSTOPPABLE:
            await talk.says(type="stop")
            await _until_stopped(house)
        requests = await house.gateway.store.read(Query(sa.select(tables.envelope.c.request), ""))
        assert [each for each in secrets.values() if each in str(requests)] == [], (
            "in what is kept of webhooks"
        )


@pytest.mark.parametrize("kind", CHANNELS)
async def test_a_stop_that_is_tapped_or_chosen_by_its_number_is_a_stop(tmp_path: Path, kind: str) -> None:
    settings, secrets = CHANNELS[kind]
    new = NewChannel("ch", kind, settings, secrets, simulated=True)
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,)) as house:
        talk = Talk(house, kind)
        await talk.says(type="text", text="hi")
        conversation = (await talk.answered("you said hi"))["conversation"]
        await _asks(
            house, talk, kind, conversation, {"id": "on", "title": "Go on"}, {"id": "out", "title": "Stop"}
        )
        await talk.answered(notices.stopped("en"))
        rows = await house.gateway.store.read(Query(sa.select(consent.c.body), ""))
        found = {
            (each["purpose"], each["change"], each["source"])
            for (text,) in rows
            if (each := json.loads(text))
        }
        assert found == {("messages", "withdrawn", "message")}


@pytest.mark.parametrize("kind", CHANNELS)
async def test_a_flow_is_told_where_the_next_message_is_made_undeliverable(tmp_path: Path, kind: str) -> None:
    settings, secrets = CHANNELS[kind]
    new = NewChannel("ch", kind, settings, secrets, simulated=True)
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,), flows=(Parcel,)) as house:
        told = await house.ask("POST", "/simulator/api/ch/faults", json={"fault": "undeliverable"})
        assert (told.status, told.body["left"]) == (200, {"undeliverable": 1})
        await Talk(house, kind).says(type="text", text="hi")
        page = await house.until("/conversations", lambda body: bool(body["items"]))
        path = f"/conversations/{page['items'][0]['id']}"
        await house.until(path, lambda body: body["kept"].get("failures") == 1)
        await Talk(house, kind).says(type="text", text="and now?")
        gone = ("sent", "accepted", "delivered", "read")
        page = await house.until(
            f"{path}/messages", lambda body: len(body["items"]) == 5 and body["items"][0]["status"] in gone
        )
        assert page["items"][0]["content"]["text"] == "Your parcel is here."


async def _sends_picture(house: House, talk: Talk) -> None:
    """A picture comes, is fetched and kept."""
    kept = await house.ask("POST", "/simulator/api/ch/media", data=b"\x89PNG\r\n\x1a\n" + bytes(9),
                           headers={"Content-Type": "image/png"})  # fmt: skip
    await talk.says(type="image", id=kept.body["id"], mime="image/png")
    picture = next(each for each in await _until_picture(talk) if each["content"]["type"] == "media")
    await house.until(f"/messages/{picture['id']}", lambda body: bool(body["content"].get("stored")))


async def _chooses(house: House, talk: Talk, kind: str, conversation: str) -> None:
    """A question with two options, answered by a button, or by its number where there are none."""
    await _asks(
        house, talk, kind, conversation, {"id": "red", "title": "Red"}, {"id": "green", "title": "Green"}
    )
    await talk.answered("you said Green")


async def _asks(house: House, talk: Talk, kind: str, conversation: str, *options: dict[str, str]) -> None:
    """A question with two options, of which the second is chosen."""
    content = {"type": "choice", "text": "Which?", "options": options}
    asked = (await house.call("POST", "/messages", {"to": conversation, "content": content})).body
    sent = await house.until(f"/messages/{asked['id']}", lambda body: body["facts"]["accepted"] is not None)
    if registry.connector(kind).capabilities.buttons:
        await talk.says(type="choice", **options[1], reply_to=sent["provider_id"])
    else:
        await talk.says(type="text", text="2")


async def _until_picture(talk: Talk) -> list[Any]:
    page = await talk.house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    found = await talk.house.until(
        path, lambda body: "media" in [each["content"]["type"] for each in body["items"]]
    )
    return list(found["items"])


async def _until_stopped(house: House) -> None:
    """The opt-out is an event of the conversation."""
    for _ in range(1000):
        rows = await house.gateway.store.read(Query(sa.select(tables.event.c.body), ""))
        if any('"event":"opt_out"' in row[0] for row in rows):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the opt-out never came")
