"""Detectors over our own traffic: pure functions of counts, thresholds and the time, and those that others add.

A detector of yours is a function like these, named in the entry point group `parley.detectors` of your package.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points

import msgspec

from gateway.detectors.counts import Counts
from gateway.detectors.finding import Finding
from gateway.detectors.peaks import code_pumping, new_recipients, same_content, unusual_peak, unusual_rise
from gateway.detectors.ratios import RATIOS
from gateway.detectors.thresholds import BadThresholds, Thresholds, standard, with_own

Detector = Callable[[Counts, Thresholds, int], Finding | None]
"""What is given the counts of a channel, the thresholds of its team and a time (milliseconds, UTC)."""
GROUP = "parley.detectors"

OURS: Mapping[str, Detector] = {
    **RATIOS,
    "new_recipients": new_recipients,
    "unusual_peak": unusual_peak,
    "unusual_rise": unusual_rise,
    "same_content": same_content,
    "code_pumping": code_pumping,
}
"""The detectors that come with the program, by name."""


class BadDetector(Exception):
    """A custom detector that cannot be loaded: which, and why."""


def check(own: object) -> None:
    """Look at what a team sets of detectors before it is kept; raises BadThresholds saying what is wrong."""
    try:
        figures = msgspec.convert(own, dict[str, dict[str, float]])
    except msgspec.ValidationError as error:
        raise BadThresholds(f"detectors: {error}") from error
    with_own(standard(), figures, load())


def load() -> dict[str, Detector]:
    """All detectors by name, with those of other packages. Raises BadDetector."""
    found = dict(OURS)
    for point in entry_points(group=GROUP):
        where = f"detector {point.name!r} ({point.value})"
        if point.name in found or point.name in standard().named():
            raise BadDetector(f"{where}: there is one of that name already")
        found[point.name] = _loaded(point, where)
    return found


def _loaded(point: EntryPoint, where: str) -> Detector:
    try:
        detector: Detector = point.load()
    except Exception as error:
        raise BadDetector(f"{where} cannot be loaded: {error!r}") from error
    if not callable(detector):
        raise BadDetector(f"{where} is no function")
    return detector


__all__ = [
    "GROUP", "OURS", "BadDetector", "BadThresholds", "Counts", "Detector", "Finding", "Thresholds", "check", "load",
    "standard", "with_own",
]  # fmt: skip
