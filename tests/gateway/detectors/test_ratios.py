"""Ratios over 24 hours: more than a share, of enough, and never for a few."""

import pytest

from gateway.detectors import OURS, Counts, standard
from state.traffic import HOUR, hour_of
from tests.gateway.detectors.given import NOW

# kind, code, events, accepted, found
TABLE = [
    ("failed", "error_ratio", 26, 100, True),
    ("failed", "error_ratio", 25, 100, False),
    ("failed", "error_ratio", 19, 20, False),
    ("failed", "error_ratio", 60, 39, False),
    ("complaints", "complaint_ratio", 21, 1000, True),
    ("complaints", "complaint_ratio", 20, 1000, False),
    ("complaints", "complaint_ratio", 4, 100, False),
    ("complaints", "complaint_ratio", 50, 99, False),
    ("opt_outs", "opt_out_ratio", 51, 1000, True),
    ("opt_outs", "opt_out_ratio", 50, 1000, False),
    ("opt_outs", "opt_out_ratio", 9, 100, False),
    ("opt_outs", "opt_out_ratio", 90, 99, False),
]


@pytest.mark.parametrize(("kind", "code", "events", "accepted", "is_found"), TABLE)
def test_a_ratio_speaks_above_its_share_of_enough(
    kind: str, code: str, events: int, accepted: int, is_found: bool
) -> None:
    rows = [(hour_of(NOW) - n * HOUR, "accepted", accepted if n == 23 else 0) for n in range(24)]
    heard = OURS[code](Counts("wa", [*rows, (hour_of(NOW), kind, events)]), standard(), NOW)
    assert bool(heard) is is_found
    assert heard is None or (heard.severity, heard.code) == ("warn", code)


def test_what_lies_a_day_back_does_not_count() -> None:
    rows = [(hour_of(NOW), "accepted", 100), (hour_of(NOW) - 24 * HOUR, "failed", 100)]
    assert OURS["error_ratio"](Counts("wa", rows), standard(), NOW) is None
