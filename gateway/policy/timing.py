"""The rules about when and how often: not twice the same, not at night, not too much."""

from collections.abc import Iterable

from gateway.policy.entries import Cap
from gateway.policy.facts import Facts, initiated
from gateway.policy.held import Held
from gateway.policy.hours import opening
from gateway.policy.places import Place
from gateway.policy.said import minute, purpose
from state.model.message import Rule
from state.model.team_settings import OwnCap

_NEW = Rule("duplicate", "send")
_ANSWERS = Rule("duplicate", "send", "it answers the customer")
_ANY_HOUR = Rule("quiet_hours", "send", "only marketing keeps quiet hours")
_NO_HOURS = Rule("quiet_hours", "send", "neither the contact, its address nor the team tells a country")
_UNCAPPED = Rule("frequency", "send")
_MINUTE, _HOUR, _FEW = 60_000, 3_600_000, 3


def duplicate(facts: Facts, now: int, held: Held) -> Rule:
    """The same words are not said again to the same contact within a while, unless they are an answer."""
    cause = facts.cause
    if not facts.touches or not facts.digest or not held.duplicates.get(cause.purpose):
        return _NEW
    answers = cause.purpose == "service" and not cause.campaign
    if answers and not initiated(facts.terms, facts.last_in, now):
        return _ANSWERS
    since = now - held.duplicates[cause.purpose]
    for each in facts.touches:
        if each.digest == facts.digest and each.at > since and each.message != facts.message:
            reason = f"the same was sent to this contact at {minute(each.at)} and is not said twice: say it differently"
            return Rule("duplicate", "refuse", reason, "duplicate", {"message": each.message, "at": each.at})
    return _NEW


def quiet_hours(facts: Facts, now: int, held: Held) -> Rule:
    """Marketing is sent by day, in the recipient's local time; where several zones may be theirs, in all of them."""
    if facts.cause.purpose != "marketing":
        return _ANY_HOUR
    person = facts.person
    place = held.place(person.addresses, person.country, person.zone)
    if not place.zones:
        place = held.place((), facts.team.country, "")
    hours = held.hours(place.country, place.state)
    if not place.zones or hours is None:
        return _NO_HOURS
    zones = place.all_zones if hours.everywhere else place.zones
    here = now // _MINUTE
    opens = opening(hours, zones, here)
    if opens == here:
        return Rule("quiet_hours", "send", inputs=_where(place))
    if opens < 0:
        reason = "there is no hour at which it is day in all zones the recipient may be in: record the contact's zone"
        return Rule("quiet_hours", "refuse", reason, "no_common_hours", _where(place))
    inputs = _where(place) | {"until": opens * _MINUTE}
    reason = (
        f"marketing is not sent at this hour where the recipient is; it leaves at {minute(opens * _MINUTE)}"
    )
    return Rule("quiet_hours", "wait", reason, "quiet_hours", inputs)


def _where(place: Place) -> dict[str, object]:
    """What the hours were read for; the zones of a whole country are left out."""
    found: dict[str, object] = {"country": place.country, "state": place.state}
    if len(place.all_zones) <= _FEW:
        found["zones"] = place.all_zones
    return found


def frequency(facts: Facts, now: int, held: Held) -> Rule:
    """A contact gets so many messages for a purpose and no more; the next waits until the first of them is long ago."""
    if not facts.touches:
        return _UNCAPPED
    wanted = facts.cause.purpose
    own = [each for each in facts.team.settings.caps if each.purpose == wanted]
    caps: Iterable[Cap | OwnCap] = own or [each for each in held.caps if each.purpose == wanted]
    until, full = 0, None
    for each in caps:
        free = _free(facts, each, now)
        if free > until:
            until, full = free, each
    if full is None:
        return _UNCAPPED
    hours = "hour" if full.hours == 1 else "hours"
    limit = f"{full.messages} in {full.hours} {hours}"
    reason = f"the contact got all it may of {purpose(wanted)} ({limit}); this leaves at {minute(until)}"
    return Rule(
        "frequency", "wait", reason, "frequency", {"until": until, "cap": [full.messages, full.hours]}
    )


def _free(facts: Facts, cap: Cap | OwnCap, now: int) -> int:
    """When a message is within a cap again; 0 where it is. What was sent counts for as long as the cap says."""
    span = cap.hours * _HOUR
    sent: dict[str, int] = {}
    for each in facts.touches:
        if each.purpose == cap.purpose and each.at > now - span and each.message != facts.message:
            sent[each.message] = max(each.at, sent.get(each.message, 0))
    if len(sent) < cap.messages:
        return 0
    return sorted(sent.values())[-cap.messages] + span if cap.messages else now + span
