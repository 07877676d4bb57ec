"""The life of a suspension: each step from where it may be taken, and nothing else; drawn in the docs as it is."""

from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from state.model.stages import STEPS, NotPossible, Stage, after, mermaid
from state.model.suspension import Scope, Target

PAGE = Path(__file__).parents[2] / "docs" / "suspension.md"
ALLOWED = {(each.before, each.trigger): each.after for each in STEPS}
TRIGGERS = sorted({each.trigger for each in STEPS})


def test_it_goes_from_clear_over_notice_hold_and_lift_back_to_clear() -> None:
    stage: Stage = "clear"
    seen = [stage := after(stage, trigger) for trigger in ("notice", "suspend", "settle", "clear")]
    assert seen == ["noticed", "suspended", "lifting", "clear"]


@pytest.mark.parametrize(("stage", "trigger"), list(product(get_args(Stage), TRIGGERS)))
def test_a_step_is_taken_only_from_where_it_begins(stage: Stage, trigger: str) -> None:
    if (stage, trigger) in ALLOWED:
        assert after(stage, trigger) == ALLOWED[stage, trigger]
    else:
        with pytest.raises(NotPossible):
            after(stage, trigger)


def test_the_page_draws_the_table() -> None:
    drawn = PAGE.read_text().split("```mermaid\n")[1].split("```")[0]
    assert drawn.strip() == mermaid(), (
        "put the output of state.model.stages.mermaid() into docs/suspension.md"
    )


TARGET = Target(
    channel="wa",
    teams=("paris", "france", "default"),
    sender="1",
    contact="c",
    flow="f",
    campaign="k",
    template="t",
)


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        ({}, True),
        ({"team": "paris"}, True),
        ({"team": "france"}, True),
        ({"team": "default"}, True),
        ({"team": "lyon"}, False),
        ({"channel": "wa", "template": "t"}, True),
        ({"channel": "wa", "template": "u"}, False),
        ({"flow": "f"}, True),
        ({"flow": "g"}, False),
        ({"campaign": "k", "sender": "1", "contact": "c"}, True),
        ({"campaign": "k", "sender": "2"}, False),
        ({"contact": "d"}, False),
        ({"direction": "business_initiated"}, False),
    ],
)
def test_a_scope_covers_what_matches_all_its_fields(scope: dict[str, str], covers: bool) -> None:
    assert Scope(**scope).covers(TARGET) is covers  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wide", "narrow", "includes"),
    [
        ({}, {"channel": "wa"}, True),
        ({"channel": "wa"}, {"channel": "wa", "template": "t"}, True),
        ({"channel": "wa", "template": "t"}, {"channel": "wa"}, False),
        ({"channel": "wa"}, {"channel": "wb"}, False),
        ({"channel": "wa"}, {"channel": "wa", "direction": "business_initiated"}, True),
        ({"channel": "wa", "direction": "business_initiated"}, {"channel": "wa"}, False),
        ({"channel": "wa", "direction": "both"}, {"channel": "wa"}, True),
    ],
)
def test_a_scope_includes_what_is_narrower(
    wide: dict[str, str], narrow: dict[str, str], includes: bool
) -> None:
    assert Scope(**wide).includes(Scope(**narrow)) is includes  # type: ignore[arg-type]
