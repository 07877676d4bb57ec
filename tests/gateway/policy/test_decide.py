"""Every send is decided by rules that can be read afterwards."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.policy import RULES, Facts, decide, initiated, standard
from state.model.channel import Terms
from state.model.consent import Standing
from state.model.content import Content, Reaction, Template, Text
from state.model.message import Decision
from state.model.suspension import Scope, Suspension, Target

NOW = 1_800_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR
WINDOW = Terms(version="wa-2026-11", reply_window=86_400, template_outside_window=True)
STRICT = Terms(version="wx-2026-11", reply_window=172_800)
FREE = Terms(version="sms-2026-11")
TEXT, TEMPLATE = Text("hello"), Template("welcome", "en")
AGREED = (Standing("service", "", "", "given", 1, 0, "a fact"),)
ANN = Target(channel="wa", teams=("shop", "eu"), sender="1555", contact="ann", flow="order")


def facts(content: Content = TEXT, terms: Terms = WINDOW, last_in: int = NOW, expires_at: int = 0) -> Facts:
    return Facts(ANN, content, terms, last_in=last_in, expires_at=expires_at, standings=AGREED)


def suspended(scope: dict[str, str], number: int = 1) -> Suspension:
    return Suspension(
        id=f"s{number}",
        epoch=number,
        scope=msgspec.convert(scope, Scope),
        ground="operator",
        reason="a complaint",
        actor="ann@example.org",
        at=NOW,
    )


@pytest.mark.parametrize(
    ("content", "terms", "last_in", "verdict"),
    [
        (TEXT, WINDOW, NOW, "send"),
        (TEXT, WINDOW, NOW - DAY + 1, "send"),
        (TEXT, WINDOW, NOW - DAY, "refuse"),
        (TEXT, WINDOW, 0, "refuse"),
        (Reaction("wamid.1", "👍"), WINDOW, NOW - DAY, "refuse"),
        (TEMPLATE, WINDOW, NOW - DAY, "send"),
        (TEMPLATE, WINDOW, 0, "send"),
        (TEMPLATE, WINDOW, NOW, "send"),
        (TEXT, STRICT, NOW - DAY, "send"),
        (TEMPLATE, STRICT, NOW - 2 * DAY, "refuse"),
        (TEXT, FREE, 0, "send"),
        (TEMPLATE, FREE, 0, "send"),
    ],
)
def test_free_form_content_needs_an_open_reply_window(
    content: Content, terms: Terms, last_in: int, verdict: str
) -> None:
    decision = decide(facts(content, terms, last_in), NOW)
    assert decision.verdict == verdict
    assert decision.code == ("window_closed" if verdict == "refuse" else "")
    assert decision.terms == terms.version


@pytest.mark.parametrize(
    ("terms", "last_in", "reason"),
    [
        (
            WINDOW,
            1,
            "the reply window ended 24 hours after the customer's last message; a template may be sent",
        ),
        (STRICT, 1, "the reply window ended 48 hours after the customer's last message"),
        (STRICT, 0, "the reply window never opened: the customer has not written"),
    ],
)
def test_a_closed_window_is_explained(terms: Terms, last_in: int, reason: str) -> None:
    assert decide(facts(terms=terms, last_in=last_in), NOW).reason == reason


@pytest.mark.parametrize(
    ("expires_at", "verdict"), [(0, "send"), (NOW + 1, "send"), (NOW, "refuse"), (NOW - DAY, "refuse")]
)
def test_a_message_whose_validity_is_over_is_refused(expires_at: int, verdict: str) -> None:
    decision = decide(facts(expires_at=expires_at), NOW)
    assert (decision.verdict, decision.code) == (verdict, "expired" if verdict == "refuse" else "")


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ({}, True),
        ({"channel": "wa"}, True),
        ({"channel": "sms"}, False),
        ({"team": "shop"}, True),
        ({"team": "eu"}, True),
        ({"team": "us"}, False),
        ({"sender": "1555"}, True),
        ({"sender": "1556"}, False),
        ({"contact": "ann"}, True),
        ({"contact": "ben"}, False),
        ({"flow": "order"}, True),
        ({"flow": "refund"}, False),
        ({"campaign": "spring"}, False),
        ({"template": "welcome"}, False),
        ({"channel": "wa", "contact": "ben"}, False),
        ({"channel": "wa", "direction": "both"}, True),
        ({"channel": "wa", "direction": "business_initiated"}, False),
    ],
)
def test_a_suspension_holds_what_its_scope_covers(scope: dict[str, str], covered: bool) -> None:
    decision = decide(replace(facts(), suspensions=(suspended(scope),)), NOW)
    assert decision.verdict == ("wait" if covered else "send")
    assert decision.code == ("suspended" if covered else "")
    assert decision.wait_until == 0


@pytest.mark.parametrize(
    ("direction", "target", "covered"),
    [
        ("business_initiated", {"initiated": True}, True),
        ("business_initiated", {}, False),
        ("business_initiated", {"inbound": True}, False),
        ("outbound", {"initiated": True}, True),
        ("outbound", {}, True),
        ("outbound", {"inbound": True}, False),
        ("both", {"initiated": True}, True),
        ("both", {}, True),
        ("both", {"inbound": True}, True),
    ],
)
def test_a_direction_includes_the_ones_before_it(
    direction: str, target: dict[str, bool], covered: bool
) -> None:
    scope = suspended({"direction": direction}).scope
    assert scope.covers(msgspec.structs.replace(ANN, **target)) is covered


def test_a_suspension_is_told_with_its_ground_and_every_one_that_covers() -> None:
    three = (suspended({"channel": "sms"}, 1), suspended({"channel": "wa"}, 2), suspended({}, 3))
    decision = decide(replace(facts(), suspensions=three), NOW)
    assert decision.reason == "suspended (operator): a complaint"
    assert decision.rules[-1].inputs == {"in_force": 3, "suspensions": ["s2", "s3"]}


def test_what_is_over_is_refused_rather_than_held_and_what_is_held_is_not_refused() -> None:
    held = replace(facts(last_in=0), suspensions=(suspended({}),))
    assert decide(held, NOW).code == "suspended"
    assert decide(replace(held, expires_at=NOW), NOW).code == "expired"


def test_a_decision_names_every_rule_that_was_asked_with_what_it_read() -> None:
    decision = decide(facts(expires_at=NOW + 1), NOW)
    names = (
        "validity team consent age licence content_purpose recipients suspension terms reply_window disclosure"
        " duplicate quiet_hours frequency"
    )
    assert [(rule.name, rule.verdict) for rule in decision.rules] == [
        (name, "send") for name in names.split()
    ]
    assert decision.rules[9].inputs == {"last_in": NOW, "window": 86_400}
    assert decision.pack == standard().version
    assert len(decision.rules) == len(RULES)


def test_a_decision_can_be_stored_and_read_again() -> None:
    decision = decide(replace(facts(), suspensions=(suspended({}),)), NOW)
    assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision


@pytest.mark.parametrize(
    ("terms", "last_in", "expected"),
    [
        (WINDOW, NOW - DAY + 1, False),
        (WINDOW, NOW - DAY, True),
        (STRICT, NOW - DAY, False),
        (FREE, NOW - DAY + 1, False),
        (FREE, NOW - DAY, True),
        (FREE, 0, True),
    ],
)
def test_a_send_answers_a_customer_who_wrote_lately(terms: Terms, last_in: int, expected: bool) -> None:
    assert initiated(terms, last_in, NOW) is expected


@given(
    last_in=st.integers(0, NOW + DAY),
    expires_at=st.integers(0, NOW + DAY),
    scopes=st.lists(st.sampled_from([{}, {"channel": "sms"}, {"contact": "ann"}]), max_size=3),
    content=st.sampled_from([TEXT, TEMPLATE]),
    terms=st.sampled_from([WINDOW, STRICT, FREE]),
)
def test_nothing_is_sent_against_a_rule(
    last_in: int, expires_at: int, scopes: list[dict[str, str]], content: Content, terms: Terms
) -> None:
    held = tuple(suspended(scope) for scope in scopes)
    decision = decide(Facts(ANN, content, terms, held, last_in, expires_at, standings=AGREED), NOW)
    allowed = content is TEMPLATE and terms is WINDOW
    may_go = (
        (not expires_at or expires_at > NOW)
        and not any(each.scope.covers(ANN) for each in held)
        and (terms is FREE or NOW - last_in < terms.reply_window * 1000 or allowed)
    )
    assert (decision.verdict == "send") is may_go
