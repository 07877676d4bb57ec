"""Signatures after Standard Webhooks: against a vector worked out beside the program, and as a receiver checks them."""

import hashlib
import time
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.hooks.signing import headers, signature
from state.hooks import new_secret

KEY = bytes(range(32))
SECRET = "whsec_" + b64encode(KEY).decode()
BODY = b'{"specversion":"1.0","id":"0193","type":"hook.test"}'


def hmac_sha256(key: bytes, text: bytes) -> bytes:
    """HMAC as RFC 2104 writes it, from the plain hash alone."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in padded) + text).digest()
    return hashlib.sha256(bytes(each ^ 0x5C for each in padded) + inner).digest()


def test_the_signature_of_a_fixed_message_never_changes() -> None:
    made = signature("msg_1", 1_700_000_000, BODY, SECRET)
    assert made == "v1,8ePyLqOmeLxIanzPMiTcLUQrgrujzPt0tVU4fBmMa2Y="


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=64), st.integers(0, 2**40))
def test_a_receiver_who_knows_the_secret_finds_the_same(body: bytes, key: bytes, at: int) -> None:
    wanted = b64encode(hmac_sha256(key, b"%s.%d.%s" % (b"msg_1", at, body))).decode()
    assert signature("msg_1", at, body, "whsec_" + b64encode(key).decode()) == f"v1,{wanted}"


@given(st.text(max_size=200), st.binary(min_size=24, max_size=64), st.booleans())
def test_the_specification_s_own_library_takes_ours_and_nothing_else(
    body: str, key: bytes, first: bool
) -> None:
    ours, other = "whsec_" + b64encode(key).decode(), new_secret().key
    secrets = (ours, other) if first else (other, ours)
    sent = dict(headers("msg_1", int(time.time()), body.encode(), secrets))
    receiver = Webhook(ours)
    receiver.verify(body.encode(), sent, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        receiver.verify(body.encode() + b" ", sent, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        receiver.verify(body.encode(), sent | {"webhook-id": "msg_2"}, json_parse=False)


def test_each_secret_signs_and_the_newest_comes_first() -> None:
    other = new_secret().key
    made = headers("msg_1", 17, BODY, (SECRET, other))
    assert made == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "17",
        "webhook-signature": f"{signature('msg_1', 17, BODY, SECRET)} {signature('msg_1', 17, BODY, other)}",
    }


def test_a_fresh_secret_has_32_bytes_and_is_none_before() -> None:
    made = {new_secret().key for _ in range(100)}
    assert len(made) == 100
    assert {(each[:6], len(b64decode(each[6:]))) for each in made} == {("whsec_", 32)}


@pytest.mark.parametrize(("part", "value"), [("id", "msg_2"), ("at", 18), ("body", b"{}")])
def test_whatever_is_changed_changes_the_signature(part: str, value: object) -> None:
    asked = {"id": "msg_1", "at": 17, "body": BODY}
    first, other = asked, asked | {part: value}
    made = [signature(each["id"], each["at"], each["body"], SECRET) for each in (first, other)]  # type: ignore[arg-type]
    assert made[0] != made[1]
