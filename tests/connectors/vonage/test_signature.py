"""Vonage's signatures, by known vectors: among the parameters, and as a token over the body."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from connectors.vonage import signature
from state.model.content import Text
from state.model.wire import Forged, Malformed, Outbound, Request
from tests.connectors.vonage.wire import NOW, connector

SECRET = "vonage-signature-secret"
PARAMS = {
    "msisdn": "447700900001", "to": "447700900000", "messageId": "0A0000000123ABCD", "text": "A&1=B=2", "type": "text",
    "timestamp": "1767323045", "nonce": "aaaa-bbbb", "message-timestamp": "2026-01-02 03:04:05",
}  # fmt: skip
SIGNED = {
    "md5hash": "3951b8c45bbe3276f97fb79427c6e153",
    "md5": "06e1d795d9b6f56ac6c63decbb06f781",
    "sha1": "8a61de34c158aeb288eaf4d7055d77c3479efd2c",
    "sha256": "975eb5022a59cbcd14be39aa891c99ed63b3a24ec1803bae3b30be1c2b20e087",
}
BODY = (
    b'{"channel":"sms","message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab","to":"447700900000",'
    b'"from":"447700900001","timestamp":"2026-01-02T03:04:05Z","message_type":"text","text":"Hi"}'
)
HASH = "af8f3770a64d85e13b61338f91ff70323b6345bcdb54ad2005322957366d7878"
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NjczMjMwNDUsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1"
    "MTFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6ImFmOGYzNzcwYTY0ZDg1ZTEzYjYxMzM4ZjkxZmY3MDMyM2I2MzQ1YmNkYjU0YWQyMDA1"
    "MzIyOTU3MzY2ZDc4NzgiLCJhcGlfa2V5IjoiYTFiMmMzZDQiLCJhcHBsaWNhdGlvbl9pZCI6ImFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLTAxMjM0NTY3"
    "ODlhYiJ9.a14qnXgRx-2_x0ABZTczZUdH5jbEFMXy6mImZ-VIzaA"
)


HEAD = base64.urlsafe_b64encode(b'{"alg":"HS512","typ":"JWT"}').decode().rstrip("=")
PAYLOAD = TOKEN.split(".")[1]
TAG = hmac.digest(SECRET.encode(), f"{HEAD}.{PAYLOAD}".encode(), "sha256")
OTHER_KIND = f"{HEAD}.{PAYLOAD}.{base64.urlsafe_b64encode(TAG).decode().rstrip('=')}"
"""Signed by the right secret, and says that it is signed another way."""


def form(params: dict[str, str], **headers: str) -> Request:
    return Request("POST", "/", {}, {"content-type": "application/x-www-form-urlencoded", **headers},
                   urlencode(params).encode())  # fmt: skip


def post(body: bytes, token: str = TOKEN) -> Request:
    return Request(
        "POST", "/", {}, {"content-type": "application/json", "authorization": f"Bearer {token}"}, body
    )


def claims(**more: Any) -> str:
    """A token of today's over the body, with other claims."""
    good = {"iat": NOW, "jti": "1", "iss": "Vonage", "payload_hash": HASH, "api_key": "a1b2c3d4"}
    kept = {name: value for name, value in {**good, **more}.items() if value is not None}
    return signature.token(kept, SECRET)


@pytest.mark.parametrize(("method", "expected"), SIGNED.items())
def test_the_known_signatures_are_ours(method: str, expected: str) -> None:
    assert signature.sign({**PARAMS, "sig": "x"}, SECRET, method) == expected


@pytest.mark.parametrize("method", [*SIGNED, "sha512"])
def test_each_method_opens_in_all_three_shapes_and_in_capitals(method: str) -> None:
    channel = connector(signature=method)
    sig = signature.sign(PARAMS, SECRET, method)
    whole = {**PARAMS, "sig": sig}
    channel.verify(form(whole))
    channel.verify(form({**whole, "sig": sig.upper()}))
    channel.verify(Request("GET", f"https://gw.example/w?{urlencode(whole)}", whole, {}, b""))
    channel.verify(Request("POST", "/", {}, {"content-type": "application/json"}, json.dumps(whole).encode()))


