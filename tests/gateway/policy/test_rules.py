"""The team, the channel's terms, and the notice that comes first."""

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.policy import Facts, Team
from gateway.policy.rules import disclosure, team, terms
from state.model.cause import Cause
from state.model.content import Template, Text
from tests.gateway.policy.given import DAY, HELD, NOON, SERVICE, TERMS


@pytest.mark.parametrize(
    ("country", "active", "found"),
    [
        ("DE", True, ""), ("CW", True, ""), ("TW", True, ""), ("", True, ""), ("MX", True, "country_not_offered"),
        ("CN", True, "country_not_offered"), ("DE", False, "team_inactive"), ("MX", False, "team_inactive"),
    ],
)  # fmt: skip
def test_an_active_team_sends_from_where_the_service_is_offered(
    country: str, active: bool, found: str
) -> None:
    said = team(replace(SERVICE, team=Team(country, active)), NOON, HELD)
    assert (said.code, said.verdict) == (found, "refuse" if found else "send")


OLD = {"wa-2026-01": NOON - 90 * DAY}
ACCEPTED: list[tuple[int, dict[str, int], str]] = [
    (0, {}, "send"), (NOON, {}, "wait"), (1, {TERMS.version: 5}, "send"), (1, OLD, "wait"), (NOON, OLD, "send"),
    (NOON - 30 * DAY + 1, OLD, "send"), (NOON - 30 * DAY, OLD, "wait"), (NOON - DAY, {}, "wait"),
    (1, OLD | {TERMS.version: 5}, "send"),
]  # fmt: skip


@pytest.mark.parametrize(("since", "accepted", "verdict"), ACCEPTED)
def test_a_new_version_of_the_terms_may_wait_a_month_for_those_who_accepted_one(
    since: int, accepted: dict[str, int], verdict: str
) -> None:
    said = terms(replace(SERVICE, terms_since=since, accepted=accepted), NOON, HELD)
    assert (said.verdict, said.code) == (verdict, "terms_not_accepted" if verdict == "wait" else "")


def test_the_grace_is_told_with_its_end() -> None:
    said = terms(replace(SERVICE, terms_since=NOON, accepted=OLD), NOON, HELD)
    assert said.reason == "terms wa-2026-11 wait to be accepted by 2027-03-31"


FIRST = replace(SERVICE, told="", notice="2026-11")
NOTICES: list[tuple[Facts, dict[str, Any], str]] = [
    (FIRST, {}, "not_told"), (FIRST, {"told": "2026-01"}, ""), (FIRST, {"notice": ""}, ""),
    (FIRST, {"cause": Cause(tells="2026-11")}, ""), (FIRST, {"cause": Cause(confirms="f")}, ""),
    (FIRST, {"cause": Cause(helps=True)}, ""),
    (FIRST, {"content": Template("t", "en")}, "not_told"),
    (FIRST, {"content": Template("t", "en"), "last_in": NOON - DAY}, ""),
    (FIRST, {"content": Template("t", "en"), "last_in": NOON - DAY + 1}, "not_told"),
    (FIRST, {"content": Text("hi"), "last_in": 0}, "not_told"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "changes", "found"), NOTICES)
def test_who_has_access_is_told_first(facts: Facts, changes: dict[str, Any], found: str) -> None:
    said = disclosure(replace(facts, **changes), NOON, HELD)
    assert (said.code, said.verdict) == (found, "refuse" if found else "send")


def test_a_template_outside_the_window_says_that_it_goes_before_the_notice() -> None:
    said = disclosure(replace(FIRST, content=Template("t", "en"), last_in=0), NOON, HELD)
    assert said.reason == "a template outside the reply window goes before the notice"
