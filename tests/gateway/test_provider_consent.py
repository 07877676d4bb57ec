"""What a provider tells of a customer's wishes becomes facts of consent."""

import pytest

from gateway.provider_consent import Whom, counts_from, facts
from state.model.consent import MESSAGES, Purpose
from state.model.event import Event, Notice, OptedIn, OptedOut, Receipt
from state.model.ids import lane_of_id
from state.model.receipts import Fault

MARKETING: tuple[Purpose, ...] = ("marketing",)


def whom(kind: str) -> Whom:
    return Whom("c1", 7, "default", "ch", kind, "tel:+15550123")


def error(code: str, action: str = "CONSENT") -> Notice:
    return Notice(key="send:1", at=5, name="send", code=code, action=action, reason="said no")


def receipt(code: str) -> Receipt:
    fault = Fault(code, "said no", "CONSENT", "recipient")
    return Receipt(key="r", at=5, provider_id="p", status="failed", fault=fault)


@pytest.mark.parametrize(
    ("kind", "happened", "change", "purposes", "channel"),
    [
        ("twilio", error("21610"), "withdrawn", MESSAGES, ""),
        ("twilio", receipt("21610"), "withdrawn", MESSAGES, ""),
        ("vonage", error("1240"), "withdrawn", MESSAGES, ""),
        ("vonage", receipt("9"), "withdrawn", MESSAGES, ""),
        ("smpp", receipt("0x444"), "withdrawn", MESSAGES, ""),
        ("whatsapp", error("131050"), "withdrawn", MARKETING, "ch"),
        ("whatsapp", receipt("131050"), "withdrawn", MARKETING, "ch"),
        ("whatsapp", OptedOut(key="o", at=5), "withdrawn", MARKETING, "ch"),
        ("whatsapp", OptedIn(key="o", at=5), "given", MARKETING, "ch"),
        ("messenger", error("551/1545041"), "withdrawn", MESSAGES, "ch"),
        ("wechat", error("43101"), "withdrawn", MESSAGES, "ch"),
        ("wechat", OptedOut(key="o", at=5, purpose="service"), "withdrawn", MESSAGES, "ch"),
        ("telegram", OptedOut(key="o", at=5, purpose="service"), "withdrawn", MESSAGES, "ch"),
        ("telegram", error("403"), "withdrawn", MESSAGES, "ch"),
        ("x", error("349"), "withdrawn", MESSAGES, "ch"),
    ],
)
def test_a_wish_is_about_these_purposes_and_this_channel(
    kind: str, happened: Event, change: str, purposes: tuple[Purpose, ...], channel: str
) -> None:
    made = facts(happened, whom(kind), "e1")
    assert {(each.change, each.channel) for each in made} == {(change, channel)}
    assert tuple(each.purpose for each in made) == purposes
    assert {(each.address, each.source, each.at, each.evidence["id"]) for each in made} == {
        ("tel:+15550123", "provider", 5, "e1")
    }
    assert {lane_of_id(each.id) for each in made} == {7}


@pytest.mark.parametrize(
    "happened",
    [error("131031", "SUSPEND"), error("131047", "WINDOW"), Notice(key="n", at=1, code="optin/user_ref")],
)
def test_what_is_no_wish_is_no_fact(happened: Event) -> None:
    assert facts(happened, whom("whatsapp"), "e1") == ()


def test_a_block_by_a_carrier_counts_from_the_second_on() -> None:
    assert (counts_from("twilio", "30004"), counts_from("twilio", "21610")) == (2, 1)
