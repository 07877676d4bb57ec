"""From when on detectors speak: data with a source for every figure, and what a team sets for itself."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from state.model.base import Value

FILE = Path(__file__).parent / "thresholds.toml"
WEEKS, DAYS, BESIDE = 8, 7, 2
"""How far back counts are read, and how many hours beside the same hour."""


class BadThresholds(ValueError):
    """Thresholds that cannot be: which and why."""


class Ratio(Value, frozen=True, kw_only=True):
    """At least `events` of at least `least` in 24 hours, and more than the `share` of them."""

    share: float
    least: int
    events: int
    source: str


class Peak(Value, frozen=True, kw_only=True):
    """More than is usual, and at least `least`; `usual.limit` and the file say what the figures are."""

    least: int
    floor: int
    factor: float
    spread: float
    repeat: float
    weeks: Annotated[int, msgspec.Meta(ge=1, le=WEEKS)]
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS)]
    enough: Annotated[int, msgspec.Meta(ge=1)]
    beside: Annotated[int, msgspec.Meta(ge=0, le=BESIDE)]
    source: str


class Pumping(Peak, frozen=True, kw_only=True):
    """A peak of one range of numbers, whose part of all codes has grown, and that does not answer; where uses are told,
    also one whose codes of the last `hours` are hardly used."""

    answered: float
    growth: float
    converted: float
    hours: Annotated[int, msgspec.Meta(ge=1, le=12)]


class Rest(Value, frozen=True, kw_only=True):
    """How long a person's word that all is well counts."""

    hours: int
    source: str


class Thresholds(Value, frozen=True, kw_only=True):
    """The thresholds of all detectors by name; `own` are those of detectors that others have written."""

    error_ratio: Ratio
    complaint_ratio: Ratio
    opt_out_ratio: Ratio
    new_recipients: Peak
    unusual_peak: Peak
    unusual_rise: Peak
    same_content: Peak
    code_pumping: Pumping
    rest: Rest
    own: Mapping[str, Mapping[str, float]] = {}

    def named(self) -> dict[str, Value]:
        """Those of ours by name."""
        return {name: getattr(self, name) for name in self.__struct_fields__ if name != "own"}


@cache
def standard() -> Thresholds:
    """Those that come with the program."""
    return msgspec.convert(tomllib.loads(FILE.read_text()), Thresholds)


Own = Mapping[str, Mapping[str, float]]
"""What a team sets: figures by the name of a detector."""


def with_own(thresholds: Thresholds, own: Own, others: Iterable[str] = ()) -> Thresholds:
    """Thresholds with what a team has set; `others` are names of custom detectors. Raises BadThresholds."""
    ours: dict[str, Any] = dict(thresholds.named())
    theirs = {name: figures for name, figures in own.items() if name in set(others) - set(ours)}
    for name, figures in own.items():
        if name in theirs:
            continue
        if name not in ours:
            raise BadThresholds(f"detectors.{name}: there is no such detector")
        ours[name] = _changed(name, ours[name], figures)
    return Thresholds(**ours, own=theirs)


def _changed(name: str, old: Value, figures: Mapping[str, float]) -> Value:
    whole = msgspec.to_builtins(old) | {**figures, "source": "the team's settings"}
    if negative := [each for each, figure in figures.items() if not figure >= 0]:
        raise BadThresholds(f"detectors.{name}.{negative[0]}: is a number from 0")
    try:
        return msgspec.convert(whole, type(old), strict=False)
    except msgspec.ValidationError as error:
        raise BadThresholds(f"detectors.{name}: {error}") from error
