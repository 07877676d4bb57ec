"""Facts about a message merge as a lattice: neither order nor repetition matters, and nothing is taken back."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.model.receipts import Facts, Fault, fact

RANKS = ("queued", "accepted", "sent", "failed", "delivered", "read", "played")
FAULTS = st.builds(
    Fault, st.sampled_from("ab"), st.sampled_from(["", "x"]), st.sampled_from(["", "RETRY", "WARN"])
)
RECEIPTS = st.builds(
    fact,
    st.sampled_from(["sent", "delivered", "read", "played", "failed"]),
    st.integers(0, 5),
    st.none() | FAULTS,
)
FACTS = st.lists(RECEIPTS, max_size=4).map(lambda each: reduce(Facts.merge, each, Facts()))


@given(one=FACTS, two=FACTS)
def test_a_merge_is_commutative(one: Facts, two: Facts) -> None:
    assert one.merge(two) == two.merge(one)


@given(one=FACTS, two=FACTS, three=FACTS)
def test_a_merge_is_associative(one: Facts, two: Facts, three: Facts) -> None:
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


@given(one=FACTS, two=FACTS)
def test_a_merge_is_idempotent(one: Facts, two: Facts) -> None:
    merged = one.merge(two)
    assert (one.merge(one), merged.merge(one), merged.merge(two)) == (one, merged, merged)


@given(one=FACTS, two=FACTS)
def test_a_status_never_goes_backwards(one: Facts, two: Facts) -> None:
    assert RANKS.index(one.merge(two).status) >= RANKS.index(one.status)


@given(one=FACTS, two=FACTS)
def test_no_fact_is_forgotten_and_none_gets_later(one: Facts, two: Facts) -> None:
    merged = one.merge(two)
    for name in RANKS[1:]:
        before, after = getattr(one, name), getattr(merged, name)
        assert after <= before if before else after == getattr(two, name)


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ([], "queued"),
        ([Facts(accepted=1)], "accepted"),
        ([fact("failed", 2), fact("sent", 1)], "failed"),
        ([fact("delivered", 2), fact("failed", 3)], "delivered"),
        ([fact("read", 4), fact("delivered", 5)], "read"),
        ([fact("played", 9), fact("read", 4)], "played"),
    ],
)
def test_evidence_of_delivery_outranks_failure(known: list[Facts], status: str) -> None:
    assert reduce(Facts.merge, known, Facts()).status == status


def test_failure_and_delivery_are_both_kept() -> None:
    both = fact("failed", 3, Fault("131026")).merge(fact("delivered", 2))
    assert both == Facts(failed=3, delivered=2, fault=Fault("131026"))


def test_the_fault_kept_is_the_earliest_failure_s() -> None:
    early, late = fact("failed", 3, Fault("b")), fact("failed", 4, Fault("a"))
    assert late.merge(early) == early


def test_a_receipt_without_a_time_still_counts() -> None:
    assert fact("delivered", 0).status == "delivered"


def test_only_a_failure_has_a_fault() -> None:
    assert fact("sent", 1, Fault("warned")).fault is None
