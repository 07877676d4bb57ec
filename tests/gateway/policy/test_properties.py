"""What no table lists: whatever the facts are, a wait ends, and what is against a rule does not leave."""

from functools import partial
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.policy import CODES, RULES, Facts, Person, Team, decide, initiated
from state.known import Touch
from state.model.cause import Cause
from state.model.channel import Terms
from state.model.consent import MESSAGES, Standing, latest
from state.model.content import Template, Text
from state.model.message import Decision
from tests.gateway.policy.given import DAY, HELD, HOUR, MARKETING, NOON, PACK

WEEK = 7 * DAY
ADDRESSES = [
    "tel:+33612345678", "tel:+13055550123", "tel:+18005550123", "tel:+919810000000", "whatsapp:4915100000001",
    "whatsapp-bsuid:US.1", "messenger:1", "tel:12",
]  # fmt: skip
CHANNELS = ["whatsapp", "twilio", "telegram", "messenger", "inapp", "x"]
AGO = st.integers(-1, 30 * DAY)
standings = st.builds(
    Standing, st.sampled_from(MESSAGES), st.sampled_from(["", *ADDRESSES[:2]]), st.sampled_from(["", "wa", "sms"]),
    st.sampled_from(["given", "withdrawn", "expired"]), AGO.map(lambda ago: NOON - ago),
    st.one_of(st.just(0), AGO.map(lambda ago: NOON + 15 * DAY - ago)), st.sampled_from("abc"),
)  # fmt: skip
touches = st.builds(
    Touch, AGO.map(lambda ago: NOON - ago), st.sampled_from(MESSAGES), st.sampled_from(["d1", "d2"]),
    st.sampled_from("mnopq"),
)  # fmt: skip
causes = st.builds(
    Cause,
    purpose=st.sampled_from(MESSAGES),
    campaign=st.sampled_from(["", "c"]),
    confirms=st.sampled_from(["", "a"]),
    helps=st.booleans(),
)
people = st.builds(
    Person, st.sampled_from(ADDRESSES).map(lambda one: (one,)), st.sampled_from(["", "FR", "US"]),
    st.sampled_from(["", "Europe/Paris", "Pacific/Auckland"]), st.sampled_from(["", "1990", "2015-01"]),
)  # fmt: skip
WINDOW = Terms(version="w", reply_window=86_400, template_outside_window=True)
facts = st.builds(
    partial(replace, MARKETING),
    content=st.sampled_from([Text("hello"), Template("t", "en")]),
    terms=st.sampled_from([Terms(version="free"), WINDOW]),
    last_in=st.one_of(st.just(0), AGO.map(lambda ago: NOON - ago)),
    expires_at=st.sampled_from([0, NOON + 40 * DAY, NOON]),
    channel_type=st.sampled_from(CHANNELS),
    cause=causes,
    person=people,
    team=st.sampled_from([Team("DE"), Team("MX"), Team(""), Team("US", active=False)]),
    standings=st.lists(standings, max_size=4).map(tuple),
    told=st.sampled_from(["", "v1"]),
    terms_since=st.sampled_from([0, 1]),
    accepted=st.sampled_from([{}, {"free": 1, "w": 1}]),
    touches=st.lists(touches, max_size=8).map(tuple),
    category=st.sampled_from(["", "MARKETING", "UTILITY"]),
)
nows = st.integers(NOON, NOON + WEEK)


@settings(max_examples=400)
@given(facts, nows)
def test_a_wait_ends_later_than_now_and_the_rule_then_says_send(given: Facts, now: int) -> None:
    decision = decide(given, now)
    if decision.wait_until:
        (rule,) = [each for each in RULES if each.__name__ == decision.rules[-1].name]
        assert now < decision.wait_until <= now + WEEK
        assert rule(given, decision.wait_until, HELD).verdict == "send"
        assert rule(given, decision.wait_until - 1, HELD).verdict == "wait"


@settings(max_examples=400)
@given(facts, nows)
def test_nothing_leaves_against_what_the_customer_said(given: Facts, now: int) -> None:
    decision = decide(given, now)
    purpose = given.cause.purpose
    stands = latest(given.standings or (), purpose, given.person.addresses, "wa")
    if decision.verdict == "send" and not given.cause.confirms:
        asked = given.cause.helps and purpose == "service" and not initiated(given.terms, given.last_in, now)
        assert asked or stands is None or stands.change != "withdrawn"
        assert purpose != "marketing" or (stands is not None and stands.change == "given")
    if decision.verdict == "send":
        assert given.team.active
        assert given.person.born != "2015-01"
        assert given.accepted or not given.terms_since


@given(facts, nows)
def test_a_decision_says_why_and_can_be_stored(given: Facts, now: int) -> None:
    decision = decide(given, now)
    assert bool(decision.code) == bool(decision.reason) == (decision.verdict != "send")
    if decision.code:
        assert CODES[decision.code] == (decision.rules[-1].name, decision.verdict)
    assert [rule.name for rule in decision.rules] == [rule.__name__ for rule in RULES[: len(decision.rules)]]
    stored: Any = msgspec.json.decode(msgspec.json.encode(decision), type=Decision)
    assert (stored.code, stored.wait_until, stored.pack) == (decision.code, decision.wait_until, PACK.version)


@given(facts, nows, st.integers(1, 5 * HOUR))
def test_the_same_facts_at_the_same_time_give_the_same_decision(given: Facts, now: int, later: int) -> None:
    first = decide(given, now)
    decide(given, now + later)
    assert decide(given, now) == first
