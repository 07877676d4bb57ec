"""Requests of any size, one way for each channel: as many messages as it batches, or one that is as long."""

import copy
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from connectors.smpp import codec
from connectors.smpp.pdu import DeliverSm
from state.model.wire import Request
from tests.connectors import fixtures
from tests.connectors.smpp.talk import bound

Json = dict[str, Any]
Read = Callable[[], object]
WORDS = "Grüße & <b>bye</b> *bold* https://x.example/?a=1&b=2 👋 "


def _body(kind: str, name: str) -> Json:
    found: Json = copy.deepcopy(fixtures.read(fixtures.ROOT / f"{kind}/fixtures/receive/{name}.json")["body"])
    return found


def _whatsapp(size: int) -> bytes:
    body = _body("whatsapp", "text")
    value = body["entry"][0]["changes"][0]["value"]
    return _many(body, value["messages"], size)


def _messaging(kind: str) -> Callable[[int], bytes]:
    def grown(size: int) -> bytes:
        body = _body(kind, "text")
        return _many(body, body["entry"][0]["messaging"], size)

    return grown


def _x(size: int) -> bytes:
    body = _body("x", "several_of_everything")
    kept = {"for_user_id": body["for_user_id"], "direct_message_events": body["direct_message_events"][:1]}
    return _many(kept, kept["direct_message_events"], size)


def _http(size: int) -> bytes:
    items = [{"from": "447700900001", "to": "4477", "text": WORDS, "id": "m1"}]
    return _many({"items": items}, items, size)


def _kannel(size: int) -> bytes:
    given = {"from": "+447700900001", "to": "4477", "id": "m1", "at": "1767323045", "text": _words(size // 2)}
    return urlencode(given).encode()


def _many(body: Json, items: list[Json], size: int) -> bytes:
    """The body with its first item again and again, until it has this size; every item has an id of its own."""
    first = json.dumps(items[0])
    count = max(1, size // len(first))
    items[:] = [json.loads(_with_id(first, n)) for n in range(count)]
    return json.dumps(body).encode()


def _with_id(item: str, n: int) -> str:
    for name in ('"id": "', '"mid": "'):
        head, found, tail = item.rpartition(name)
        if found:
            return f"{head}{found}{n:08}{tail}"
    raise ValueError("an item without an id")


def _telegram(size: int) -> bytes:
    body = _body("telegram", "text")
    entity = {"offset": 0, "length": 2, "type": "bold"}
    count = size // 2 // len(json.dumps(entity))
    body["message"] |= {
        "text": _words(size // 2),
        "entities": [{**entity, "offset": n} for n in range(count)],
    }
    return json.dumps(body).encode()


def _wechat(size: int) -> bytes:
    text = str(fixtures.read(fixtures.ROOT / "wechat/fixtures/receive/text.json")["text"])
    return text.replace("hello", _words(size).replace("<", " ")).encode()


def _twilio(size: int) -> bytes:
    given = dict(fixtures.read(fixtures.ROOT / "twilio/fixtures/receive/text.json")["form"])
    return urlencode({**given, "Body": _words(size // 2)}).encode()


def _vonage(size: int) -> bytes:
    return json.dumps({**_body("vonage", "m_text"), "text": _words(size)}).encode()


def _words(size: int) -> str:
    return WORDS * max(1, size // len(WORDS.encode()))


BODIES: dict[str, Callable[[int], bytes]] = {
    "whatsapp": _whatsapp,
    "messenger": _messaging("messenger"),
    "instagram": _messaging("instagram"),
    "x": _x,
    "telegram": _telegram,
    "wechat": _wechat,
    "twilio": _twilio,
    "vonage": _vonage,
    "http": _http,
    "kannel": _kannel,
}
_SETTINGS = {"http": {"items": "items"}}


def reader(kind: str, size: int) -> tuple[int, Read]:
    """What reads a request of about this size in bytes, and its size; SMPP reads a stream of PDUs."""
    if kind == "smpp":
        return _stream(size)
    body = BODIES[kind](size)
    mime = "application/x-www-form-urlencoded" if kind in ("twilio", "kannel") else "application/json"
    connector = fixtures.connector(kind, _SETTINGS.get(kind))
    request = Request("POST", "https://parley.example/webhooks/c", {}, {"content-type": mime}, body)
    return len(body), lambda: connector.receive(request)


def _stream(size: int) -> tuple[int, Read]:
    frame = len(codec.encode(_deliver(0), 1))
    octets = b"".join(codec.encode(_deliver(n), n + 1) for n in range(max(1, size // frame)))
    return len(octets), lambda: bound().received(octets, 1.0)


def _deliver(n: int) -> DeliverSm:
    return DeliverSm(
        source_addr_ton=1, source_addr_npi=1, source_addr=f"4477009{n:05}", destination_addr="12345",
        short_message=b"Hello there, this is a text of some length",
    )  # fmt: skip
