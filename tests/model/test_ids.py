"""An id tells when it was made and where its row lies, and no two are alike."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.model import ids
from state.model.ids import lane_of_id, new_id, now_ms, time_of_id


@pytest.fixture(autouse=True, scope="module")
def own_clock() -> Iterator[None]:
    """Give this module a clock of its own: it runs ahead of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "_clock", ids._Clock())
        yield


@given(lane=st.integers(0, 255))
def test_an_id_tells_its_lane_and_its_time(lane: int) -> None:
    before = now_ms()
    made = new_id(lane)
    assert lane_of_id(made) == lane
    assert time_of_id(made) >= before


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = new_id(200)
    assert (len(made), made[12], made[16] in "89ab") == (32, "7", True)


def test_ids_rise_strictly_within_a_lane_even_in_one_millisecond() -> None:
    now = now_ms() + 10
    made = [new_id(7, lambda: now) for _ in range(50_000)]
    assert made == sorted(set(made))


def test_ids_rise_when_the_clock_goes_back() -> None:
    now = now_ms() + 100
    made = [new_id(7, lambda at=now - n * 50: at) for n in range(10)]  # type: ignore[misc]
    assert made == sorted(set(made))


def test_ids_of_a_later_millisecond_are_greater_whatever_their_lanes() -> None:
    now = now_ms() + 1_000
    assert new_id(255, lambda: now) < new_id(0, lambda: now + 1)


def test_more_ids_than_a_millisecond_holds_go_on_in_the_next() -> None:
    now = now_ms() + 10_000
    made = [new_id(7, lambda: now) for _ in range((1 << 18) + 2)]
    assert [time_of_id(each) - now for each in (made[0], made[-1])] == [0, 1]
    assert made == sorted(made)


def test_ids_of_different_lanes_never_meet() -> None:
    made = [new_id(n % 256) for n in range(20_000)]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    "text", ["", "12", "z" * 32, "A" * 32, "+" * 32, "0" * 31, "0" * 33, " " * 32, "0_" * 16]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        lane_of_id(text)
