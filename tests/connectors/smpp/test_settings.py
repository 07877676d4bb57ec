"""Settings are checked when the channel is made, and what goes by the link goes nowhere else."""

import pytest

from connectors.link import Endpoint
from connectors.smpp import SMPP
from connectors.smpp.profile import SETTINGS
from connectors.smpp.throttle import Throttle
from state.model.channel import Channel
from state.model.wire import Forged, Malformed, Request, Undelivered
from tests.connectors.smpp.talk import SETTINGS as GIVEN
from tests.connectors.smpp.talk import message, smpp


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", ""), ("host", "smsc.example:2775"), ("host", "a b"), ("port", "0"), ("port", "70000"), ("port", "x"),
        ("port", "２７７５"), ("tls", "maybe"), ("system_id", ""), ("system_id", "x" * 16), ("password", "x" * 9),
        ("system_type", "x" * 13), ("bind", "both"), ("sender", ""), ("sender", "x" * 12), ("sender", "+4477x"),
        ("sender_ton", "7"), ("sender_npi", "x"), ("service_type", "x" * 6), ("alphabet", "gsm"), ("text_coding", "x"),
        ("concatenation", "udh"), ("registered_delivery", "yes"), ("receipt_ids", "octal"), ("window", "0"),
        ("pace", "0"), ("pace", "0.000"), ("pace", "-1"), ("enquire_link", "0"), ("response_timeout", ""),
        ("parts_wait", "0"), ("vendor_codes", "0x40B"), ("vendor_codes", "0x40B=NO"), ("vendor_codes", "x=WARN"),
        ("receipt_errors", "=WARN"), ("receipt_errors", "5=warn"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: "):
        smpp(**{name: value})


@pytest.mark.parametrize("name", ["host", "system_id", "sender"])
def test_a_missing_setting_is_named(name: str) -> None:
    settings = {key: value for key, value in GIVEN.items() if key != name}
    with pytest.raises(ValueError, match=f"^{name}: "):
        SMPP(Channel(id="c", type="smpp", settings=settings))


@pytest.mark.parametrize(
    ("settings", "endpoint"),
    [
        ({}, Endpoint("smsc.example", 2775)),
        ({"host": "2001:db8::1", "port": "3550", "tls": "yes"}, Endpoint("2001:db8::1", 3550, tls=True)),
    ],
)
def test_the_endpoint_is_what_the_settings_say(settings: dict[str, str], endpoint: Endpoint) -> None:
    assert smpp(**settings).endpoint == endpoint


def test_only_the_password_is_a_secret_and_shows_nowhere() -> None:
    assert [each.name for each in SETTINGS if each.secret] == ["password"]
    made = smpp(password="secret08")
    assert "secret08" not in repr(made._account) + repr(vars(made))


def test_there_are_no_webhooks_and_no_calls() -> None:
    made, request = smpp(), Request("POST", "/", {}, {}, b"")
    with pytest.raises(Forged):
        made.verify(request)
    with pytest.raises(Malformed):
        made.receive(request)
    with pytest.raises(Undelivered, match="CONFIG goes_by_link"):
        made.send(message())


def test_the_pace_is_halved_again_and_again_but_not_to_nothing() -> None:
    throttle = Throttle(10)
    rates = []
    for _ in range(9):
        throttle.too_fast(0)
        rates.append(throttle.rate(0))
    assert rates[:3] == [5, 2.5, 1.25]
    assert rates[-1] == 0.2
    assert throttle.rate(1) == pytest.approx(1.2)
    assert throttle.rate(1000) == 10


def test_nothing_is_held_back_before_the_smsc_complains() -> None:
    throttle = Throttle(10)
    for n in range(100):
        throttle.sent(n / 1000)
    assert throttle.wait(0.1) == 0
