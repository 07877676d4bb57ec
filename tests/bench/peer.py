"""The wire of the peer: Bot Framework activities in, replies out to the service URL (Bot Connector REST API v3)."""

from collections.abc import Callable
from typing import Any

import msgspec

from tests.load.provider import Caller
from tests.load.whatsapp import phone


class Account(msgspec.Struct):
    """Who an activity is for."""

    id: str


class Reply(msgspec.Struct):
    """A reply as far as it is looked at."""

    recipient: Account
    text: str


_decode = msgspec.json.Decoder(Reply).decode


class ConnectorCaller(Caller):
    """A connection of the bot; `take` gets every reply."""

    def __init__(self, take: Callable[[str, str], None]) -> None:
        super().__init__()
        self._take = take

    def got(self, head: bytes, body: bytes) -> None:
        """Answer a reply with its id."""
        reply = _decode(body)
        self.answer(200, {"id": reply.text})
        self._take(reply.recipient.id, reply.text)


def message(number: int, n: int, text: str, stub: int) -> bytes:
    """The HTTP request that brings a customer's message to the bot."""
    user = phone(number)
    activity: dict[str, Any] = {
        "type": "message",
        "id": f"m{n}",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "channelId": "bench",
        "serviceUrl": f"http://127.0.0.1:{stub}",
        "from": {"id": user, "name": f"Customer {number}"},
        "conversation": {"id": f"c{user}"},
        "recipient": {"id": "bot", "name": "Echo"},
        "text": text,
        "textFormat": "plain",
        "locale": "en-GB",
    }
    body = msgspec.json.encode(activity)
    head = f"POST /api/messages HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body
