"""Files of consents: CSV, a JSON array or JSON lines; each row by itself is taken or refused with its reason."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin import consent_rows
from admin.consent_rows import NoFile
from admin.operations import Refused
from state.recording import Entry

ROW: dict[str, Any] = {
    "address": "tel:+15550100", "purpose": "marketing", "change": "given", "at": "2026-11-24T09:30:00+01:00",
    "basis": "consent", "evidence": "form 7",
}  # fmt: skip
HEAD = ",".join(ROW)


def entry(**more: Any) -> Entry:
    return consent_rows.entry(
        {name: each for name, each in (ROW | more).items() if each is not None}, "default", "ann"
    )


def test_a_row_is_what_it_says() -> None:
    made = entry(until="2027-01-01T00:00:00Z", channel="sms", evidence={"form": 7})
    assert (made.to, made.at, made.until) == ("tel:+15550100", 1795509000000, 1798761600000)
    assert (made.source, made.actor, made.evidence, made.channel) == ("import", "ann", {"form": 7}, "sms")


@pytest.mark.parametrize(
    ("said", "read"), [("form 7", {"note": "form 7"}), ('{"a": 1}', {"a": 1}), ("[1", {"note": "[1"})]
)
def test_evidence_is_a_sentence_or_an_object(said: str, read: dict[str, Any]) -> None:
    assert entry(evidence=said).evidence == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in ROW),
        *((name, "") for name in ROW),
        ("evidence", {}),
        ("evidence", "{}"),
        ("evidence", " "),
        ("evidence", 7),
        ("purpose", "fun"),
        ("change", "expired"),
        ("at", "2026-11-24"),
        ("at", "2026-11-24T09:30:00"),
        ("basis", "because"),
        ("until", "never"),
        ("channel", "x" * 65),
        ("colour", "red"),
    ],
)
def test_a_row_that_lacks_something_is_refused_by_its_column(name: str, value: Any) -> None:
    with pytest.raises(Refused) as told:
        entry(**{name: value})
    assert told.value.field == name


FILES = {
    "csv": f"{HEAD}\n" + ",".join(ROW.values()) + "\n\n" + ",".join(ROW.values()),
    "csv with a mark and other line ends": f"\ufeff{HEAD}\r\n"
    + ",".join(ROW.values())
    + "\r\n\r\n"
    + ",".join(ROW.values()),
    "lines": json.dumps(ROW) + "\n\n" + json.dumps(ROW),
}


@pytest.mark.parametrize("name", FILES)
def test_rows_are_read_with_the_line_they_stand_on(name: str) -> None:
    first = 2 if name.startswith("csv") else 1
    assert [(each.number, each.values) for each in consent_rows.read(FILES[name])] == [
        (first, ROW),
        (first + 2, ROW),
    ]


def test_of_an_array_rows_are_counted() -> None:
    assert [each.number for each in consent_rows.read(json.dumps([ROW, ROW]))] == [1, 2]


def test_cells_that_are_quoted_may_hold_anything_and_lines_are_still_counted() -> None:
    cells = ["tel:1", "marketing", "given", "x", "consent", '"a, ""b""\nc"']
    first, second = consent_rows.read("\n".join([HEAD, ",".join(cells), ",".join(cells)]))
    assert (first.number, second.number, first.values["evidence"]) == (2, 4, 'a, "b"\nc')


def test_cells_too_many_have_no_name_and_are_refused() -> None:
    (line,) = consent_rows.read(f"{HEAD}\n{','.join(ROW.values())},more")
    with pytest.raises(Refused, match="more cells than there are columns") as told:
        consent_rows.entry(line.values, "default", "ann")
    assert told.value.field == "row"


@pytest.mark.parametrize("text", ["[{}, 7, {}]", "{}\n[1]\n{}", "{}\n{\n{}"])
def test_what_is_no_row_leaves_the_others_as_they_are(text: str) -> None:
    lines = consent_rows.read(text)
    assert [each.number for each in lines] == [1, 2, 3]
    assert [each.wrong[:17] for each in lines] == ["", "is no JSON object", ""]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_another_separator_is_named(mark: str) -> None:
    with pytest.raises(NoFile, match=f"separated by {mark!r}".replace("\\", r"\\")):
        consent_rows.read(HEAD.replace(",", mark))


@pytest.mark.parametrize("text", ["", "hello", "[1]", "[", "{", "1\n{}", f'{HEAD}\n"a'])
def test_another_file_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(NoFile):
        consent_rows.read(text)


@given(st.text(max_size=60), st.sampled_from(["", HEAD + "\n", "[", "{"]))
def test_whatever_comes_is_read_or_refused(text: str, head: str) -> None:
    try:
        lines = consent_rows.read(head + text)
    except NoFile:
        return
    for each in lines:
        with contextlib.suppress(Refused):
            assert consent_rows.entry(each.values, "default", "ann").to