WRONG: list[tuple[str, dict[str, str]]] = [
    ("none", {"sig": ""}), ("another", {"sig": "0" * 64}), ("a changed text", {"text": "A&1=B=3"}),
    ("a bit", {"sig": "875eb5022a59cbcd14be39aa891c99ed63b3a24ec1803bae3b30be1c2b20e087"}),
    ("more parameters", {"extra": "1"}), ("not ASCII", {"sig": "é"}), ("no time", {"timestamp": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "more"), WRONG)
def test_any_other_signature_is_forged(what: str, more: dict[str, str]) -> None:
    with pytest.raises(Forged):
        connector().verify(form({**PARAMS, "sig": SIGNED["sha256"], **more}))


def test_another_method_or_secret_is_forged() -> None:
    signed = form({**PARAMS, "sig": SIGNED["sha256"]})
    for other in (connector(signature="sha1"), connector(signature_secret="another")):
        with pytest.raises(Forged):
            other.verify(signed)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(0, True), (90_000, True), (90_001, False), (-300, True), (-301, False)]
)
def test_an_old_request_is_a_replay_and_one_of_the_future_is_none(seconds: int, taken: bool) -> None:
    late = connector(NOW + seconds)
    for request in (form({**PARAMS, "sig": SIGNED["sha256"]}), post(BODY)):
        if taken:
            late.verify(request)
        else:
            with pytest.raises(Forged):
                late.verify(request)


def test_the_age_is_a_setting() -> None:
    with pytest.raises(Forged):
        connector(NOW + 301, max_age="300").verify(form({**PARAMS, "sig": SIGNED["sha256"]}))


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_another_library_reads_our_tokens() -> None:
    options: Any = {"verify_iat": False}
    assert jwt.decode(claims(), SECRET, ["HS256"], options=options)["payload_hash"] == HASH


def test_the_known_token_opens() -> None:
    assert hashlib.sha256(BODY).hexdigest() == HASH
    connector(api="messages").verify(post(BODY))


@given(st.integers(0, len(BODY) * 8 - 1))
def test_one_changed_bit_of_the_body_is_a_forgery(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Forged):
        connector().verify(post(bytes(changed)))


@given(st.integers(0, len(TOKEN) - 2), st.sampled_from("Ab0-_."))
def test_one_changed_character_of_the_token_is_a_forgery(place: int, other: str) -> None:
    changed = TOKEN[:place] + other + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(Forged):
            connector().verify(post(BODY, changed))


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "x.y.z", ".".join(TOKEN.split(".")[:2]), f"{TOKEN}.", signature.token({"iat": NOW}, "another"),
        jwt.encode({"payload_hash": HASH, "iat": NOW}, "", "none"), OTHER_KIND,
        claims(payload_hash=None), claims(payload_hash="0"), claims(api_key="other"), claims(iat=None),
        claims(iat="soon"), claims(exp=NOW - 301), claims(exp="late"),
    ],
    ids=range(15),
)  # fmt: skip
def test_any_other_token_is_forged(token: str) -> None:
    with pytest.raises(Forged):
        connector().verify(post(BODY, token))


def test_a_token_does_not_open_for_another_way_of_asking() -> None:
    with pytest.raises(Forged):
        connector().verify(Request("GET", "/", {}, {"authorization": f"Bearer {TOKEN}"}, BODY))


@given(st.binary(max_size=60), st.text(max_size=60))
def test_any_request_is_right_or_forged(body: bytes, header: str) -> None:
    for headers in ({"authorization": header}, {"content-type": "application/json"}, {}):
        with pytest.raises((Forged, Malformed)):
            connector().verify(Request("POST", "/", {}, headers, body))


def test_calls_of_messages_are_signed_by_the_application_s_key() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    channel = connector(api="messages", application_id="app-1", private_key=pem)
    call = next(channel.send(Outbound(id="o", to=("tel:+447700900001",), content=Text("Hi"))))
    token = call.headers["authorization"].removeprefix("Bearer ")
    found = jwt.decode(token, key.public_key(), ["RS256"], options={"verify_exp": False, "verify_iat": False})
    assert found == {"application_id": "app-1", "iat": NOW, "exp": NOW + 900, "jti": "jti-1"}
