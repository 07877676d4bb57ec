"""When it is day at the recipient's, to the minute, in every zone that may be theirs."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.policy import Person, Team
from gateway.policy.hours import Hours, easter, is_holiday, opening
from gateway.policy.timing import quiet_hours
from state.model.cause import Cause
from tests.gateway.policy.given import HELD, MARKETING, SERVICE, ms

BERLIN, PARIS, NEW_YORK, CHICAGO = "Europe/Berlin", "Europe/Paris", "America/New_York", "America/Chicago"
DENVER, HONOLULU, KOLKATA = "America/Denver", "Pacific/Honolulu", "Asia/Kolkata"
FR, NY, FL, DC, PANHANDLE = (
    "tel:+33612345678",
    "tel:+12125550123",
    "tel:+13055550123",
    "tel:+12025550123",
    "tel:+18505550123",
)
TOLL_FREE, DELHI, BER = "tel:+18005550123", "tel:+919810000000", "tel:+4930123456"

# Address, its zone, local time there, and the local time at which it opens ("" where it is open).
NIGHTS = [
    ("closes at nine", BER, BERLIN, "2027-03-01 20:59:59.999", ""),
    ("at nine it is closed", BER, BERLIN, "2027-03-01 21:00", "2027-03-02 08:00"),
    ("before eight", BER, BERLIN, "2027-03-01 07:59:59.999", "2027-03-01 08:00"),
    ("at eight it opens", BER, BERLIN, "2027-03-01 08:00", ""),
    ("over the spring change of clocks", BER, BERLIN, "2027-03-27 23:00", "2027-03-28 08:00"),
    ("over the autumn change of clocks", BER, BERLIN, "2027-10-30 23:00", "2027-10-31 08:00"),
    ("France closes at eight", FR, PARIS, "2027-03-01 20:00", "2027-03-02 08:00"),
    ("France by day", FR, PARIS, "2027-03-01 19:59", ""),
    ("Saturday evening in France", FR, PARIS, "2027-03-06 20:00", "2027-03-08 08:00"),
    ("Sunday in France", FR, PARIS, "2027-03-07 12:00", "2027-03-08 08:00"),
    ("Easter in France", FR, PARIS, "2027-03-27 21:00", "2027-03-30 08:00"),
    ("Ascension", FR, PARIS, "2027-05-06 12:00", "2027-05-07 08:00"),
    ("Christmas on a Saturday", FR, PARIS, "2027-12-24 22:00", "2027-12-27 08:00"),
    ("the national day", FR, PARIS, "2027-07-14 09:00", "2027-07-15 08:00"),
    ("Florida closes at eight", FL, NEW_YORK, "2027-03-01 20:00", "2027-03-02 08:00"),
    ("New York does not", NY, NEW_YORK, "2027-03-01 20:00", ""),
    ("New York at nine", NY, NEW_YORK, "2027-03-01 21:00", "2027-03-02 08:00"),
    ("over the American change of clocks", NY, NEW_YORK, "2027-03-13 22:00", "2027-03-14 08:00"),
    ("two zones open with the later", PANHANDLE, CHICAGO, "2027-03-01 07:30", "2027-03-01 08:00"),
    ("two zones close with the earlier", PANHANDLE, CHICAGO, "2027-03-01 19:00", "2027-03-02 08:00"),
    ("a number of no area opens in Honolulu", TOLL_FREE, HONOLULU, "2027-03-01 07:00", "2027-03-01 08:00"),
    ("a number of no area closes in New York", TOLL_FREE, NEW_YORK, "2027-03-01 21:00", "2027-03-02 13:00"),
    ("India opens at ten", DELHI, KOLKATA, "2027-03-01 09:59", "2027-03-01 10:00"),
    ("India closes at nine", DELHI, KOLKATA, "2027-03-01 21:00", "2027-03-02 10:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "zone", "now", "opens"), [row[1:] for row in NIGHTS], ids=[row[0] for row in NIGHTS]
)
def test_marketing_waits_for_the_day_of_the_recipient(address: str, zone: str, now: str, opens: str) -> None:
    facts = replace(MARKETING, person=Person((address,)))
    said = quiet_hours(facts, ms(now, zone), HELD)
    assert said.inputs.get("until") == (ms(opens, zone) if opens else None)
    assert (said.verdict, said.code) == (("wait", "quiet_hours") if opens else ("send", ""))


def until(person: Person, now: int, country: str = "") -> int:
    said = quiet_hours(replace(MARKETING, person=person, team=Team(country)), now, HELD)
    return int(said.inputs.get("until", 0))


def test_the_zone_of_the_contact_goes_before_that_of_the_number() -> None:
    now = ms("2027-03-01 20:30", "Europe/Lisbon")
    assert until(Person((BER,)), now) == ms("2027-03-02 08:00", BERLIN)
    assert until(Person((BER,), zone="Europe/Lisbon"), now) == 0
    assert until(Person((BER,), zone="Nowhere/At_all"), now) == ms("2027-03-02 08:00", BERLIN)


def test_in_the_usa_the_zone_of_the_contact_and_of_the_number_both_count() -> None:
    moved = Person((NY,), zone="America/Los_Angeles")
    assert until(moved, ms("2027-03-01 20:59", NEW_YORK)) == 0
    assert until(moved, ms("2027-03-01 21:00", NEW_YORK)) == ms("2027-03-02 08:00", "America/Los_Angeles")
    assert until(moved, ms("2027-03-02 10:59", NEW_YORK)) == ms("2027-03-02 08:00", "America/Los_Angeles")


def test_where_nothing_tells_a_country_the_hours_are_those_of_the_team() -> None:
    nobody, night = Person(("messenger:1",)), ms("2027-03-01 23:00", PARIS)
    assert until(nobody, night, "FR") == ms("2027-03-02 08:00", PARIS)
    assert until(nobody, night) == 0
    assert until(Person(("messenger:1",), country="FR"), night, "JP") == ms("2027-03-02 08:00", PARIS)


@pytest.mark.parametrize("purpose", ["service", "one_time_codes"])
def test_only_marketing_keeps_quiet_hours(purpose: str) -> None:
    night = ms("2027-03-01 23:00", BERLIN)
    assert quiet_hours(SERVICE, night, HELD).verdict == "send"
    assert (
        quiet_hours(replace(MARKETING, cause=Cause(purpose="one_time_codes")), night, HELD).verdict == "send"
    )


SUNDAYS = {
    1961: "04-02", 2000: "04-23", 2008: "03-23", 2019: "04-21", 2024: "03-31", 2026: "04-05", 2027: "03-28",
    2038: "04-25", 2049: "04-18",
}  # fmt: skip


@pytest.mark.parametrize(("year", "day"), SUNDAYS.items())
def test_easter_is_found(year: int, day: str) -> None:
    assert easter(year).isoformat() == f"{year}-{day}"


@given(st.integers(1900, 2200))
def test_easter_is_a_sunday_between_its_bounds_and_france_has_eleven_holidays(year: int) -> None:
    found = easter(year)
    assert (found.isoweekday(), date(year, 3, 22) <= found <= date(year, 4, 25)) == (7, True)
    (row,) = HELD.rows.holiday
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    falling = [day for day in days if day.year == year and is_holiday(row, day)]
    # A day that moves may fall on one that does not: Ascension on the first or the eighth of May.
    moving = {found + timedelta(days=after) for after in row.after_easter}
    assert len(falling) == 11 - sum(f"{day:%m-%d}" in row.days for day in moving)


def by_hand(hours: Hours, zone: str, minute: int) -> bool:
    local = datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone))
    return hours.row.opens <= local.time() < hours.row.closes and hours.on(local.date())


ZONES = (
    NEW_YORK,
    DENVER,
    BERLIN,
    KOLKATA,
    HONOLULU,
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/St_Johns",
)


@given(
    st.sampled_from(["FR", "IN", "US", "DE"]),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True),
    st.integers(ms("2026-12-01 00:00") // 60_000, ms("2028-12-01 00:00") // 60_000),
)
def test_it_opens_at_the_first_minute_that_is_open_everywhere(
    country: str, zones: list[str], now: int
) -> None:
    hours = HELD.hours(country)
    assert hours is not None
    found = opening(hours, tuple(zones), now)
    if found < 0:
        return
    assert found >= now
    assert all(by_hand(hours, zone, found) for zone in zones)
    assert not any(
        all(by_hand(hours, zone, at) for zone in zones) for at in range(now, min(found, now + 1500))
    )


def test_hours_that_are_never_open_together_are_none() -> None:
    hours = HELD.hours("IN")
    assert hours is not None
    assert (
        opening(
            hours,
            ("Pacific/Kiritimati", "Pacific/Honolulu", "Europe/Berlin"),
            ms("2027-03-01 12:00") // 60_000,
        )
        == -1
    )
    assert time(10) == hours.row.opens
