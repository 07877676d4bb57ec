"""From which age somebody may be let in, by country and day; where too little is known, as the team has set."""

from datetime import date

import pytest

from gateway.admission import Known, UnderAge, check, under_age
from gateway.policy.ages import BadDate, age_of_consent, old_enough, years
from gateway.policy.facts import Team
from state.model.team_settings import TeamSettings

NOW = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("country", "on", "age"),
    [
        ("US", NOW, 13),
        ("GB", NOW, 13),
        ("DE", NOW, 16),
        ("AT", NOW, 14),
        ("FR", NOW, 15),
        ("SI", date(2023, 1, 25), 16),
        ("SI", date(2023, 1, 26), 15),
        ("DE", date(1999, 1, 1), 16),
        ("ZZ", NOW, 16),
        ("", NOW, 16),
    ],
)
def test_the_age_of_consent_is_the_country_s_on_that_day(country: str, on: date, age: int) -> None:
    assert age_of_consent(country, on) == age


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("2010-11-29", NOW, 16),
        ("2010-11-30", NOW, 15),
        ("2010-10", NOW, 16),
        ("2010-11", NOW, 15),
        ("2010", NOW, 15),
        ("2010", date(2026, 12, 31), 16),
        ("2012-02-29", date(2025, 2, 28), 12),
        ("2012-02-29", date(2025, 3, 1), 13),
        ("2026", NOW, 0),
        ("2026-11", NOW, 0),
    ],
)
def test_an_age_is_counted_from_the_latest_day_a_birth_may_have_been(born: str, on: date, age: int) -> None:
    assert years(born, on) == age


@pytest.mark.parametrize(
    "born",
    [
        "", "10", "2010-1", "2010-13", "2010-02-30", "2010-01-01T00:00", "2027", "2026-12", "2026-11-30", "1899",
        "٢٠١٠", "2010-", "-2010",
    ],
)  # fmt: skip
def test_what_is_no_date_of_birth_is_told(born: str) -> None:
    with pytest.raises(BadDate):
        years(born, NOW)


def test_a_channel_may_ask_for_more_years_than_the_law() -> None:
    assert [old_enough("2012-01-01", "US", NOW, minimum) for minimum in (0, 13, 16)] == [True, True, False]


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
    found = [under_age(Known(born), team) for born in ("", "1990", f"{date.today().year}")]
    assert found == [None, False, True]
