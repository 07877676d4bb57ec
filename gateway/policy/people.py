"""The rules about the recipient: old enough, and where the channel reaches."""

from gateway.policy.ages import years_old
from gateway.policy.contents import subjects
from gateway.policy.facts import Facts
from gateway.policy.held import Held
from gateway.policy.places import is_telephone
from state.model.message import Rule

_AGE_UNKNOWN = Rule("age", "send", "no birth is known, and the team allows that")
_NO_AGE = Rule(
    "age",
    "refuse",
    "the team does not send to people whose age is not known: record when they were born",
    "age_unknown",
)
_NO_COUNTRY = Rule(
    "age",
    "refuse",
    "the team does not send to people whose country is not known: record it with the contact",
    "country_unknown",
)
_REACHED = Rule("recipients", "send")


def age(facts: Facts, now: int, held: Held) -> Rule:
    """Nobody is sent to who is younger than their country, the channel or the team's content asks for."""
    person, settings = facts.person, facts.team.settings
    gate = settings.minimum_age
    if settings.gated:
        gate = max((gate, *(settings.gated.get(each, 0) for each in subjects(facts.content))))
    if not person.born:
        if gate:
            return _gated(gate)
        if settings.unknown_age == "refuse":
            return _NO_AGE
        return (
            _NO_COUNTRY
            if settings.unknown_country == "refuse" and not _country(facts, held)
            else _AGE_UNKNOWN
        )
    country = _country(facts, held)
    if not country and settings.unknown_country == "refuse":
        return _NO_COUNTRY
    known = country or settings.unknown_country == "strictest"
    needed = max(gate, _of_channel(facts, held), held.age_of_consent(country) if known else 0)
    years = years_old(person.born, now)
    inputs = {"years": years, "needed": needed, "country": country}
    if years >= needed:
        return Rule("age", "send", inputs=inputs)
    reason = f"the customer is younger than {needed}: nothing may be sent to them here"
    return Rule("age", "refuse", reason, "under_age", inputs)


def _gated(gate: int) -> Rule:
    reason = f"this is for people of {gate} and older, and no birth is known: record when they were born"
    return Rule("age", "refuse", reason, "age_unknown", {"needed": gate})


def _country(facts: Facts, held: Held) -> str:
    person = facts.person
    return person.country or held.place(person.addresses, "", person.zone).country


def _of_channel(facts: Facts, held: Held) -> int:
    purpose = facts.cause.purpose
    rows = held.channel_ages.get(facts.channel_type, ())
    needed = facts.terms.minimum_age
    for each in rows:
        if each.years > needed and (not each.purposes or purpose in each.purposes):
            needed = each.years
    return needed


def recipients(facts: Facts, now: int, held: Held) -> Rule:
    """A channel reaches those it is available to, and some only who wrote first; texts may need authorisation."""
    channel = facts.channel_type
    if channel in held.starts and not facts.last_in:
        reason = "the customer has not written here, and must be the first to: invite them by a link"
        return Rule("recipients", "refuse", reason, "not_started", {"channel": channel})
    person, purpose = facts.person, facts.cause.purpose
    rows = held.reach.get("sms" if any(map(is_telephone, person.addresses)) else channel, ())
    asked = [each for each in rows if not each.purposes or purpose in each.purposes]
    if not asked:
        return _REACHED
    country = held.place(person.addresses, person.country, person.zone).country
    for each in asked:
        authorised = each.authorisation and country in facts.team.settings.sms_authorised
        if country in each.countries and not authorised:
            return Rule("recipients", "refuse", each.says, "not_available", {"country": country})
    return _REACHED
