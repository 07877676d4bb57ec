"""Everything that is wrong in a rule pack, by file, table and row, for whoever writes one. Reads the folder alone."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from zoneinfo import available_timezones

import msgspec

from gateway.policy.entries import Entry, Rows
from gateway.policy.pack import INHERITED, BadPack, Pack, load
from state.model.consent import PURPOSES

_KINDS: dict[str, type[Entry]] = {each.name: get_args(each.type)[0] for each in msgspec.structs.fields(Rows)}
_COUNTRY = re.compile(r"[A-Z]{2}|\*")
_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def faults(folder: Path) -> list[str]:
    """What is wrong in the pack of a folder, a line each; none where it can be used."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        return [f"{folder}: there is no pack; it is a folder of .toml files"]
    found = [f"{path.name}: {fault}" for path in paths for fault in _of_file(path)]
    return found or _whole(folder)


def _whole(folder: Path) -> list[str]:
    """What is wrong with the pack though each of its rows is as it should be."""
    try:
        pack = load(folder)
    except BadPack as error:
        return [str(error)]
    return [f"{folder}: {fault}" for fault in (*_left_out(folder), *_without(pack))]


def _left_out(folder: Path) -> Iterator[str]:
    """Tables that no file has: a pack takes the place of another as a whole, so what it does not say does not hold."""
    named: set[str] = set()
    for path in folder.glob("*.toml"):
        named |= tomllib.loads(path.read_text(encoding="utf-8")).keys()
    for name in _KINDS:
        if name not in named:
            yield f"no file has the table {name!r}; where it is to have no rows, write {name} = []"


def _without(pack: Pack) -> Iterator[str]:
    """What a pack cannot be without: words that stop, wherever customers write, and countries to send from."""
    for use in ("sms", "chat"):
        if not any(each.use == use and each.stop for each in pack.rows.words):
            yield f"words: there is no word that stops us by {use}: STOP would not be heard"
    if not any(each.service == "messaging" and each.countries for each in pack.rows.offered):
        yield "offered: messaging is offered in no country: nothing would ever be sent"


def _of_file(path: Path) -> Iterator[str]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        yield str(error)
        return
    common = {name: found.pop(name) for name in INHERITED if name in found}
    for name, rows in found.items():
        if name not in _KINDS:
            yield f"there is no table {name!r}; there is: {', '.join(_KINDS)}"
        elif not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            yield f"{name}: is no list of rows; its rows begin with [[{name}]]"
        else:
            for number, row in enumerate(rows, 1):
                yield from (f"{name}, row {number}: {fault}" for fault in _of_row(_KINDS[name], common | row))


def _of_row(kind: type[Entry], data: dict[str, Any]) -> Iterator[str]:
    try:
        row = msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        yield str(error)
        return
    if not row.source.strip():
        yield "its source is empty: say where the figure is from"
    if row.until and row.until <= row.since:
        yield f"it ends on {row.until}, before it holds (from {row.since})"
    for name in row.__struct_fields__:
        yield from _of_field(name, getattr(row, name))
    opens, closes = getattr(row, "opens", None), getattr(row, "closes", None)
    if opens and closes and opens >= closes:
        yield f"it opens at {opens:%H:%M} and closes at {closes:%H:%M}: hours over midnight are not known"


def _of_field(name: str, value: Any) -> Iterator[str]:
    """Words and figures that nothing would ever match, or that would match nothing that is."""
    several = value if isinstance(value, tuple) else (value,)
    match name:
        case "country" | "countries":
            wrong = [each for each in several if not _COUNTRY.fullmatch(each)]
            wanted = 'a country is two capital letters (ISO 3166), or "*"'
        case "purposes" | "refuses" | "purpose":
            wrong = [each for each in several if each not in PURPOSES]
            wanted = f"a purpose is one of {', '.join(PURPOSES)}"
        case "zones":
            wrong = [each for each in several if each not in available_timezones()]
            wanted = "a zone is one of the IANA time zone database, as Europe/Berlin"
        case "days" if several and isinstance(several[0], str):
            wrong = [each for each in several if not _DAY.fullmatch(each)]
            wanted = "a day is MM-DD"
        case "days" if isinstance(value, tuple):
            wrong = [each for each in several if not 1 <= each <= 7]
            wanted = "a day of the week is a number from 1 (Monday) to 7"
        case "years" | "messages" | "hours" | "minutes" | "days":
            wrong = [each for each in several if each < 0]
            wanted = "a figure is not negative"
        case _:
            return
    yield from (f"{name}: {each!r}: {wanted}" for each in wrong)
