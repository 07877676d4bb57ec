"""What is usual at an hour: the median of the same hour of other weeks and days, and how far they lie from it. Pure.

The median and the median of the distances from it (MAD) do not follow single peaks as a mean and a deviation would.
"""

from collections.abc import Sequence
from math import inf
from statistics import median
from typing import NamedTuple

from gateway.detectors.thresholds import Peak

_SIGMA = 1.4826
"""What makes of the MAD of normally distributed values their standard deviation."""


class Limit(NamedTuple):
    """The most that is usual, and where that comes from: "weeks", "days", "floor", or "nothing" (there is no most)."""

    most: float
    source: str


def limit(weeks: Sequence[int], days: Sequence[int], peak: Peak) -> Limit:
    """The most that is usual after the same hour of the weeks and of the days before, the latest first.

    What was so large a week ago is usual too, or a campaign could not be repeated; and the days before count beside the
    weeks, since a season rises from day to day. Where both are too few for a median, it is the floor; without one (0)
    nobody knows what is usual, and nothing is unusual.
    """
    recent = peak.factor * median(days) if len(days) >= peak.enough else 0.0
    if len(weeks) >= peak.enough:
        return Limit(max(_above(weeks, peak), peak.repeat * weeks[0], recent), "weeks")
    if len(days) >= peak.enough:
        return Limit(max(_above(days, peak), peak.repeat * max([*weeks, 0])), "days")
    if not peak.floor:
        return Limit(inf, "nothing")
    return Limit(max(peak.floor, peak.repeat * max([*weeks, *days, 0])), "floor")


def _above(values: Sequence[int], peak: Peak) -> float:
    middle = median(values)
    distance = median(abs(each - middle) for each in values)
    return max(middle + peak.spread * _SIGMA * distance, peak.factor * middle)
