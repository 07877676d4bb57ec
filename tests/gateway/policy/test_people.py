"""Nobody too young, and nobody the channel does not reach, is sent to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.policy import Facts, Person, Team, years_old
from gateway.policy.people import age, recipients
from state.model.cause import Cause
from state.model.channel import Terms
from state.model.content import Media, Text
from state.model.team_settings import TeamSettings
from tests.gateway.policy.given import DAY, HELD, MARKETING, NOON, SERVICE, ms

BIRTHDAYS = [
    ("2014-03-01", "2027-03-01 11:59", 12), ("2014-03-01", "2027-03-01 12:00", 13),
    ("2014-03-01", "2027-03-02 00:00", 13),
    ("2014-03", "2027-03-31 11:00", 12), ("2014-03", "2027-03-31 12:00", 13), ("2014-03", "2027-03-01 12:00", 12),
    ("2013", "2026-12-31 11:00", 12), ("2013", "2026-12-31 12:00", 13), ("2013", "2027-01-01 12:00", 13),
    ("2012-02-29", "2025-02-28 23:00", 12), ("2012-02-29", "2025-03-01 12:00", 13),
    ("2012-02-29", "2028-02-29 12:00", 16),
    ("2027-03-02", "2027-03-01 12:00", -1),
]  # fmt: skip


@pytest.mark.parametrize(("born", "now", "years"), BIRTHDAYS)
def test_a_birthday_counts_once_it_is_that_day_everywhere(born: str, now: str, years: int) -> None:
    assert years_old(born, ms(now)) == years


@given(st.dates(), st.integers(0, 4_000_000_000_000))
def test_knowing_less_of_a_birth_never_makes_older(born: Any, now: int) -> None:
    whole = born.isoformat()
    assert years_old(whole[:4], now) <= years_old(whole[:7], now) <= years_old(whole, now)


PLAIN = replace(SERVICE, channel_type="http", terms=Terms(version="t"))


def someone(born: str, country: str, facts: Facts = PLAIN, **settings: Any) -> str:
    person = Person(("inapp:1",), country=country, born=born)
    return age(
        replace(facts, person=person, team=Team("DE", settings=TeamSettings(**settings))), NOON, HELD
    ).code


@pytest.mark.parametrize(
    ("country", "years"),
    [
        ("US", 13),
        ("GB", 13),
        ("FR", 15),
        ("DE", 16),
        ("AT", 14),
        ("DK", 15),
        ("NO", 13),
        ("BR", 16),
        ("", 16),
    ],
)
def test_the_age_of_consent_is_the_country_s(country: str, years: int) -> None:
    born = [f"{2027 - years}-02-28", f"{2027 - years}-03-01"]
    assert [someone(each, country) for each in born] == ["", "under_age"]


def test_the_first_of_the_birthday_is_noon_utc() -> None:
    at = ms("2027-03-01 12:00")
    young = replace(PLAIN, person=Person(("inapp:1",), country="US", born="2014-03-01"))
    assert [age(young, now, HELD).code for now in (at - 1, at)] == ["under_age", ""]


UNKNOWN: list[tuple[str, str, dict[str, Any], str]] = [
    ("", "DE", {}, ""), ("", "DE", {"unknown_age": "refuse"}, "age_unknown"), ("", "", {}, ""),
    ("", "DE", {"minimum_age": 18}, "age_unknown"), ("2009-01-01", "DE", {"minimum_age": 18}, ""),
    ("2010-01-01", "DE", {"minimum_age": 18}, "under_age"),
    ("", "", {"unknown_country": "refuse"}, "country_unknown"),
    ("1990", "", {"unknown_country": "refuse"}, "country_unknown"),
    ("", "DE", {"unknown_country": "refuse"}, ""),
    ("2014-01-01", "", {"unknown_country": "strictest"}, "under_age"),
    ("2014-01-01", "", {"unknown_country": "allow"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("born", "country", "settings", "found"), UNKNOWN)
def test_the_team_says_what_becomes_of_people_it_knows_little_of(
    born: str, country: str, settings: dict[str, Any], found: str
) -> None:
    assert someone(born, country, **settings) == found


@pytest.mark.parametrize(
    ("channel", "minimum", "purpose", "born", "found"),
    [
        ("whatsapp", 0, "service", "2014-01-01", ""), ("whatsapp", 0, "service", "2015-01-01", "under_age"),
        ("http", 18, "service", "2010-01-01", "under_age"), ("instagram", 0, "service", "2012-01-01", ""),
        ("instagram", 0, "marketing", "2010-01-01", "under_age"), ("instagram", 0, "marketing", "2009-01-01", ""),
        ("messenger", 13, "marketing", "2010-01-01", "under_age"),
    ],
)  # fmt: skip
def test_a_channel_has_an_age_of_its_own(
    channel: str, minimum: int, purpose: Any, born: str, found: str
) -> None:
    terms = Terms(version="t", minimum_age=minimum)
    facts = replace(PLAIN, channel_type=channel, terms=terms, cause=Cause(purpose=purpose))
    assert someone(born, "US", facts) == found


@pytest.mark.parametrize(
    ("born", "found"), [("", "age_unknown"), ("2010-01-01", "under_age"), ("2009-01-01", "")]
)
def test_content_may_be_for_some_age(born: str, found: str) -> None:
    gated = {"media:wine": 18}
    assert someone(born, "DE", replace(PLAIN, content=Media("image", stored="wine")), gated=gated) == found
    assert someone("", "DE", replace(PLAIN, content=Text("hello")), gated=gated) == ""


US, PR, DE, IN = "whatsapp:13055550123", "whatsapp:17875550123", "whatsapp:4915100000001", "tel:+919810000000"
REACHED: list[tuple[str, str, Any, str, int, tuple[str, ...], str]] = [
    ("whatsapp", US, "marketing", "", 0, (), "not_available"), ("whatsapp", US, "service", "", 0, (), ""),
    ("whatsapp", PR, "marketing", "", 0, (), ""), ("whatsapp", DE, "marketing", "", 0, (), ""),
    ("whatsapp", DE, "marketing", "US", 0, (), "not_available"),
    ("whatsapp", "whatsapp-bsuid:US.1", "marketing", "", 0, (), "not_available"),
    ("twilio", IN, "service", "", 0, (), "not_available"), ("twilio", IN, "service", "", 0, ("IN",), ""),
    ("smpp", IN, "marketing", "", 0, ("US",), "not_available"),
    ("twilio", "tel:+13055550123", "marketing", "", 0, (), ""),
    ("telegram", "telegram:1", "service", "", 0, (), "not_started"),
    ("telegram", "telegram:1", "service", "", 1, (), ""),
    ("messenger", "messenger:1", "marketing", "", 0, (), "not_started"),
    ("instagram", "instagram:1", "service", "", 0, (), "not_started"),
    ("inapp", "inapp:1", "marketing", "", 0, (), ""), ("http", "tel:12", "marketing", "", 0, (), ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "address", "purpose", "country", "last_in", "registered", "found"), REACHED
)
def test_a_channel_reaches_those_it_is_available_to(
    channel: str,
    address: str,
    purpose: Any,
    country: str,
    last_in: int,
    registered: tuple[str, ...],
    found: str,
) -> None:
    facts = replace(MARKETING,
        channel_type=channel, last_in=last_in, cause=Cause(purpose=purpose), person=Person((address,), country),
        team=Team("DE", settings=TeamSettings(sms_authorised=registered)),
    )  # fmt: skip
    assert recipients(facts, NOON + DAY, HELD).code == found
