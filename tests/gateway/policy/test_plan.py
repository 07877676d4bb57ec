"""A plan compares what was decided with what another pack makes of the same facts, and counts what it cannot."""

from datetime import time

import msgspec
import pytest
from msgspec.structs import replace

from gateway.policy import Pack, decide
from gateway.policy.entries import Rows
from gateway.policy.plan import FEW, Change, Group, Plan
from state.model.message import Decision
from tests.gateway.policy.given import DAY, MARKETING, NOON, PACK, SERVICE

MADE = decide(MARKETING, NOON, PACK)
EVENING = NOON + DAY // 4


def pack(**tables: object) -> Pack:
    """The standard pack with other tables."""
    return Pack(msgspec.structs.replace(PACK.rows, **tables), "2027-01-01-another")


def hours(opens: int, closes: int) -> Pack:
    """The standard pack with other hours for marketing."""
    rows = [msgspec.structs.replace(each, opens=time(opens), closes=time(closes)) for each in PACK.rows.quiet]
    return pack(quiet=tuple(rows))


def planned(other: Pack, *decided: Decision, facts: object = MARKETING) -> Plan:
    plan = Plan(PACK, other)
    for number, made in enumerate(decided):
        plan.add(f"m{number}", made, facts)  # type: ignore[arg-type]
    return plan


def test_a_pack_that_says_the_same_changes_nothing() -> None:
    plan = planned(PACK, MADE, MADE)
    assert (plan.total, plan.same, plan.changes, plan.otherwise) == (2, 2, [], [])


def test_what_another_pack_would_hold_is_counted_and_a_few_are_named() -> None:
    late = decide(MARKETING, EVENING, PACK)
    plan = planned(hours(8, 17), *[late] * (FEW + 3))
    named = [f"m{number}" for number in range(FEW)]
    assert plan.changes == [Group(Change("send", "wait quiet_hours"), FEW + 3, named)]
    assert plan.same == 0


def test_what_would_leave_at_another_time_is_a_change() -> None:
    night = decide(MARKETING, NOON + DAY // 2, PACK)
    plan = planned(hours(11, 21), night)
    later = Change("wait quiet_hours", "wait quiet_hours, until another time")
    assert [each.change for each in plan.changes] == [later]


def test_facts_that_the_same_pack_decides_otherwise_on_are_counted_apart() -> None:
    plan = planned(pack(quiet=()), MADE, facts=replace(MARKETING, standings=()))
    assert [each.change for each in plan.otherwise] == [Change("send", "refuse no_consent")]
    assert (plan.total, plan.same, plan.changes) == (1, 0, [])


def test_what_an_earlier_pack_decided_is_compared_and_said_to_be_unchecked() -> None:
    earlier = msgspec.structs.replace(MADE, pack="2025-01-01-earlier", verdict="refuse", code="under_age")
    plan = planned(PACK, earlier)
    assert (plan.unchecked, [each.change for each in plan.changes]) == (
        1,
        [Change("refuse under_age", "send")],
    )


@pytest.mark.parametrize("facts", [MARKETING, SERVICE])
def test_a_pack_without_rows_decides_too(facts: object) -> None:
    nothing = Pack(Rows(*[()] * len(Rows.__struct_fields__)), "empty")
    plan = planned(nothing, decide(facts, NOON, PACK), facts=facts)  # type: ignore[arg-type]
    assert plan.total == 1


def test_all_that_is_looked_at_is_in_the_total() -> None:
    plan = planned(PACK, MADE)
    plan.stays()
    plan.miss("it is gone")
    assert (plan.total, plan.same, plan.missing) == (3, 2, {"it is gone": 1})
