"""WhatsApp's side of the wire as the load makes it: webhooks signed with the app secret (Cloud API)."""

import hmac
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

PHONE_NUMBER_ID = "1055501"
WABA_ID = "100"
APP_SECRET = "load-app-secret"
VERIFY_TOKEN = "load-verify-token"
ACCESS_TOKEN = "load-access-token"

Part = Mapping[str, Any]
_encode = msgspec.json.Encoder().encode


def phone(number: int) -> str:
    """The telephone number of a customer, by their running number."""
    return f"49151{number:07d}"


def customer(digits: str) -> int:
    """The running number of a customer, by their telephone number."""
    return int(digits[-7:])


def text_message(sender: str, wamid: str, text: str) -> Part:
    """A customer's text, as `messages[]` of a webhook holds it."""
    return {
        "from": sender,
        "id": wamid,
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }


def status(wamid: str, recipient: str, word: str, ours: str) -> Part:
    """A status (`sent`, `delivered`, `read`), as `statuses[]` holds it; `ours` is what the send carried."""
    return {
        "id": wamid,
        "status": word,
        "timestamp": str(int(time.time())),
        "recipient_id": recipient,
        "biz_opaque_callback_data": ours,
    }


def webhook(messages: Sequence[Part] = (), statuses: Iterable[Part] = ()) -> bytes:
    """The body of one webhook with all its messages and statuses, in their order."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100001", "phone_number_id": PHONE_NUMBER_ID},
    }
    if messages:
        senders = dict.fromkeys(message["from"] for message in messages)
        value["contacts"] = [{"profile": {"name": f"Customer {one[-7:]}"}, "wa_id": one} for one in senders]
        value["messages"] = messages
    if statuses:
        value["statuses"] = statuses
    change = {"field": "messages", "value": value}
    return _encode({"object": "whatsapp_business_account", "entry": [{"id": WABA_ID, "changes": [change]}]})


def signed(body: bytes, path: str = "/webhooks/wa") -> bytes:
    """The whole HTTP request that delivers a body, signed over its raw bytes (`X-Hub-Signature-256`)."""
    signature = hmac.digest(APP_SECRET.encode(), body, "sha256").hex()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: gateway\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
