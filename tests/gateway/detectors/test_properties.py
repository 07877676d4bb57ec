"""What holds for every traffic, however it looks."""

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.detectors import OURS, Counts, standard
from gateway.detectors.counts import Row
from state.traffic import DAY, HOUR, WEEK, hour_of
from tests.gateway.detectors.given import NOW

PEAKS = ("new_recipients", "unusual_peak", "same_content", "code_pumping")
KINDS = {
    "new_recipients": "new_recipients",
    "unusual_peak": "unasked",
    "same_content": "same:aa",
    "code_pumping": "code:4915100",
}
HERE = hour_of(NOW)
BEFORE = [HERE - n * WEEK for n in range(1, 9)] + [HERE - n * DAY for n in range(1, 7)]


def rows_of(kind: str, present: int, before: list[int]) -> list[Row]:
    return [(HERE, kind, present), *((hour, kind, n) for hour, n in zip(BEFORE, before, strict=True))]


history = st.lists(st.integers(0, 3_000), min_size=len(BEFORE), max_size=len(BEFORE))


@given(st.sampled_from(PEAKS), st.integers(1_000, 100_000), history, st.integers(2, 50))
def test_scaling_all_counts_does_not_change_the_verdict(
    code: str, present: int, before: list[int], by: int
) -> None:
    rows = rows_of(KINDS[code], present, before)
    codes = [(hour, "codes", 2 * n + 1) for hour, _, n in rows if code == "code_pumping"]
    once = Counts("wa", [*rows, *codes], BEFORE[7])
    often = Counts("wa", [(hour, kind, n * by) for hour, kind, n in (*rows, *codes)], BEFORE[7])
    heard = [OURS[code](each, standard(), NOW) for each in (once, often)]
    assert (heard[0] is None) == (heard[1] is None)


@given(st.sampled_from(PEAKS), st.integers(0, 100_000), history, st.randoms())
def test_the_order_of_counts_does_not_matter(
    code: str, present: int, before: list[int], chance: random.Random
) -> None:
    rows = [*rows_of(KINDS[code], present, before), (HERE, KINDS[code], 7)]
    mixed = list(rows)
    chance.shuffle(mixed)
    first, second = (OURS[code](Counts("wa", each, BEFORE[7]), standard(), NOW) for each in (rows, mixed))
    assert first == second


hours = st.integers(0, 200).map(lambda n: HERE - n * HOUR)
kinds = st.sampled_from(
    ["unasked", "new_recipients", "same:aa", "codes", "code:49151", "code:1415555", "inbound"]
)
anything = st.lists(st.tuples(hours, kinds, st.integers(0, 29)), max_size=6)


@given(anything, st.sampled_from([0, HERE - 9 * WEEK]))
def test_nothing_is_found_in_less_than_the_least(rows: list[Row], first: int) -> None:
    given = Counts("wa", rows, first)
    assume(max((given.at(hour, kind) for hour, kind, _ in rows), default=0) < 30)
    assert [detector(given, standard(), NOW) for detector in OURS.values()] == [None] * len(OURS)


few = st.integers(0, 49)


@given(few, few, few, few)
def test_no_ratio_speaks_of_fewer_than_a_hundred(
    accepted: int, failed: int, complaints: int, stops: int
) -> None:
    kinds = {"accepted": accepted, "failed": failed, "complaints": complaints, "opt_outs": stops}
    given = Counts("wa", [(HERE, kind, n) for kind, n in kinds.items()])
    assert [detector(given, standard(), NOW) for detector in OURS.values()] == [None] * len(OURS)
