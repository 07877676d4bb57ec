"""No bytes whatsoever make the connectors fail: what comes in is read, named as a problem, malformed or forged."""

import copy
import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state import inbox
from state.model.event import Event
from state.model.wire import Forged, Malformed, Received, Request
from tests.connectors import fixtures
from tests.connectors.anything import JSON, places
from tests.connectors.messaging.wire import KINDS

CONNECTORS = {kind: fixtures.connector(kind) for kind in KINDS}
OBJECTS = {"messenger": "page", "instagram": "instagram"}
BODIES = [
    (kind, found["body"])
    for kind in KINDS
    for path in fixtures.paths(kind, "receive")
    if "body" in (found := fixtures.read(path))
]
GOOD = {
    "sender": {"id": "5"},
    "recipient": {"id": "111"},
    "timestamp": 1_700_000_000_000,
    "message": {"mid": "m_77", "text": "x"},
}
EVENTS = msgspec.json.Decoder(tuple[Event, ...])
KIND = st.sampled_from(KINDS)


def request(body: bytes, **headers: str) -> Request:
    return Request("POST", "/", {}, headers, body)


def read(kind: str, body: bytes) -> Received:
    """What is read of a body, checked to be what any store takes and gives back, and the same every time."""
    connector = CONNECTORS[kind]
    try:
        found = connector.receive(request(body))
    except Malformed:
        return Received()
    assert EVENTS.decode(msgspec.json.encode(found.events)) == found.events
    assert connector.receive(request(body)) == found
    for each in found.events:
        inbox.check(each)
    return found


@given(KIND, st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(kind: str, body: bytes) -> None:
    read(kind, body)


@given(KIND, st.binary(max_size=80), st.text(max_size=80))
def test_any_signature_is_right_or_forged(kind: str, body: bytes, signature: str) -> None:
    with suppress(Forged):
        CONNECTORS[kind].verify(request(body, **{"x-hub-signature-256": signature}))


@given(
    KIND,
    st.dictionaries(st.sampled_from(["hub.mode", "hub.challenge", "hub.verify_token"]), st.text(max_size=20)),
)
def test_any_handshake_is_answered(kind: str, query: dict[str, str]) -> None:
    with suppress(Forged):
        assert CONNECTORS[kind].receive(Request("GET", "/", query, {}, b"")).answer.status in (200, 400, 403)


@settings(max_examples=400)
@given(st.data())
def test_a_webhook_with_anything_in_any_place_is_read(data: st.DataObject) -> None:
    kind, given_body = data.draw(st.sampled_from(BODIES))
    body = copy.deepcopy(given_body)
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(body)
        if found:
            container, key = data.draw(st.sampled_from(found))
            container[key] = data.draw(JSON)
    read(kind, json.dumps(body).encode())


@given(KIND, JSON, st.sampled_from(["messaging", "standby", "changes"]))
def test_anything_beside_a_good_message_leaves_it_good(kind: str, other: Any, name: str) -> None:
    entry: dict[str, Any] = {"id": "111", "time": 1, name: [other]}
    entry["messaging"] = [other, GOOD, other]
    body = {"object": OBJECTS[kind], "entry": [other, entry]}
    found = read(kind, json.dumps(body).encode())
    assert [each.key for each in found.events if each.key == "m_77"] == ["m_77"]
    assert found.problems


@settings(max_examples=60)
@given(st.sampled_from(BODIES), st.data())
def test_a_body_with_broken_bytes_is_read_or_malformed(given_body: Any, data: st.DataObject) -> None:
    kind, body = given_body
    raw = bytearray(json.dumps(body).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read(kind, bytes(raw))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("what", "value", "kept"),
    [
        ("a deep list", "[" * 100_000 + "]" * 100_000, 0),
        ("a deep object", '{"a":' * 100_000 + "1" + "}" * 100_000, 0),
        ("a huge number", "1" * 5_000, 1),
        ("a number beyond floats", "1e999", 1),
        ("half a surrogate pair", r'{"sender":{"id":"\ud83d"}}', 1),
        ("a control character", '{"sender":{"id":"\x01"}}', 1),
        ("no JSON at all", "{", 0),
    ],
)
def test_hostile_json_costs_no_more_than_itself(kind: str, what: str, value: str, kept: int) -> None:
    items = f"[{value},{json.dumps(GOOD)}]"
    body = f'{{"object":"{OBJECTS[kind]}","entry":[{{"id":"111","time":1,"messaging":{items}}}]}}'
    found = read(kind, body.encode("utf-8", "surrogatepass"))
    assert len([each for each in found.events if each.key == "m_77"]) == kept, what


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_with_a_nul_is_no_key_that_cannot_be_stored(kind: str) -> None:
    item = {"sender": {"id": "9"}, "recipient": {"id": "111"}, "timestamp": 1, "\0essage": {"mid": "m"}}
    body = {"object": OBJECTS[kind], "entry": [{"id": "111", "time": 1, "messaging": [item]}]}
    assert [each.key.partition(":")[0] for each in read(kind, json.dumps(body).encode()).events] == ["essage"]
