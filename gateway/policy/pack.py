"""A rule pack: dated rows in TOML files, checked when they are read, and what of them holds at a time.

A pack is a folder; that of the package is `standard()`, and another is loaded to see what it would change.
"""

import hashlib
import tomllib
from bisect import bisect_right
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from gateway.policy.entries import Entry, Rows
from gateway.policy.held import Held
from state.model.ids import now_ms

STANDARD = Path(__file__).parent / "packs"
INHERITED = ("source", "from")
"""What may stand above the tables of a file, for its rows that do not say it themselves."""
_NEVER = 1 << 62


class BadPack(ValueError):
    """A pack that cannot be read; says which file and what is wrong."""


class Pack:
    """The rows of a folder, and what holds of them at a time.

    `version` is the newest date of its rows and a short hash of their content, so two packs that differ are told apart.
    """

    def __init__(self, rows: Rows, version: str) -> None:
        self.rows, self.version = rows, version
        days = {day for each in entries(rows) for day in (each.since, each.until) if day}
        self._days = sorted(days)
        self._starts = [_ms(day) for day in self._days]
        self._held: dict[int, Held] = {}
        # Read and written as one, since more than one thread may ask.
        self._span: tuple[int, int, Held] = (0, 0, self._at(0))

    def as_of(self, now: int) -> Held:
        """What holds at a time (milliseconds, UTC)."""
        begins, ends, held = self._span
        if begins <= now < ends:
            return held
        place = bisect_right(self._starts, now)
        begins = self._starts[place - 1] if place else 0
        ends = self._starts[place] if place < len(self._starts) else _NEVER
        held = self._at(place)
        self._span = begins, ends, held
        return held

    def _at(self, place: int) -> Held:
        found = self._held.get(place)
        if found is None:
            day = self._days[place - 1] if place else date.min
            found = self._held[place] = Held(_holding(self.rows, day))
        return found


def entries(rows: Rows) -> list[Entry]:
    """Every row of a pack."""
    return [each for name in Rows.__struct_fields__ for each in getattr(rows, name)]


def load(folder: Path) -> Pack:
    """The pack of a folder; raises BadPack naming the file and the row that is wrong."""
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in Rows.__struct_fields__}
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise BadPack(f"{folder}: there is no pack; it is a folder of .toml files")
    for path in paths:
        for name, rows in _read(path).items():
            tables[name] += rows
    whole = msgspec.convert(tables, Rows)
    newest = max((each.since for each in entries(whole)), default=None)
    if newest is None:
        raise BadPack(f"{folder}: its files hold no rows")
    digest = hashlib.sha256(msgspec.json.encode(whole)).hexdigest()
    return Pack(whole, f"{newest}-{digest[:8]}")


def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of a file by table; what stands above its tables is meant for those that do not say it themselves."""
    try:
        found = tomllib.loads(path.read_text())
        common = {name: found.pop(name) for name in INHERITED if name in found}
        tables = {name: [common | row for row in _rows(name, rows)] for name, rows in found.items()}
        msgspec.convert(dict.fromkeys(Rows.__struct_fields__, ()) | tables, Rows)
    except ValueError as error:
        raise BadPack(f"{path.name}: {error}") from error
    return tables


def _rows(name: str, rows: object) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{name}: is no list of rows; its rows begin with [[{name}]]")
    return rows


@cache
def standard() -> Pack:
    """The pack that comes with the program."""
    return load(STANDARD)


def warm() -> None:
    """Read the standard pack and the tables of telephone numbers, so that no customer waits for that."""
    standard().as_of(now_ms()).place(("tel:+15550100",), "", "")


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _holding(rows: Rows, day: date) -> Rows:
    """The rows that hold on a day, the newest last, so that it counts where two say something of the same."""
    return Rows(
        *(
            tuple(
                each
                for each in sorted(getattr(rows, name), key=lambda row: row.since)
                if each.since <= day and (each.until is None or day < each.until)
            )
            for name in Rows.__struct_fields__
        )
    )
