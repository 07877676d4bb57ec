"""Who may be let in: where a contact or a session in an app is made, nobody below the age of consent is."""

from typing import NamedTuple

from gateway import policy
from gateway.policy import ages, facts
from state.model.ids import now_ms


class Known(NamedTuple):
    """What is known of somebody: `born` YYYY, YYYY-MM or YYYY-MM-DD, `country` ISO 3166; "" where it is not known."""

    born: str = ""
    country: str = ""

    def over(self, old: "Known") -> "Known":
        """This, and where nothing was said what was known before."""
        return Known(self.born or old.born, self.country or old.country)


class UnderAge(Exception):
    """Somebody is below the age of consent of their country, or of the channel; or too little is known to tell."""


def check(person: Known, team: facts.Team, minimum: int = 0, now: int = 0) -> None:
    """Raise UnderAge where somebody may not be let in by a team, BadDate where their birth is no date.

    Where their country is not known `unknown_country` decides: the highest age there is, none, or nobody is let in.
    Where their date of birth is not known `unknown_age` does, and a `minimum_age` of the team lets nobody in.
    `now` is in milliseconds, UTC.
    """
    settings = team.settings
    if not person.born:
        if settings.minimum_age or settings.unknown_age == "refuse":
            raise UnderAge("their date of birth is not known, and the team lets in only those whose is")
        return
    now = now or now_ms()
    ages.check(person.born, now)
    if not person.country and settings.unknown_country == "refuse":
        raise UnderAge("their country is not known, and the team lets in only those whose is")
    known = person.country or settings.unknown_country == "strictest"
    held = policy.standard().as_of(now)
    consent, asked = held.age_of_consent(person.country) if known else 0, max(minimum, settings.minimum_age)
    if ages.years_old(person.born, now) < max(consent, asked):
        raise UnderAge(
            f"they are below {max(consent, asked)} years: {_whose(consent, asked, person.country)}"
        )


def _whose(consent: int, asked: int, country: str) -> str:
    """Whose age it is that counts."""
    if asked > consent:
        return "the channel or the team asks for that"
    return f"the age of consent in {country}" if country else "the age that counts where no country is known"


def under_age(person: Known, team: facts.Team) -> bool | None:
    """Whether somebody is below the age of consent; None where no date of birth is known."""
    if not person.born:
        return None
    try:
        check(person, team)
    except UnderAge:
        return True
    return False
