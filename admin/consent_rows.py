"""Rows of a file of consents, CSV or JSON, as what is to be recorded; pure."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from admin.operations import Refused
from state.model.consent import Basis, Purpose
from state.recording import Entry

_BEGIN, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_When = Annotated[datetime, msgspec.Meta(tz=True)]
_NEEDED = {
    "address": "whose consent it is, as tel:+4915112345678",
    "purpose": "what it is for",
    "change": "given or withdrawn",
    "at": "when, as 2026-11-24T09:30:00Z",
    "basis": "the legal basis",
    "evidence": "what proves it",
}


_OTHERS = (";", "\t", "|")
"""What else spreadsheets put between columns."""


class NoFile(ValueError):
    """A file that has no rows of ours at all."""


class Line(NamedTuple):
    """A row as it was read, and the line it begins on (of JSON in one array: which one it is), from 1.

    `wrong` says why it is no row, and then it has no values.
    """

    number: int
    values: Mapping[str, Any]
    wrong: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The columns a row may have; times with their offset from UTC. `evidence` is a sentence or an object."""

    address: Annotated[str, msgspec.Meta(max_length=255)]
    purpose: Purpose
    change: Literal["given", "withdrawn"]
    at: _When
    basis: Basis
    evidence: str | dict[str, Any]
    channel: Annotated[str, msgspec.Meta(max_length=64)] = ""
    text: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    text_version: Annotated[str, msgspec.Meta(max_length=255)] = ""
    locale: Annotated[str, msgspec.Meta(max_length=35)] = ""
    until: _When | None = None


def read(text: str) -> list[Line]:
    """The rows of a file: a JSON array, JSON lines, or CSV with a line of names. Raises NoFile."""
    text = text.removeprefix("\ufeff")
    try:
        if text.lstrip().startswith("["):
            found = msgspec.json.decode(text, type=list[Any])
            return _some([_item(n, each) for n, each in enumerate(found, 1)])
    except msgspec.MsgspecError as error:
        raise NoFile(f"it is no JSON of rows: {error}") from error
    if text.lstrip().startswith("{"):
        return _some([_object(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()])
    return _csv(text)


def _some(lines: list[Line]) -> list[Line]:
    """The lines, unless none of them is a row."""
    if lines and all(each.wrong for each in lines):
        raise NoFile(f"it has no row: line {lines[0].number} {lines[0].wrong}")
    return lines


def _item(number: int, found: Any) -> Line:
    return Line(number, found) if isinstance(found, dict) else Line(number, {}, "is no JSON object")


def _object(number: int, line: str) -> Line:
    try:
        return _item(number, msgspec.json.decode(line))
    except msgspec.MsgspecError as error:
        return Line(number, {}, f"is no JSON object: {error}")


def _csv(text: str) -> list[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found = []
    try:
        names = [name.strip() for name in next(reader, [])]
        if apart := [each for each in _OTHERS if len(names) < len(_NEEDED) and each in "".join(names)]:
            raise NoFile(f"its columns are separated by {apart[0]!r}: a comma is expected")
        if not {*_NEEDED} & {*names}:
            raise NoFile(f"its first line must name the columns: {', '.join(Row.__struct_fields__)}")
        before = reader.line_num
        for cells in reader:
            number, before = before + 1, reader.line_num
            if any(cells):
                found.append(Line(number, _named(names, cells)))
    except csv.Error as error:
        raise NoFile(f"line {reader.line_num} is no CSV: {error}") from error
    return found


def _named(names: list[str], cells: list[str]) -> dict[str, Any]:
    """Cells by their column; those that are empty are left out, those too many have no name."""
    rest = {"": cells[len(names) :]} if len(cells) > len(names) else {}
    return rest | {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}


def entry(values: Mapping[str, Any], team: str, actor: str) -> Entry:
    """A row as what is to be recorded; raises Refused naming the column that is wrong ("row": all of it)."""
    if "" in values:
        raise Refused(
            "row", "it has more cells than there are columns; a comma in a cell needs quotes around it"
        )
    for name, meaning in _NEEDED.items():
        if not values.get(name) or not str(values[name]).strip():
            raise Refused(name, f"is needed: {meaning}")
    for name in values:
        if name not in Row.__struct_fields__:
            raise Refused(name, f"there is no such column; there are {', '.join(Row.__struct_fields__)}")
    row = _converted(values)
    proof = evidence(row.evidence)
    if not proof:
        raise Refused("evidence", f"is needed: {_NEEDED['evidence']}")
    rest = {
        name: getattr(row, name) for name in ("purpose", "change", "basis", "channel", "text", "text_version")
    }
    return Entry(
        **rest, team=team, to=row.address, source="import", actor=actor, locale=row.locale,
        evidence=proof, at=_ms(row.at), until=_ms(row.until) if row.until else 0,
    )  # fmt: skip


def _converted(values: Mapping[str, Any]) -> Row:
    taken: dict[str, Any] = {}
    for field in msgspec.structs.fields(Row):
        if field.name in values:
            try:
                taken[field.name] = msgspec.convert(values[field.name], field.type)
            except msgspec.ValidationError as error:
                raise Refused(field.name, str(error)) from error
    return Row(**taken)


def evidence(said: str | dict[str, Any]) -> dict[str, Any]:
    """Evidence as an object; in CSV it may be written as JSON."""
    if isinstance(said, dict):
        return said
    try:
        return msgspec.json.decode(said, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {"note": said}


def _ms(when: datetime) -> int:
    return (when - _BEGIN) // _MS
