"""The terms of each channel type, read from the `terms.toml` of its folder: dated versions, the latest of which counts.

A version may include versions of other documents (`sms-2026-11-22` lies in `sms/terms.toml`) that several channels
share: their points and stop words come before its own. A version that was once in force is never changed: what was
accepted is what it said.
"""

import tomllib
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec

from state.model.base import Value
from state.model.channel import Point, Terms
from state.model.ids import now_ms

_HERE = Path(__file__).parent
_Few = Annotated[int, msgspec.Meta(ge=0, le=366)]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z]+-\d{4}-\d{2}-\d{2}$", max_length=64)]


class BadTerms(ValueError):
    """A document that cannot be read; the text says where and why."""


class History(NamedTuple):
    """The versions of a channel's terms, the oldest first."""

    versions: tuple[Terms, ...]

    def as_of(self, time: int) -> Terms:
        """The version in force at a time (milliseconds, UTC); before the first one the first."""
        begun = [each for each in self.versions if each.since <= time]
        return begun[-1] if begun else self.versions[0]

    def current(self) -> Terms:
        """The version in force now."""
        return self.as_of(now_ms())

    def find(self, version: str) -> Terms | None:
        """A version by its name."""
        return next((each for each in self.versions if each.version == version), None)


class _Version(Value, frozen=True, kw_only=True):
    """A version as it is written down; the figures are those of `Terms`."""

    version: _Name
    since: date = msgspec.field(name="from")
    grace: _Few
    includes: tuple[_Name, ...] = ()
    reply_window: int = 0
    template_outside_window: bool = False
    minimum_age: _Few = 0
    stop_words: tuple[str, ...] = ()
    pace: float = 0
    pair_interval: float = 0
    pair_burst: int = 1
    points: tuple[Point, ...] = ()


class _Document(Value, frozen=True, kw_only=True):
    version: tuple[_Version, ...]


def load(package: str) -> History:
    """The terms beside a module of a channel's folder, by the name of its package; raises BadTerms."""
    return history(package.removeprefix("connectors."))


@cache
def history(name: str) -> History:
    """The terms of a folder, as `sms` or `sms.aggregator`; raises BadTerms."""
    place = _HERE.joinpath(*name.split("."), "terms.toml")
    return parsed(place.read_text("utf-8"), str(place.relative_to(_HERE)))


def parsed(text: str, place: str = "terms.toml") -> History:
    """The terms that a text holds; raises BadTerms, which names the place."""
    try:
        found = msgspec.convert(tomllib.loads(text), _Document)
    except ValueError as error:
        raise BadTerms(f"{place}: {error}") from error
    versions = tuple(_whole(each, place) for each in found.version)
    dates = [each.since for each in versions]
    if not versions or dates != sorted(set(dates)) or len({each.version for each in versions}) < len(dates):
        raise BadTerms(f"{place}: at least one version, each with a name of its own, the oldest first")
    return History(versions)


def _whole(each: _Version, place: str) -> Terms:
    """A version with what it includes."""
    parts = [_included(name, place) for name in each.includes]
    figures: dict[str, Any] = {
        name: getattr(each, name)
        for name in Terms.__struct_fields__
        if name not in ("since", "points", "stop_words")
    }
    return Terms(
        **figures,
        since=int(datetime.combine(each.since, time(), UTC).timestamp()) * 1000,
        points=(*(point for part in parts for point in part.points), *each.points),
        stop_words=(*(word for part in parts for word in part.stop_words), *each.stop_words),
    )


def _included(name: str, place: str) -> Terms:
    try:
        found = history(name.partition("-")[0]).find(name)
    except OSError:
        found = None
    if found is None:
        raise BadTerms(f"{place}: {name}, which it includes, is nowhere")
    return found
