"""From which age somebody may be let in, by country and day; where too little is known, as the team has set."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from gateway import policy
from gateway.admission import Known, UnderAge, check, under_age
from gateway.policy import ages
from gateway.policy.ages import BadDate
from gateway.policy.facts import Person, Team
from gateway.policy.people import age
from state.model.team_settings import TeamSettings
from tests.gateway.policy.given import SERVICE, ms


def noon(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC).timestamp() * 1000)


NOW = noon("2026-11-29")


@pytest.mark.parametrize(
    ("country", "now", "age"),
    [
        ("US", NOW, 13),
        ("GB", NOW, 13),
        ("DE", NOW, 16),
        ("AT", NOW, 14),
        ("FR", NOW, 15),
        ("SI", noon("2023-01-25"), 16),
        ("SI", noon("2023-01-26"), 15),
        ("DE", noon("1999-01-01"), 0),
        ("ZZ", NOW, 16),
        ("", NOW, 16),
    ],
)
def test_the_age_of_consent_is_the_country_s_on_that_day(country: str, now: int, age: int) -> None:
    assert policy.standard().as_of(now).age_of_consent(country) == age


@pytest.mark.parametrize("born", ["2026", "2026-11", "2026-11-29", "1900", "2012-02-29", "2010-10"])
def test_a_date_of_birth_may_be_a_year_or_a_month_that_has_begun(born: str) -> None:
    ages.check(born, NOW)


@pytest.mark.parametrize(
    "born",
    [
        "", "10", "2010-1", "2010-13", "2010-02-30", "2010-01-01T00:00", "2027", "2026-12", "2026-11-30", "1899",
        "٢٠١٠", "2010-", "-2010",
    ],
)  # fmt: skip
def test_what_is_no_date_of_birth_is_told(born: str) -> None:
    with pytest.raises(BadDate):
        ages.check(born, NOW)


def test_who_is_let_in_is_who_is_sent_to_at_the_edge_of_their_birthday() -> None:
    person, facts = (
        Known("2014-03-01", "US"),
        replace(SERVICE, person=Person(country="US", born="2014-03-01")),
    )
    for now in (ms("2027-03-01 11:59"), ms("2027-03-01 12:00")):
        sent = age(replace(facts, channel_type="http"), now, policy.standard().as_of(now)).verdict == "send"
        try:
            check(person, Team("US"), 0, now)
            let_in = True
        except UnderAge:
            let_in = False
        assert let_in == sent == (now == ms("2027-03-01 12:00"))


ANYBODY, STRICT = Team("US"), Team("US", settings=TeamSettings(unknown_age="refuse"))
LENIENT = Team(settings=TeamSettings(unknown_country="allow"))
LOCAL = Team(settings=TeamSettings(unknown_country="refuse"))
ADULT = Team(settings=TeamSettings(minimum_age=18))


@pytest.mark.parametrize(
    ("person", "team", "minimum", "said"),
    [
        (Known("2012", "US"), ANYBODY, 0, ""),
        (Known("2012", "DE"), ANYBODY, 0, "below 16 years: the age of consent in DE"),
        (Known("2012"), ANYBODY, 0, "below 16 years: the age that counts where no country is known"),
        (Known("2009"), ANYBODY, 0, ""),
        (Known("2020"), LENIENT, 0, ""),
        (Known("2014"), LENIENT, 13, "below 13 years"),
        (Known("1990"), LOCAL, 0, "country is not known"),
        (Known("2012", "US"), LOCAL, 0, ""),
        (Known(), ANYBODY, 18, ""),
        (Known("", "DE"), STRICT, 0, "date of birth is not known"),
        (Known("2011", "AT"), STRICT, 0, ""),
        (Known("2012", "AT"), ANYBODY, 18, "below 18 years: the channel or the team asks for that"),
        (Known("2009", "AT"), ADULT, 0, "below 18 years: the channel or the team asks for that"),
        (Known("", "AT"), ADULT, 0, "date of birth is not known"),
    ],
)
def test_who_is_too_young_or_not_known_enough_is_not_let_in(
    person: Known, team: Team, minimum: int, said: str
) -> None:
    if not said:
        check(person, team, minimum, NOW)
        return
    with pytest.raises(UnderAge, match=said):
        check(person, team, minimum, NOW)


def test_whether_somebody_is_too_young_is_not_known_without_a_date_of_birth() -> None:
    team = Team("DE")
    found = [under_age(Known(born), team) for born in ("", "1990", f"{datetime.now(UTC).year}")]
    assert found == [None, False, True]
