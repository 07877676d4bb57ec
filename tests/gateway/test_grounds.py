"""What the policy is shown of a message on its way."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from gateway import policy
from gateway.channels import Live
from gateway.grounds import Grounds, touch
from gateway.templates import Templates
from state.known import Known
from state.model import cause
from state.model.cause import Cause
from state.model.channel import Channel, Terms
from state.model.content import Text
from state.model.ids import new_id, now_ms
from state.outbox import Leased, Letter, Talk

NOW = now_ms()
TERMS = Terms(version="messenger-2026-11", reply_window=86_400)


def live() -> Live:
    made = SimpleNamespace(
        channel=Channel(id="page", type="messenger", team="shop", account="1"), terms=TERMS, terms_known=1, accepted={}
    )  # fmt: skip
    return cast(Live, made)


def grounds() -> Grounds:
    teams = SimpleNamespace(above=lambda team: (team, "default"), facts=lambda team: policy.Team("DE"))
    nothing: Any = SimpleNamespace(suspensions=(), wanted=lambda *who: (), of=lambda team, content: ())
    return Grounds(nothing, nothing, cast(Any, teams), nothing, Templates(nothing))


def row(why: Cause = cause.ANSWER, *, native: str = "", last_in: int = NOW) -> Leased:
    letter = Letter('{"type":"text","text":"hi"}', "", native)
    talk = Talk("c", last_in, "", '["messenger:1"]')
    return Leased(
        new_id(1), 1, "v", "page", "message", "queued", cause.written(why), NOW + 1, 0, 1, 0, talk, letter,
        Known("c", 1, "DE", "Europe/Berlin", "1990"),
    )  # fmt: skip


def facts(given: Leased) -> policy.Facts:
    return grounds().facts(given, live(), Text("hi"), NOW)


def test_a_row_is_shown_with_its_customer_its_team_and_all_above_it() -> None:
    found = facts(row(Cause(flow="Tea", campaign="may", purpose="marketing")))
    assert found.person == policy.Person(("messenger:1",), "DE", "Europe/Berlin", "1990")
    assert (found.target.teams, found.target.flow, found.target.campaign) == (
        ("shop", "default"),
        "Tea",
        "may",
    )
    assert (found.cause.purpose, found.terms_since, found.team.country) == ("marketing", 1, "DE")


@pytest.mark.parametrize(
    ("native", "tag"),
    [
        ("", ""),
        ('{"messenger":{"tag":"HUMAN_AGENT"}}', "HUMAN_AGENT"),
        ('{"instagram":{"tag":"HUMAN_AGENT"}}', ""),
    ],
)
def test_the_tag_is_the_one_of_the_channel_s_own_options(native: str, tag: str) -> None:
    assert facts(row(native=native)).tag == tag


def test_what_a_bot_says_does_not_go_as_written_by_a_person() -> None:
    tagged = facts(row(native='{"messenger":{"tag":"HUMAN_AGENT"}}'))
    assert policy.decide(replace(tagged, accepted={TERMS.version: 1}), NOW).code == "purpose_not_allowed"


@pytest.mark.parametrize(
    ("given", "remembered"),
    [
        (row(), False),
        (row(last_in=0), True),
        (row(Cause(purpose="marketing")), True),
        (row(Cause(tells="1"), last_in=0), False),
    ],
)
def test_what_answers_nothing_is_remembered_and_notices_are_not(given: Leased, remembered: bool) -> None:
    assert (touch(given, facts(given), NOW) is not None) is remembered
