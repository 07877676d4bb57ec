"""Twilio's signature: the documented examples, and everything that is nearly one."""

from urllib.parse import urlencode

import pytest

from connectors.twilio import signature
from state.model.wire import Forged, Request

KEY = "twilio-auth-token-demo"
URL = "https://gw.example.org/hooks/twilio/ch1?tenant=7"
FORM = [
    ("AccountSid", "ACdemo"), ("Body", "Hello + world"), ("From", "+15005550006"), ("MessageSid", "SM1"),
    ("NumMedia", "0"), ("To", "+15005550009"),
]  # fmt: skip
SHA1 = "qqr74gFhH64Qzy/0bApFjhhgSXA="
SHA256 = "q1D2IuOODmfWs0e/AmLHz1pAHZ/YlM/6XAkT0U11B/Y="
JSON_URL = (
    "https://gw.example.org/hooks/twilio/json"
    "?bodySHA256=ebc2c4ea03938ee05e18c1a712d9fa02de923d6f2db34b68fe1f8dcf651e479d"
)
JSON_SHA1 = "oHYdoaJWlCzJ3xXayFsjETu3/yw="
SETTINGS = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
TYPE = {"content-type": "application/x-www-form-urlencoded"}


def request(signed: str = SHA1, url: str = URL, body: bytes | None = None, **headers: str) -> Request:
    given = {**TYPE, "x-twilio-signature": signed, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return Request("POST", url, {"tenant": "7"}, given, urlencode(FORM).encode() if body is None else body)


def json_request(signed: str = JSON_SHA1, body: bytes = b'{"event":"x"}', digest: str = "") -> Request:
    query = {"bodySHA256": digest or JSON_URL.partition("=")[2]}
    headers = {"content-type": "application/json", "x-twilio-signature": signed}
    return Request("POST", JSON_URL, query, headers, body)


def test_the_examples_are_right() -> None:
    assert signature.sign(URL, FORM, KEY) == SHA1
    assert signature.sign(URL, FORM, KEY, "sha256") == SHA256
    signature.verify(request(), (KEY,), "")
    signature.verify(request(SHA256, x_twilio_webhooks_signature_settings=SETTINGS), ("other",), KEY)
    signature.verify(json_request(), (KEY,), "")


def test_either_of_two_keys_signs_while_they_are_changed() -> None:
    signature.verify(request(), ("new", KEY), "")


@pytest.mark.parametrize("url", [URL.replace(".org/", ".org:443/"), URL])
def test_the_port_may_be_written_or_not(url: str) -> None:
    for signed in (SHA1, signature.sign(URL.replace(".org/", ".org:443/"), FORM, KEY)):
        signature.verify(request(signed, url), (KEY,), "")


def test_a_parameter_that_comes_twice_is_signed_once() -> None:
    signed = signature.sign(URL, [*FORM, ("To", "+15005550009")], KEY)
    assert signed == SHA1


FORGED: dict[str, Request] = {
    "no signature": Request("POST", URL, {}, TYPE, urlencode(FORM).encode()),
    "an empty one": request(""),
    "one bit": request("q" + "p" + SHA1[2:]),
    "no ASCII": request("äöü"),
    "another address": request(url=URL + "&x=1"),
    "another host": request(url=URL.replace("gw.", "evil.")),
    "another body": request(body=urlencode([*FORM, ("X", "1")]).encode()),
    "a parameter less": request(body=urlencode(FORM[1:]).encode()),
    "a shared key that is not ours": request(SHA256, x_twilio_webhooks_signature_settings=SETTINGS),
    "an unknown algorithm": request(x_twilio_webhooks_signature_settings="key=k,algorithm=NONE"),
    "too many parameters": request(body=b"&".join(b"a=%d" % n for n in range(2000))),
    "JSON with another body": json_request(body=b'{"event":"y"}'),
    "JSON with another digest": json_request(digest="0" * 64),
    "JSON with no digest": Request("POST", URL, {}, {"content-type": "application/json",
        "x-twilio-signature": signature.sign(URL, [], KEY)}, b"{}"),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_right_is_forged(forged: Request) -> None:
    with pytest.raises(Forged):
        signature.verify(forged, (KEY,), "")


@pytest.mark.parametrize("key", ["", "another", KEY + "x"])
def test_another_secret_is_forged(key: str) -> None:
    with pytest.raises(Forged):
        signature.verify(request(), (key,), "")
