"""A long short message whose pieces come in requests of their own is one message to the bot and to whoever looks."""

import time
from pathlib import Path
from urllib.parse import urlencode

from admin.operations import NewChannel
from connectors.vonage import signature
from tests.gateway.api.house import House, on_sqlite, running

SECRET = "planted-signature-secret"
CHANNEL = NewChannel(
    "sms", "vonage", {"api_key": "planted", "sender": "447700900000"},
    {"api_secret": "planted-api-secret", "signature_secret": SECRET}, simulated=True,
)  # fmt: skip
TEXTS = ("first, ", "second, ", "third")


async def comes(house: House, number: int) -> None:
    """A piece comes, signed."""
    form = {
        "msisdn": "447700900100", "to": "447700900000", "messageId": f"0A{number}", "text": TEXTS[number - 1],
        "type": "text", "concat": "true", "concat-ref": "7", "concat-total": "3", "concat-part": str(number),
        "message-timestamp": "2026-11-24 00:00:00", "timestamp": str(int(time.time())),
    }  # fmt: skip
    form["sig"] = signature.sign(form, SECRET, "sha256")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    told = await house.ask("POST", "/webhooks/sms", data=urlencode(form), headers=headers)
    assert told.status == 200


async def test_the_pieces_of_a_long_message_are_heard_as_one(tmp_path: Path) -> None:
    async with running(tmp_path, on_sqlite(tmp_path), connects=(CHANNEL,)) as house:
        for number in (3, 1, 1, 2):
            await comes(house, number)
        page = await house.until("/conversations", lambda body: bool(body["items"]))
        path = f"/conversations/{page['items'][0]['id']}/messages"
        found = await house.until(path, lambda body: len(body["items"]) == 2)
        answer, heard = found["items"]
        assert heard["content"] == {"type": "text", "text": "first, second, third"}
        assert heard["provider_id"] == "0A1"
        assert answer["content"] == {"type": "text", "text": "you said first, second, third"}
