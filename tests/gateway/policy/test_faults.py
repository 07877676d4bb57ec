"""Everything that is wrong in a pack is named, by file, table and row; the pack of the program has nothing wrong."""

from pathlib import Path
from shutil import copytree

import pytest

from gateway.policy import BadPack, load
from gateway.policy.faults import faults
from gateway.policy.pack import STANDARD

GOOD = '[[age]]\ncountry = "DE"\nyears = 16\nsource = "a law of theirs"\nfrom = 2026-01-01\n'


def test_the_standard_pack_has_no_faults() -> None:
    assert faults(STANDARD) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[[age]\n", "Expected ']]' at the end of an array declaration"),
        ('age = "old"\n', "age: is no list of rows; its rows begin with [[age]]"),
        ("[[ages]]\nyears = 3\n", "there is no table 'ages'; there is: words, quiet"),
        (GOOD.replace("16", '"old"'), "age, row 1: Expected `int`, got `str` - at `$.years`"),
        (GOOD.replace("2026-01-01", '"soon"'), "age, row 1: Invalid RFC3339 encoded date - at `$.from`"),
        (GOOD + GOOD.replace('"DE"', '"Germany"'), "age, row 2: country: 'Germany': a country is two capital"),
        (GOOD.replace("16", "-1"), "age, row 1: years: -1: a figure is not negative"),
        (GOOD.replace('"a law of theirs"', '" "'), "age, row 1: its source is empty"),
        (GOOD + "until = 2025-01-01\n", "age, row 1: it ends on 2025-01-01, before it holds (from 2026-01-01)"),
        (GOOD.replace("age", "cap").replace('country = "DE"', 'purpose = "adverts"\nmessages = 1')
         .replace("years", "hours"), "cap, row 1: purpose: 'adverts': a purpose is one of service,"),
        (GOOD.replace("age", "quiet").replace("years = 16", "opens = 20:00:00\ncloses = 08:00:00"),
         "quiet, row 1: it opens at 20:00 and closes at 08:00: hours over midnight are not known"),
        (GOOD.replace("age", "quiet").replace("years = 16", "opens = 08:00:00\ncloses = 20:00:00\ndays = [0, 7]"),
         "quiet, row 1: days: 0: a day of the week is a number from 1 (Monday) to 7"),
        (GOOD.replace("age", "holiday").replace("years = 16", 'days = ["13-01"]'),
         "holiday, row 1: days: '13-01': a day is MM-DD"),
        (GOOD.replace("age", "area").replace("years = 16", 'state = "X"\ncodes = ["1"]\nzones = ["Europe/Atlantis"]'),
         "area, row 1: zones: 'Europe/Atlantis': a zone is one of the IANA time zone database"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_file_table_and_row(wrong: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(wrong)
    (found,) = faults(tmp_path)
    assert found.startswith(f"mine.toml: {said}")


def test_all_faults_of_all_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD.replace("16", "-1") + GOOD.replace("DE", "de"))
    (tmp_path / "b.toml").write_text(GOOD.replace("years = 16\n", ""))
    assert [each.partition(": ")[0] for each in faults(tmp_path)] == ["a.toml", "a.toml", "b.toml"]


@pytest.mark.parametrize(
    ("file", "tables"),
    [
        ("words.toml", ["words"]),
        ("offered.toml", ["offered"]),
        ("caps.toml", ["cap", "duplicate", "confirmation"]),
    ],
)
def test_a_pack_that_leaves_a_file_out_is_told_what_it_lacks(
    file: str, tables: list[str], tmp_path: Path
) -> None:
    folder = copytree(STANDARD, tmp_path / "mine")
    (folder / file).unlink()
    found = faults(folder)
    lacks = [
        f"{folder}: no file has the table {each!r}; where it is to have no rows, write {each} = []"
        for each in tables
    ]
    assert found[: len(lacks)] == lacks
    (folder / "none.toml").write_text("".join(f"{each} = []\n" for each in tables))
    assert faults(folder) == found[len(lacks) :]


@pytest.mark.parametrize(
    ("file", "old", "said"),
    [
        (
            "words.toml",
            'use = "sms"',
            "words: there is no word that stops us by sms: STOP would not be heard",
        ),
        (
            "words.toml",
            'use = "chat"',
            "words: there is no word that stops us by chat: STOP would not be heard",
        ),
        (
            "offered.toml",
            'service = "messaging"',
            "offered: messaging is offered in no country: nothing would ever be sent",
        ),
    ],
)
def test_a_pack_that_hears_no_stop_or_offers_nothing_is_told(
    file: str, old: str, said: str, tmp_path: Path
) -> None:
    folder = copytree(STANDARD, tmp_path / "mine")
    other = 'use = "telegram"' if "use" in old else 'service = "contact_centre"'
    words = (folder / file).read_text()
    (folder / file).write_text(words.replace(old, other))
    assert faults(folder) == [f"{folder}: {said}"]


@pytest.mark.parametrize("content", [None, "# nothing yet\n"])
def test_a_folder_without_rows_is_no_pack(content: str | None, tmp_path: Path) -> None:
    if content:
        (tmp_path / "mine.toml").write_text(content)
    with pytest.raises(BadPack):
        load(tmp_path)
