"""What a customer allowed decides by purpose; what they withdrew is not sent, but for its confirmation."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gateway.policy import Facts
from gateway.policy.permission import consent
from state.model.cause import Cause
from state.model.channel import Terms
from state.model.consent import PURPOSES, Standing
from tests.gateway.policy.given import ADDRESS, DAY, HELD, NOON, SERVICE, TERMS, allowed

MINUTE = 60_000
NEVER, LATELY = 0, NOON - 1


def facts(purpose: str, *standings: Standing, last_in: int = NEVER, terms: Terms = TERMS) -> Facts:
    cause = msgspec.convert({"purpose": purpose}, Cause)
    return replace(SERVICE, cause=cause, standings=standings, last_in=last_in, terms=terms)


def code(given: Facts) -> str:
    return consent(given, NOON, HELD).code


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize(
    ("change", "until", "found"),
    [
        ("given", 0, ""), ("given", NOON + 1, ""), ("given", NOON, "consent_expired"),
        ("expired", NOON - DAY, "consent_expired"),
        ("withdrawn", 0, "withdrawn"),
    ],
)  # fmt: skip
def test_the_fact_about_the_purpose_decides(purpose: str, change: str, until: int, found: str) -> None:
    standing = Standing(purpose, "", "", change, NOON - 2 * DAY, until, "f")
    codes_need_none = purpose == "one_time_codes" and found == "consent_expired"
    assert code(facts(purpose, standing)) == ("" if codes_need_none else found)


@pytest.mark.parametrize(
    ("purpose", "last_in", "found"),
    [
        ("service", NEVER, "no_consent"), ("service", LATELY, ""), ("service", NOON - DAY, "no_consent"),
        ("service", NOON - DAY + 1, ""), ("one_time_codes", NEVER, ""), ("marketing", LATELY, "no_consent"),
        ("profiling", LATELY, "no_consent"), ("channel_data", LATELY, "no_consent"),
        ("marketing", NEVER, "no_consent"),
    ],
)  # fmt: skip
def test_without_a_fact_service_answers_and_codes_were_asked_for(
    purpose: str, last_in: int, found: str
) -> None:
    assert code(facts(purpose, last_in=last_in)) == found


@pytest.mark.parametrize(("window", "days"), [(0, 1), (86_400, 1), (172_800, 2)])
def test_their_message_counts_for_the_reply_window_or_a_day(window: int, days: int) -> None:
    terms = Terms(version="t", reply_window=window)
    ago = [NOON - days * DAY + 1, NOON - days * DAY]
    assert [code(facts("service", last_in=at, terms=terms)) for at in ago] == ["", "no_consent"]


@pytest.mark.parametrize("purpose", ["service", "marketing", "one_time_codes"])
def test_a_withdrawal_is_not_outweighed_by_a_message(purpose: str) -> None:
    assert code(facts(purpose, allowed(purpose, change="withdrawn"), last_in=LATELY)) == "withdrawn"


@pytest.mark.parametrize(
    ("standings", "found"),
    [
        ((allowed("marketing", 5), allowed("marketing", 6, address=ADDRESS, change="withdrawn")), "withdrawn"),
        ((allowed("marketing", 6), allowed("marketing", 5, address=ADDRESS, change="withdrawn")), ""),
        ((allowed("marketing", 5), allowed("marketing", 5, channel="wa", change="withdrawn")), "withdrawn"),
        ((allowed("marketing", 5), allowed("marketing", 6, channel="sms", change="withdrawn")), ""),
        ((allowed("marketing", 5), allowed("marketing", 6, address="tel:+1", change="withdrawn")), ""),
        ((allowed("marketing", address="tel:+1"),), "no_consent"),
        ((allowed("marketing", channel="sms"),), "no_consent"),
        ((allowed("service"),), "no_consent"),
        ((allowed("marketing"), allowed("service", change="withdrawn")), ""),
    ],
)  # fmt: skip
def test_the_latest_fact_that_is_about_the_send_counts(standings: tuple[Standing, ...], found: str) -> None:
    assert code(facts("marketing", *standings)) == found


STOPPED = tuple(
    Standing(name, ADDRESS, "", "withdrawn", NOON - MINUTE, 0, f"stop {name}")
    for name in ("service", "marketing", "one_time_codes")
)
CONFIRMING = replace(SERVICE, cause=Cause(confirms="stop service"), standings=STOPPED)


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (0, ""),
        (4 * MINUTE - 1, ""),
        (4 * MINUTE, "confirmation_not_allowed"),
        (DAY, "confirmation_not_allowed"),
    ],
)
def test_a_withdrawal_is_confirmed_within_five_minutes(now: int, found: str) -> None:
    assert consent(CONFIRMING, NOON + now, HELD).code == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (replace(CONFIRMING, cause=Cause(confirms="another")), "confirmation_not_allowed"),
        (replace(CONFIRMING, cause=Cause(confirms="stop marketing", purpose="marketing")), "withdrawn"),
        (replace(CONFIRMING, cause=Cause()), "withdrawn"),
        (replace(CONFIRMING, standings=()), "confirmation_not_allowed"),
    ],
)
def test_it_is_confirmed_once_and_without_marketing(changed: Facts, found: str) -> None:
    assert code(changed) == found


@pytest.mark.parametrize(
    ("cause", "last_in", "found"),
    [
        (Cause(helps=True), LATELY, ""), (Cause(helps=True), NOON - DAY, "withdrawn"),
        (Cause(helps=True), NEVER, "withdrawn"), (Cause(), LATELY, "withdrawn"),
    ],
)  # fmt: skip
def test_help_is_answered_though_its_customer_has_stopped(cause: Cause, last_in: int, found: str) -> None:
    assert code(replace(SERVICE, cause=cause, standings=STOPPED, last_in=last_in)) == found


@pytest.mark.parametrize(
    ("purpose", "basis", "found"),
    [
        ("marketing", "consent", ""), ("marketing", "legitimate_interests", "basis_unfit"),
        ("marketing", "contract", "basis_unfit"), ("service", "contract", ""),
        ("profiling", "legitimate_interests", "basis_unfit"), ("profiling", "contract", ""),
    ],
)  # fmt: skip
def test_what_was_given_lets_leave_what_its_basis_fits(purpose: Any, basis: str, found: str) -> None:
    assert code(facts(purpose, allowed(purpose, basis=basis))) == found


def test_a_refusal_says_what_to_do() -> None:
    said = {
        consent(each, NOON, HELD).reason
        for each in (
            facts("marketing", allowed("marketing", NOON, change="withdrawn")),
            facts("marketing", allowed("marketing", until=NOON)),
            facts("marketing"),
        )
    }
    assert said == {
        "the customer withdrew marketing on 2027-03-01: only they can allow it again, and START does not: record "
        "what they say",
        "the customer's consent to marketing ended on 2027-03-01: ask for it anew",
        "the customer has not allowed marketing: record their consent, then send again",
    }
