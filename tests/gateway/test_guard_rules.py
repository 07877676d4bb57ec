"""Which signals suspend, when, by the table."""

import pytest

from gateway.guard_rules import RULES, History, Rule, Told, rule_of, suspends


def rule(kind: str, code: str, action: str = "", reason: str = "") -> Rule:
    found = rule_of(kind, Told(code, action, reason))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "told", "history", "now"),
    [
        ("whatsapp", Told("368", "SUSPEND"), History(1), True),
        ("whatsapp", Told("131048", "WARN"), History(1), False),
        ("whatsapp", Told("131048", "WARN"), History(2), True),
        ("twilio", Told("30007", "WARN"), History(5, sent=250), True),
        ("twilio", Told("30007", "WARN"), History(5, sent=251), False),
        ("twilio", Told("30007", "WARN"), History(4, sent=10), False),
        ("vonage", Told("6", "WARN"), History(5, sent=100), True),
        ("messenger", Told("551/1545041", "CONSENT"), History(5, sent=100), True),
        ("messenger", Told("551/1545041", "CONSENT"), History(5, sent=101), False),
        ("telegram", Told("401", "AUTH"), History(1, worked=False), False),
        ("telegram", Told("401", "AUTH"), History(1, worked=True), True),
        ("wechat", Told("48001", "CONFIG"), History(1, worked=False), False),
        ("wechat", Told("48001", "CONFIG"), History(1, worked=True), True),
        ("smpp", Told("ESME_RINVPASWD", "SUSPEND"), History(3, worked=False), False),
        ("smpp", Told("ESME_RINVPASWD", "SUSPEND"), History(1, worked=True), True),
        ("telegram", Told("429", "THROTTLE", "Too Many Requests: retry after 301"), History(3), True),
        ("kannel", Told("anything", "WARN"), History(2), False),
        ("kannel", Told("anything", "WARN"), History(3), True),
    ],
)
def test_it_suspends_from_its_number_on(kind: str, told: Told, history: History, now: bool) -> None:
    assert suspends(rule(kind, told.code, told.action, told.reason), history) is now


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("whatsapp", Told("131047", "WINDOW")),
        ("whatsapp", Told("131050", "CONSENT")),
        ("twilio", Told("21610", "CONSENT")),
        ("telegram", Told("429", "THROTTLE", "Too Many Requests: retry after 299")),
        ("vonage", Told("9", "CONSENT")),
        ("whatsapp", Told("account_update/PARTNER_ADDED", "info")),
    ],
)
def test_what_says_nothing_of_our_terms_has_no_rule(kind: str, told: Told) -> None:
    assert rule_of(kind, told) is None


def test_a_rule_of_a_channel_comes_before_what_holds_for_every_channel() -> None:
    kinds = [each.types == "*" for each in RULES]
    assert kinds == sorted(kinds)
