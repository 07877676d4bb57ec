"""A season and a planned campaign are no attack; an attack is one in any season."""

from typing import Any

import pytest

from gateway.detectors import OURS, standard, with_own
from state.traffic import HOUR, WEEK, hour_of
from tests.gateway.detectors.given import NEWSLETTER, NOW, attacked, counts, found, season

QUIET = NOW - 7 * HOUR
"""Half past three in the morning."""


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_found_in_the_weeks_before_christmas(seed: int) -> None:
    rows = season(seed)
    heard = []
    for now in range(NOW - 2 * WEEK, NOW + 1, HOUR):
        given = counts(rows, now)
        heard += [each for detector in OURS.values() if (each := detector(given, standard(), now))]
    assert heard == []


@pytest.mark.parametrize("hours", [-2, -1, 1, 2])
def test_a_newsletter_may_go_out_earlier_or_later_than_last_week(hours: int) -> None:
    now = NOW + hours * HOUR
    rows = [row for row in season(until=now) if row[0] != hour_of(NOW) or hours < 0]
    moved = [(hour_of(now), kind, NEWSLETTER) for kind in ("unasked", "new_recipients", "same:newsletter")]
    assert found([*rows, *moved], now) == {}


def test_a_campaign_that_first_went_out_last_week_may_be_repeated() -> None:
    def sent(hour: int) -> list[tuple[int, str, int]]:
        return [(hour, kind, 3_000) for kind in ("unasked", "new_recipients", "same:sale")]

    now = QUIET
    assert set(found([*season(until=now), *sent(hour_of(now))], now)) == {
        "new_recipients", "unusual_peak", "same_content",
    }  # fmt: skip
    assert found([*season(until=now), *sent(hour_of(now) - WEEK), *sent(hour_of(now))], now) == {}


@pytest.mark.parametrize("now", [QUIET, NOW - 24 * HOUR, NOW - 3 * 24 * HOUR])
def test_a_burst_of_ten_times_the_new_recipients_is_found(now: int) -> None:
    rows = season(until=now)
    usual = counts(rows, now).at(now, "new_recipients")
    burst = max(10 * usual, 300)
    heard = found([*rows, (hour_of(now), "new_recipients", burst)], now)
    assert heard["new_recipients"].severity == "fraud"
    assert heard["new_recipients"].numbers["count"] == usual + burst


def test_the_same_text_to_five_hundred_strangers_is_found() -> None:
    now = NOW - 24 * HOUR
    heard = found([*season(until=now), (hour_of(now), "same:0123456789abcdef", 500)], now)
    assert set(heard) == {"same_content"}
    assert heard["same_content"].scope.direction == "business_initiated"


def test_pumping_codes_to_one_range_is_found_and_names_it() -> None:
    heard = found(attacked(season(), code__9922155=600, codes=600))
    assert set(heard) == {"code_pumping"}
    assert "+9922155" in heard["code_pumping"].reason


def test_a_rise_that_is_too_slow_for_a_peak_is_found_over_the_day() -> None:
    rows = season()
    usual = counts(rows).within(NOW, "unasked")
    spread = [(hour_of(NOW) - n * HOUR, "unasked", usual // 7) for n in range(24)]
    assert "unusual_rise" in found([*rows, *spread])


def test_codes_that_are_answered_or_rise_everywhere_are_no_pumping() -> None:
    answered = attacked(season(), code__9922155=600, codes=600, answer__9922155=350)
    assert found(answered) == {}
    everywhere = {f"code__4915{n}00": 2_000 for n in range(10)}
    assert "code_pumping" not in found(attacked(season(), codes=20_000, **everywhere))


SLOW = "9922155"
"""A range whose codes are pumped at the same pace for weeks."""


def pumped(used: float, sent: int = 60, told: int = 1) -> list[tuple[int, str, int]]:
    """A season with so many codes an hour to a range, of which a share is used; `told` elsewhere, too."""
    hours = {row[0] for row in season()}
    rows = [(hour, f"code:{SLOW}", sent) for hour in hours] + [(hour, "codes", sent) for hour in hours]
    rows += [(hour, f"used:{SLOW}", round(used * sent)) for hour in hours]
    return [*season(), *rows, *((hour, "used", told) for hour in hours)]


@pytest.mark.parametrize(
    ("rows", "heard"),
    [
        (pumped(0.0), True), (pumped(0.1), True), (pumped(0.25), False), (pumped(0.9), False),
        (pumped(0.0, sent=30), False), (pumped(0.0, told=0), False),
        ([*pumped(0.0), *((hour_of(NOW) - n * HOUR, f"answer:{SLOW}", 40) for n in range(4))], False),
    ],
    ids=["none", "few", "enough", "most", "too few codes", "nobody tells", "they answer"],
)  # fmt: skip
def test_codes_that_hardly_anybody_uses_are_pumped_however_usual_they_are(rows: Any, heard: bool) -> None:
    told = found(rows)
    assert set(told) == ({"code_pumping"} if heard else set())
    assert not heard or (SLOW in told["code_pumping"].reason and told["code_pumping"].numbers["count"] == 180)


def test_a_burst_of_codes_that_are_used_is_no_pumping() -> None:
    assert found(attacked(season(), code__9922155=600, codes=600, used__9922155=130, used=130)) == {}


def busy(days: int, factor: int = 1) -> list[tuple[int, str, int]]:
    """A channel that sends 5,000 an hour from its first day, and `factor` times as many on its last."""
    hours = range(hour_of(NOW) - days * 24 * HOUR, hour_of(NOW) + HOUR, HOUR)
    return [(hour, "unasked", 5_000 * (factor if hour > NOW - 24 * HOUR else 1)) for hour in hours]


@pytest.mark.parametrize("days", range(15))
def test_a_busy_new_channel_is_no_rise(days: int) -> None:
    assert "unusual_rise" not in found(busy(days))


@pytest.mark.parametrize(("days", "heard"), [(1, False), (2, False), (4, True), (20, True)])
def test_a_rise_is_one_once_there_are_days_to_compare_it_with(days: int, heard: bool) -> None:
    assert ("unusual_rise" in found(busy(days, 4))) is heard


def test_a_team_may_set_what_is_too_many_before_there_are_days_to_compare() -> None:
    own = with_own(standard(), {"unusual_rise": {"floor": 50_000}})
    assert OURS["unusual_rise"](counts(busy(1)), own, NOW) is not None
    assert OURS["unusual_rise"](counts(busy(1)), standard(), NOW) is None
