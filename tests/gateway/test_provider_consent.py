"""What a provider tells of a customer's wishes becomes facts of consent."""

import pytest

from gateway.provider_consent import Whom, counts_from, fact
from state.model.consent import Subject
from state.model.event import Event, Notice, OptedIn, OptedOut, Receipt
from state.model.ids import lane_of_id, now_ms
from state.model.receipts import Fault


def whom(kind: str) -> Whom:
    return Whom("c1", 7, "default", "ch", kind, "tel:+15550123")


def error(code: str, action: str = "CONSENT") -> Notice:
    return Notice(key="send:1", at=5, name="send", code=code, action=action, reason="said no")


def receipt(code: str) -> Receipt:
    fault = Fault(code, "said no", "CONSENT", "recipient")
    return Receipt(key="r", at=5, provider_id="p", status="failed", fault=fault)


@pytest.mark.parametrize(
    ("kind", "happened", "change", "subject", "channel"),
    [
        ("twilio", error("21610"), "withdrawn", "messages", ""),
        ("twilio", receipt("21610"), "withdrawn", "messages", ""),
        ("vonage", error("1240"), "withdrawn", "messages", ""),
        ("vonage", receipt("9"), "withdrawn", "messages", ""),
        ("smpp", receipt("0x444"), "withdrawn", "messages", ""),
        ("whatsapp", error("131050"), "withdrawn", "marketing", "ch"),
        ("whatsapp", receipt("131050"), "withdrawn", "marketing", "ch"),
        ("whatsapp", OptedOut(key="o", at=5), "withdrawn", "marketing", "ch"),
        ("whatsapp", OptedIn(key="o", at=5), "given", "marketing", "ch"),
        ("messenger", error("551/1545041"), "withdrawn", "messages", "ch"),
        ("wechat", error("43101"), "withdrawn", "messages", "ch"),
        ("wechat", OptedOut(key="o", at=5, purpose="service"), "withdrawn", "messages", "ch"),
        ("telegram", OptedOut(key="o", at=5, purpose="service"), "withdrawn", "messages", "ch"),
        ("telegram", error("403"), "withdrawn", "messages", "ch"),
        ("x", error("349"), "withdrawn", "messages", "ch"),
    ],
)
def test_a_wish_is_about_this_and_on_this_channel(
    kind: str, happened: Event, change: str, subject: Subject, channel: str
) -> None:
    made = fact(happened, whom(kind), "e1")
    assert made is not None
    assert (made.change, made.purpose, made.channel) == (change, subject, channel)
    assert (made.address, made.source, made.at, made.evidence["id"]) == ("tel:+15550123", "provider", 5, "e1")
    assert lane_of_id(made.id) == 7


def test_a_wish_from_a_clock_that_is_ahead_is_of_now() -> None:
    made = fact(OptedIn(key="o", at=now_ms() + 3_600_000), whom("whatsapp"), "e1")
    assert made is not None
    assert made.at <= now_ms()


@pytest.mark.parametrize(
    "happened",
    [error("131031", "SUSPEND"), error("131047", "WINDOW"), Notice(key="n", at=1, code="optin/user_ref")],
)
def test_what_is_no_wish_is_no_fact(happened: Event) -> None:
    assert fact(happened, whom("whatsapp"), "e1") is None


def test_a_block_by_a_carrier_counts_from_the_second_on() -> None:
    assert (counts_from("twilio", "30004"), counts_from("twilio", "21610")) == (2, 1)
