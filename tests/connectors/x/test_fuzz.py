"""No bytes whatsoever make the connector fail: what comes in is read, named as a problem, malformed or forged."""

import copy
import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.x import webhooks
from state.model.event import Event
from state.model.wire import Forged, Malformed, Received, Request
from tests.connectors import fixtures
from tests.connectors.anything import JSON, places

CONNECTOR = fixtures.connector("x")
BODIES = [
    found["body"] for path in fixtures.paths("x", "receive") if "body" in (found := fixtures.read(path))
]
GOOD = {
    "type": "message_create",
    "id": "77",
    "created_timestamp": "1744172630439",
    "message_create": {
        "sender_id": "5",
        "target": {"recipient_id": "2244994945"},
        "message_data": {"text": "x"},
    },
}
NAMES = [
    "direct_message_mark_read_events",
    "direct_message_indicate_typing_events",
    "block_events",
    "users",
    "apps",
]
EVENTS = msgspec.json.Decoder(tuple[Event, ...])


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
        CONNECTOR.verify(request(body, **{webhooks.HEADER: signature}))


@given(st.dictionaries(st.sampled_from(["crc_token", "nonce"]), st.text(max_size=20)))
def test_any_challenge_is_answered(query: dict[str, str]) -> None:
    assert CONNECTOR.receive(Request("GET", "/", query, {}, b"")).answer.status in (200, 400)


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


@given(JSON, st.sampled_from(NAMES), st.booleans())
def test_anything_beside_a_good_message_leaves_it_good(other: Any, name: str, activity: bool) -> None:
    page: dict[str, Any] = {name: [other], "direct_message_events": [other, GOOD, other]}
    body = {"data": {"event_type": "dm.received", "payload": page}} if activity else page
    found = read(json.dumps(body).encode())
    assert [each.key for each in found.events if each.key == "77"] == ["77"]
    assert found.problems


@settings(max_examples=60)
@given(st.sampled_from(BODIES), st.data())
def test_a_body_with_broken_bytes_is_read_or_malformed(body: Any, data: st.DataObject) -> None:
    raw = bytearray(json.dumps(body).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(raw))


def around(value: str) -> bytes:
    body = f'{{"for_user_id":"2244994945","direct_message_events":[{value},{json.dumps(GOOD)}]}}'
    return body.encode("utf-8", "surrogatepass")


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
    assert len([each for each in read(around(value)).events if each.key == "77"]) == kept


def test_links_that_hold_links_are_put_in_once() -> None:
    links = [{"url": "https://t.co/a", "expanded_url": "https://t.co/a" * 300}] * 1000
    data = {"text": "https://t.co/a " * 600, "entities": {"urls": links}}
    made = {"sender_id": "5", "message_data": data}
    (event,) = read(json.dumps({"direct_message_events": [{**GOOD, "message_create": made}]}).encode()).events
    assert len(msgspec.json.encode(event)) < 600 * 2100


@given(st.binary(max_size=100))
def test_a_signed_body_is_not_forged(body: bytes) -> None:
    CONNECTOR.verify(request(body, **{webhooks.HEADER: webhooks.sign(body, b"x-consumer-secret-42")}))
