"""What Meta's channels share: signature vectors, the handshake, and what an answer of Graph's means."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.graph import webhooks
from connectors.graph.api import proof
from connectors.graph.errors import LONGEST_WAIT, GraphError, Rule, error, retry_after, undelivered
from connectors.values import body_of
from state.model.action import Action
from state.model.wire import Forged, Reply, Request

SECRET = b"meta-app-secret-7d1f"
BODY = (
    b'{"object":"whatsapp_business_account","entry":[{"id":"100200300","changes":[{"field":"messages",'
    b'"value":{"messaging_product":"whatsapp"}}]}]}'
)
SIGNED = "sha256=9dac9750c2e0ebd5b8cfce9ca3b8792232c49e192155c405303dc7d3e9257755"


def request(body: bytes, signature: str) -> Request:
    return Request("POST", "/", {}, {"x-hub-signature-256": signature}, body)


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        (BODY, SIGNED.removeprefix("sha256=")),
        (rb'{"text":"caf\u00e9"}', "9869d7be487d2dabcc91de813c7e9ae641b1108503bc58dc49dbb5b1e9165667"),
        ('{"text":"café"}'.encode(), "904bc15640b54138b1bd36458de7e85788e74c71f79776f815d26419250f896e"),
        (
            b'{"object":"page","entry":[{"id":"111","time":1700000000000,"messaging":[{"sender":{"id":"222"},'
            b'"recipient":{"id":"111"},"timestamp":1700000000000,"message":{"mid":"m_abc","text":"hi"}}]}]}',
            "a406dd900694b9211666d3243b63a445c5c5f228b301687820d5889c744513fd",
        ),
    ],
)
def test_signatures_cover_the_bytes_as_they_came(body: bytes, digest: str) -> None:
    assert webhooks.sign(body, SECRET) == f"sha256={digest}"
    webhooks.verify(request(body, f"sha256={digest}"), SECRET)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_signatures_are_those_of_the_standard_library(secret: bytes, body: bytes) -> None:
    assert webhooks.sign(body, secret) == f"sha256={hmac.digest(secret, body, 'sha256').hex()}"


@given(st.integers(0, len(BODY) * 8 - 1))
def test_one_changed_bit_is_a_forgery(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Forged):
        webhooks.verify(request(bytes(changed), SIGNED), SECRET)


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", SIGNED.upper(), SIGNED[7:], SIGNED + "0", "sha1=" + SIGNED[7:], "é", "\udcff"],
)
def test_any_other_signature_is_a_forgery(signature: str) -> None:
    with pytest.raises(Forged):
        webhooks.verify(request(BODY, signature), SECRET)


def test_another_secret_is_a_forgery() -> None:
    with pytest.raises(Forged):
        webhooks.verify(request(BODY, SIGNED), b"another-secret")


def test_a_handshake_without_a_token_of_ours_is_refused() -> None:
    asked = Request(
        "GET", "/", {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}, {}, b""
    )
    assert webhooks.handshake(asked, "").status == 403


def test_the_proof_binds_the_token_to_the_app() -> None:
    expected = "c18686cb5cda3b276cde95d8643417309858d7c78d995635ce946ba7b9e5c77c"
    assert proof("meta-app-secret-7d1f", "EAAG-page-token-1") == expected


NOON = "Sun, 22 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "30"}, 30),
        ({"retry-after": " 30 "}, 30),
        ({"retry-after": "-1"}, 0),
        ({"retry-after": "1.5"}, 0),
        ({"retry-after": "²"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "9" * 400}, 7 * 86_400),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT", "date": NOON}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT", "date": NOON}, 0),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT"}, 0),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00", "date": NOON}, 0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(Reply(503, headers)) == seconds


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, None),
        ("error", None),
        ({}, GraphError(-1)),
        ({"code": 190, "message": "expired"}, GraphError(190, 0, "expired")),
        ({"code": "190"}, GraphError(190)),
        ({"code": True}, GraphError(-1)),
        ({"code": 1, "title": "Oops", "error_data": {"details": "why"}}, GraphError(1, 0, "why")),
        ({"code": 1, "error_data": "why"}, GraphError(1, 0, "why")),
        ({"code": 10, "error_subcode": 2018278, "is_transient": True}, GraphError(10, 2018278, "", True)),
        ({"code": 1, "message": "x" * 9000}, GraphError(1, 0, "x" * 4000)),
    ],
)
def test_an_error_is_read_whatever_its_shape(given: object, found: GraphError | None) -> None:
    assert error(given) == found


@given(st.integers(100, 599), st.binary(max_size=60), st.text(max_size=20))
def test_any_answer_means_something(status: int, body: bytes, after: str) -> None:
    reply = Reply(status, {"retry-after": after}, body)
    outcome = undelivered(reply, body_of(reply), lambda found: Rule(Action.WARN))
    assert (outcome is None) == (200 <= status < 300)
    assert outcome is None or 0 <= outcome.retry_after <= LONGEST_WAIT
