"""No bytes whatsoever make the connector fail: what comes in is read, named as a problem, malformed or forged."""

import copy
import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.graph import webhooks
from state.model.event import Event
from state.model.wire import Forged, Malformed, Received, Request
from tests.connectors import fixtures
from tests.connectors.anything import JSON, places

CONNECTOR = fixtures.connector("whatsapp")
BODIES = [
    found["body"]
    for path in fixtures.paths("whatsapp", "receive")
    if "body" in (found := fixtures.read(path))
]
GOOD = {
    "from": "16505551234",
    "id": "wamid.GOOD",
    "timestamp": "1749416383",
    "type": "text",
    "text": {"body": "x"},
}
EVENTS = msgspec.json.Decoder(tuple[Event, ...])
LARGE = st.integers(-(2**80), 2**80)


def request(body: bytes, **headers: str) -> Request:
    return Request("POST", "/", {}, headers, body)


def read(body: bytes) -> Received:
    """What is read of a body, checked to be what any store takes and gives back, and the same every time."""
    try:
        found = CONNECTOR.receive(request(body))
    except Malformed:
        return Received()
    assert EVENTS.decode(msgspec.json.encode(found.events)) == found.events
    assert CONNECTOR.receive(request(body)) == found
    columns = [text for each in found.events for text in (each.key, each.account, each.name, *each.addresses)]
    assert not [text for text in columns if "\0" in text or len(text) > 1000]
    return found


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    read(body)


@given(st.binary(max_size=80), st.text(max_size=80))
def test_any_signature_is_right_or_forged(body: bytes, signature: str) -> None:
    with suppress(Forged):
        CONNECTOR.verify(request(body, **{"x-hub-signature-256": signature}))


@given(
    st.dictionaries(st.sampled_from(["hub.mode", "hub.verify_token", "hub.challenge"]), st.text(max_size=20))
)
def test_any_handshake_is_answered(query: dict[str, str]) -> None:
    found = CONNECTOR.receive(Request("GET", "/", query, {}, b""))
    assert found.answer.status in (200, 403)


@settings(max_examples=400)
@given(st.data())
def test_a_webhook_with_anything_in_any_place_is_read(data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from(BODIES)))
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(body)
        if found:
            container, key = data.draw(st.sampled_from(found))
            container[key] = data.draw(JSON)
    read(json.dumps(body).encode())


@given(JSON, st.sampled_from(["messages", "statuses", "errors", "contacts"]))
def test_anything_beside_a_good_message_leaves_it_good(other: Any, name: str) -> None:
    value: dict[str, Any] = {"metadata": {"phone_number_id": "1"}, "messages": [GOOD]}
    value[name] = [other, *value.get(name, [])]
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [other, {"changes": [other, change]}]}
    found = read(json.dumps(body).encode())
    assert [each.key for each in found.events if each.key == "wamid.GOOD"] == ["wamid.GOOD"]
    assert found.problems


@settings(max_examples=60)
@given(st.sampled_from(BODIES), st.data())
def test_a_body_with_broken_bytes_is_read_or_malformed(body: Any, data: st.DataObject) -> None:
    raw = bytearray(json.dumps(body).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(raw))


def around(value: str) -> bytes:
    change = '{"field":"messages","value":{"messages":[%s,%s]}}'
    inner = change % (value, json.dumps(GOOD))
    return f'{{"object":"whatsapp_business_account","entry":[{{"changes":[{inner}]}}]}}'.encode(
        "utf-8", "surrogatepass"
    )


@pytest.mark.parametrize(
    ("what", "value", "kept"),
    [
        ("a deep list", "[" * 100_000 + "]" * 100_000, 0),
        ("a deep object", '{"a":' * 100_000 + "1" + "}" * 100_000, 0),
        ("a huge number", "1" * 5_000, 1),
        ("a number beyond floats", "1e999", 1),
        ("half a surrogate pair", r'{"id":"\ud83d"}', 1),
        ("a byte that is no UTF-8", '{"id":"\udcff"}', 1),
        ("a control character", '{"id":"\x01"}', 1),
        ("no JSON at all", "{", 0),
    ],
)
def test_hostile_json_costs_no_more_than_itself(what: str, value: str, kept: int) -> None:
    assert len([each for each in read(around(value)).events if each.key == "wamid.GOOD"]) == kept


def test_a_body_of_ten_megabytes_is_read() -> None:
    assert (
        len(read(around(json.dumps({**GOOD, "id": "wamid.LONG", "text": {"body": "x" * 10_000_000}}))).events)
        == 2
    )


@given(st.binary(max_size=100))
def test_a_signed_body_is_not_forged(body: bytes) -> None:
    CONNECTOR.verify(request(body, **{"x-hub-signature-256": webhooks.sign(body, b"meta-app-secret-7d1f")}))
