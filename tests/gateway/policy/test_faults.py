"""Everything that is wrong in a pack is named, by file, table and row; the pack of the program has nothing wrong."""

from pathlib import Path

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


@pytest.mark.parametrize("content", [None, "# nothing yet\n"])
def test_a_folder_without_rows_is_no_pack(content: str | None, tmp_path: Path) -> None:
    if content:
        (tmp_path / "mine.toml").write_text(content)
    with pytest.raises(BadPack):
        load(tmp_path)
