"""X's signature and challenge: the vectors of the facts sheet, and everything that is nearly one."""

import base64
import json

import pytest

from connectors.x import webhooks
from state.model.wire import Forged, Request
from tests.connectors import fixtures

CONNECTOR = fixtures.connector("x")
SECRET = b"x-consumer-secret-42"
BODY = b'{"data":{"event_uuid":"1","event_type":"dm.received","filter":{"user_id":"99"},"payload":{}}}'
SIGNATURE = "sha256=sA9gbou6jq2pZGrjLMjpva1pHa/Tn3xJyYEynTVLT1Y="
DIGEST = base64.b64decode(SIGNATURE[7:])


def post(body: bytes, **headers: str) -> Request:
    return Request("POST", "/", {}, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_the_vector_is_right() -> None:
    CONNECTOR.verify(post(BODY, x_twitter_webhooks_signature=SIGNATURE))
    assert webhooks.sign(BODY, SECRET) == SIGNATURE


@pytest.mark.parametrize("bit", range(256))
def test_no_bit_of_the_signature_may_be_another(bit: int) -> None:
    changed = bytearray(DIGEST)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Forged):
        CONNECTOR.verify(
            post(BODY, x_twitter_webhooks_signature="sha256=" + base64.b64encode(changed).decode())
        )


@pytest.mark.parametrize("place", range(len(BODY)))
def test_no_byte_of_the_body_may_be_another(place: int) -> None:
    changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
    with pytest.raises(Forged):
        CONNECTOR.verify(post(changed, x_twitter_webhooks_signature=SIGNATURE))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        SIGNATURE[7:],
        SIGNATURE.replace("=", "", 1),
        SIGNATURE[:-1],
        SIGNATURE + " ",
        SIGNATURE.replace("sha256", "sha1"),
        "sha256=" + DIGEST.hex(),
        "sha256=" + base64.urlsafe_b64encode(DIGEST).decode(),
        webhooks.sign(BODY, b"another-secret"),
        "sha256=ключ\udcff",
    ],
)
def test_what_is_nearly_the_signature_is_forged(signature: str) -> None:
    with pytest.raises(Forged):
        CONNECTOR.verify(post(BODY, x_twitter_webhooks_signature=signature))


def test_a_signature_under_another_name_is_none() -> None:
    with pytest.raises(Forged):
        CONNECTOR.verify(post(BODY, x_hub_signature_256=SIGNATURE))


def challenge(**query: str) -> tuple[int, str, bytes]:
    request = Request("GET", "/", query, {}, b"")
    CONNECTOR.verify(request)
    answer = CONNECTOR.receive(request).answer
    return answer.status, answer.mime, answer.body


def test_the_challenge_is_answered_with_the_vector() -> None:
    status, mime, body = challenge(crc_token="crc-token-abc123", nonce="7")
    assert (status, mime) == (200, "application/json")
    assert json.loads(body) == {"response_token": "sha256=lDzJTnlIMYVxF8l48sF49RD7/0tmOYWtctXANW5Y2SE="}


def test_another_token_gets_another_answer() -> None:
    assert challenge(crc_token="crc-token-abc123") != challenge(crc_token="crc-token-abc124")


def test_without_a_token_there_is_no_answer() -> None:
    assert challenge()[0] == challenge(crc_token="")[0] == 400
