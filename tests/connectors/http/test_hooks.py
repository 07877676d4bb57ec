"""Webhooks of aggregators: the known signature, and whatever is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import Http
from connectors.sms.aggregator import hooks
from state.model.wire import Forged, Request
from tests.connectors.http.presets import NOW, channel

BODY = b'{"id":"m1","text":"hi"}'
SIGNED = "t=1767323045,v1=ccdd69c34396cef20782819a4e39452657e6da813ad4f3a126a67b273be6e74d"
GOOD = {"token": "generic-token"}


def request(signature: str = SIGNED, token: str = "generic-token", body: bytes = BODY) -> Request:
    return Request("POST", "/", {"token": token}, {"x-signature": signature}, body)


def http(now: int = NOW, **settings: str) -> Http:
    return Http(channel(**settings), lambda: now)


def test_the_known_signature_opens() -> None:
    assert hooks.sign(BODY, "generic-secret", 1767323045) == SIGNED
    http().verify(request())
    http().verify(request(SIGNED.replace(",", ", ")))


@pytest.mark.parametrize(
    "signature",
    [
        "", "t=", "v1=", SIGNED[:-1], SIGNED + "0", SIGNED.upper(), SIGNED.replace("1767323045", "1767323046"),
        SIGNED.replace("t=1767323045,", ""), "t=²,v1=00", "é", "t=99999999999999,v1=0",
    ],
)  # fmt: skip
def test_any_other_signature_is_forged(signature: str) -> None:
    with pytest.raises(Forged):
        http().verify(request(signature))


@pytest.mark.parametrize("token", ["", "generic-toke", "generic-token2", "GENERIC-TOKEN", "ä"])
def test_any_other_token_is_forged(token: str) -> None:
    with pytest.raises(Forged):
        http().verify(request(token=token))
    with pytest.raises(Forged):
        http(signature_secret="").verify(request(token=token))


def test_one_of_the_two_is_enough_where_only_one_is_set() -> None:
    http(signature_secret="").verify(request(signature=""))
    http(token="", template='{"to": "{to}", "text": "{text}"}').verify(request(token=""))


def test_the_token_may_stand_in_a_header() -> None:
    header = Request("POST", "/", {}, {"authorization": "generic-token", "x-signature": SIGNED}, BODY)
    http(token_in="header:Authorization").verify(header)
    with pytest.raises(Forged):
        http(token_in="header:Authorization").verify(request())
    basic = Request("POST", "/", {}, {"authorization": "Basic cGFybGV5OnB3"}, BODY)
    http(token_in="header:Authorization", token="Basic cGFybGV5OnB3", signature_secret="").verify(basic)


@given(st.integers(0, len(BODY) * 8 - 1))
def test_one_changed_bit_is_a_forgery(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Forged):
        http().verify(request(body=bytes(changed)))


def test_another_secret_is_a_forgery() -> None:
    with pytest.raises(Forged):
        http(signature_secret="another").verify(request())


@pytest.mark.parametrize(("seconds", "taken"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_replay_is_refused(seconds: int, taken: bool) -> None:
    if taken:
        http(NOW + seconds).verify(request())
        return
    with pytest.raises(Forged):
        http(NOW + seconds).verify(request())


def test_what_is_not_in_the_signed_body_is_no_field() -> None:
    got = Request(
        "GET",
        "/",
        {"token": "generic-token", "id": "m1"},
        {"x-signature": hooks.sign(b"", "generic-secret", NOW)},
        b"",
    )
    with pytest.raises(Forged):
        http().verify(got)
    more = Request("POST", "/", {"from": "447700900001", "status": "DELIVRD"}, {}, BODY)
    assert [each.why for each in http().receive(more).problems] == ["there is no sender"]
    assert http(signature_secret="").receive(more).problems == ()
