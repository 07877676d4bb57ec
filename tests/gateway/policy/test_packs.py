"""Every figure of the rule packs has a source and a date, and holds from that date on."""

from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree

import pytest

from gateway.policy import BadPack, load
from gateway.policy.entries import Rows
from gateway.policy.pack import STANDARD, entries
from gateway.policy.places import _of_countries
from tests.gateway.policy.given import HELD, PACK, ms

EVERY = entries(PACK.rows)


def test_every_row_has_a_source_and_a_date_that_has_been() -> None:
    assert len(EVERY) > 150
    assert [each for each in EVERY if len(each.source) < 15 or each.since > datetime.now(UTC).date()] == []


def test_every_table_has_rows() -> None:
    assert [name for name in Rows.__struct_fields__ if not getattr(PACK.rows, name)] == []


@pytest.mark.parametrize(
    ("service", "region", "count"),
    [("messaging", "EMEA", 39), ("messaging", "Americas", 14), ("messaging", "APJC", 5),
    ("contact_centre", "all", 15)],
)  # fmt: skip
def test_the_service_is_offered_in_as_many_countries(service: str, region: str, count: int) -> None:
    (row,) = [each for each in PACK.rows.offered if (each.service, each.region) == (service, region)]
    assert (len(row.countries), len(set(row.countries))) == (count, count)
    assert set(row.countries) <= set(_of_countries())


def test_messages_are_offered_in_fifty_eight_countries_and_mexico_has_a_contact_centre_alone() -> None:
    assert len(HELD.messaging) == 58
    assert [HELD.offered(service, "MX") for service in ("messaging", "contact_centre")] == [False, True]


def test_an_area_code_is_of_one_state() -> None:
    codes = [code for area in PACK.rows.area for code in area.codes]
    assert len(codes) == len(set(codes)) > 300
    assert {len(code) for code in codes} == {3}
    assert len({area.state for area in PACK.rows.area}) == 51


def test_a_later_row_takes_the_place_of_an_earlier_one_on_its_day() -> None:
    ages = [PACK.as_of(ms(day)).ages["DK"] for day in ("2023-12-31 23:59", "2024-01-01 00:00")]
    assert ages == [13, 15]


def test_before_the_first_date_nothing_holds_and_going_back_in_time_finds_it_again() -> None:
    assert PACK.as_of(0).ages == {}
    assert PACK.as_of(ms("2027-01-01 00:00")).ages["US"] == 13
    assert PACK.as_of(0).ages == {}


def test_a_row_holds_until_the_day_it_says(tmp_path: Path) -> None:
    folder = copytree(STANDARD, tmp_path / "packs")
    (folder / "more.toml").write_text(
        '[[cap]]\npurpose = "service"\nmessages = 1\nhours = 1\nsource = "a test, to see it end"\n'
        "from = 2027-01-01\nuntil = 2027-02-01\n"
    )
    pack = load(folder)
    held = [len(pack.as_of(ms(f"2027-{day} 00:00")).caps) for day in ("01-01", "01-31", "02-01")]
    assert held == [3, 3, 2]
    assert pack.version.startswith("2027-01-01-")


def test_a_pack_that_differs_in_one_figure_has_another_version(tmp_path: Path) -> None:
    folder = copytree(STANDARD, tmp_path / "packs")
    assert load(folder).version == PACK.version
    caps = folder / "caps.toml"
    caps.write_text(caps.read_text().replace("messages = 2", "messages = 3"))
    assert load(folder).version[:10] == PACK.version[:10]
    assert load(folder).version != PACK.version


BAD = {
    "no TOML": ("[[cap", "Expected"),
    "no source": ('[[cap]]\npurpose = "service"\nmessages = 1\nhours = 1\nfrom = 2027-01-01', "source"),
    "no date": ('[[cap]]\npurpose = "service"\nmessages = 1\nhours = 1\nsource = "x"', "from"),
    "a word we do not know": ('[[caps]]\npurpose = "service"', "caps"),
    "a field we do not know": ('[[cap]]\ncolour = "red"\nsource = "x"\nfrom = 2027-01-01', "colour"),
    "a number in quotes": ('[[confirmation]]\nminutes = "3"\nsource = "x"\nfrom = 2027-01-01', "minutes"),
    "no row but a table": ("[confirmation]\nminutes = 3", "confirmation: is no list of rows"),
}


@pytest.mark.parametrize(("text", "named"), BAD.values(), ids=BAD)
def test_a_wrong_pack_is_refused_by_its_file(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "caps.toml").write_text(text)
    with pytest.raises(BadPack, match=rf"^caps\.toml: .*{named}"):
        load(tmp_path)


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match="there is no pack"):
        load(tmp_path)


def test_the_newest_date_is_the_first_part_of_the_version() -> None:
    assert date.fromisoformat(PACK.version[:10]) == max(each.since for each in EVERY)
