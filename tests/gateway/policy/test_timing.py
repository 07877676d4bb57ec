"""The same is not said twice, and nobody gets too much."""

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.policy import Team, decide
from gateway.policy.timing import duplicate, frequency
from state.known import Touch
from state.model.cause import Cause
from state.model.team_settings import OwnCap, TeamSettings
from tests.gateway.policy.given import DAY, HELD, HOUR, MARKETING, NOON, SERVICE, ms

MINUTE = 60_000


def touch(ago: int, purpose: str = "marketing", digest: str = "d1", message: str = "m0") -> Touch:
    return Touch(NOON - ago, purpose, digest, message)


LONG_AGO = replace(SERVICE, last_in=NOON - 2 * DAY)
TWICE: list[tuple[Any, Touch, bool]] = [
    (MARKETING, touch(7 * DAY - 1), True), (MARKETING, touch(7 * DAY), False),
    (MARKETING, touch(1, digest="d2"), False),
    (MARKETING, touch(1, message="m1"), False), (replace(MARKETING, digest=""), touch(1, digest=""), False),
    (replace(MARKETING, last_in=NOON - 1), touch(1), True), (LONG_AGO, touch(10 * MINUTE - 1), True),
    (LONG_AGO, touch(10 * MINUTE), False),
    (SERVICE, touch(1), False), (replace(SERVICE, cause=Cause(campaign="spring")), touch(1), True),
    (replace(LONG_AGO, cause=Cause(purpose="one_time_codes")), touch(1), False),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "sent", "twice"), TWICE)
def test_what_was_said_lately_is_not_said_again_unless_it_answers(
    facts: Any, sent: Touch, twice: bool
) -> None:
    said = duplicate(replace(facts, touches=(sent,)), NOON, HELD)
    assert (said.code, said.verdict) == (("duplicate", "refuse") if twice else ("", "send"))


def sent(*hours: float, **changes: Any) -> tuple[Touch, ...]:
    return tuple(
        touch(int(ago * HOUR), digest=f"other {n}", message=f"before {n}")._replace(**changes)
        for n, ago in enumerate(hours)
    )


CAPPED: list[tuple[tuple[Touch, ...], float]] = [
    ((), 0), (sent(1), 0), (sent(1, 2), 22), (sent(2, 1), 22), (sent(1, 2, 3), 22), (sent(1, 24), 0),
    (sent(1, 23.5), 0.5),
    (sent(1, 2, message="one"), 0), (sent(1, 2, message="m1"), 0), (sent(1, 2, purpose="service"), 0),
    (sent(30, 50, 70, 90, 110, 130), 38), (sent(30, 50, 70, 90, 110, 168), 0), (sent(1, 2, 50, 70, 90, 160), 22),
    (sent(1, 2, 50, 70, 90, 130), 38),
]  # fmt: skip


@pytest.mark.parametrize(("touches", "hours"), CAPPED)
def test_marketing_waits_until_one_of_those_before_is_long_ago(
    touches: tuple[Touch, ...], hours: float
) -> None:
    said = frequency(replace(MARKETING, touches=touches), NOON, HELD)
    assert (said.verdict, said.inputs.get("until", NOON)) == (
        "wait" if hours else "send",
        NOON + int(hours * HOUR),
    )


def test_a_cap_of_the_team_takes_the_place_of_the_pack_s() -> None:
    loose = TeamSettings(caps=(OwnCap(purpose="marketing", messages=3, hours=1),))
    strict = TeamSettings(caps=(OwnCap(purpose="service", messages=1, hours=1),))
    facts = replace(MARKETING, touches=sent(0.1, 0.2))
    assert frequency(facts, NOON, HELD).verdict == "wait"
    assert frequency(replace(facts, team=Team("DE", settings=loose)), NOON, HELD).verdict == "send"
    often = replace(SERVICE, touches=sent(0.5, purpose="service"), team=Team("DE", settings=strict))
    assert "(1 in 1 hour)" in frequency(often, NOON, HELD).reason
    assert frequency(often, NOON, HELD).inputs == {"until": NOON + HOUR // 2, "cap": [1, 1]}


def test_it_says_until_when_it_waits_and_why() -> None:
    said = frequency(replace(MARKETING, touches=sent(1, 2)), NOON, HELD)
    assert (
        said.reason
        == "the contact got all it may of marketing (2 in 24 hours); this leaves at 2027-03-02 09:00 UTC"
    )


@pytest.mark.parametrize(
    ("valid", "code"), [(0, "expires_before"), (-1, "expires_before"), (1, "quiet_hours")]
)
def test_what_would_wait_until_its_validity_is_over_is_refused_at_once(valid: int, code: str) -> None:
    night = ms("2027-03-01 23:30", "Europe/Berlin")
    waits = decide(MARKETING, night)
    found = decide(replace(MARKETING, expires_at=waits.wait_until + valid), night)
    assert (waits.verdict, found.code) == ("wait", code)
    if code == "expires_before":
        assert found.verdict == "refuse"
        assert [each.code for each in found.rules if each.code] == ["quiet_hours", "expires_before"]
