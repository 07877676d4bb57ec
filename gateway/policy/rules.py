"""The rules about the message, the channel and the team. Each is a function of the facts, the time and the rule pack.

A rule that has nothing against the message says `send`; `wait` holds it, until the time it names in `inputs["until"]`
(milliseconds, UTC) or else until something changes; `refuse` ends it. It says what it read, and what there is to do.
A rule that says the same of most messages has its answer made once.
"""

from gateway.policy.facts import Facts
from gateway.policy.held import Held
from gateway.policy.said import day
from state.model.content import Template
from state.model.message import Rule

_ALWAYS_VALID = Rule("validity", "send", "the message has no end of validity")
_NO_SUSPENSION = Rule("suspension", "send", inputs={"in_force": 0})
_NO_WINDOW = Rule("reply_window", "send", "the channel's terms have no reply window")
_TEAM_WITHOUT_COUNTRY = Rule("team", "send", "the team has no country")
_TEAM = Rule("team", "send")
_INACTIVE = Rule("team", "refuse", "the team is not active: activate it, then send again", "team_inactive")
_NOTHING_TO_ACCEPT = Rule("terms", "send", "the channel has no terms to accept")
_ACCEPTED = Rule("terms", "send")
_NO_NOTICE = Rule("disclosure", "send", "no notice is asked for on this channel")
_TOLD = Rule("disclosure", "send")
_TELLS = Rule("disclosure", "send", "this is the notice")
_CONFIRMS = Rule("disclosure", "send", "a confirmation says nothing else")
_HELPS = Rule("disclosure", "send", "help is answered whatever the customer was told")
_TEMPLATE = Rule("disclosure", "send", "a template outside the reply window goes before the notice")
_TOLD_ALREADY = Rule(
    "disclosure", "refuse", "this is the notice, and the customer was given it by now", "told_already"
)
_NOT_TOLD = Rule(
    "disclosure",
    "refuse",
    "the customer was not told who has access to what is exchanged here: send the notice first, then this again",
    "not_told",
)


def validity(facts: Facts, now: int, held: Held) -> Rule:
    """A message whose validity is over is not sent, also where it was held until then."""
    if not facts.expires_at:
        return _ALWAYS_VALID
    inputs = {"expires_at": facts.expires_at}
    if now < facts.expires_at:
        return Rule("validity", "send", inputs=inputs)
    return Rule("validity", "refuse", "its validity ended before it could be sent", "expired", inputs)


def team(facts: Facts, now: int, held: Held) -> Rule:
    """A team sends while it is active, from a country in which the service is offered."""
    country = facts.team.country
    if not facts.team.active:
        return _INACTIVE
    if not country:
        return _TEAM_WITHOUT_COUNTRY
    if country in held.messaging:
        return _TEAM
    reason = f"the service is not offered to teams in {country}: the team must be in a country that is listed"
    return Rule("team", "refuse", reason, "country_not_offered", {"country": country})


def suspension(facts: Facts, now: int, held: Held) -> Rule:
    """A message in the scope of a suspension is held, not lost: lifting decides it again."""
    if not facts.suspensions:
        return _NO_SUSPENSION
    covering = [each for each in facts.suspensions if each.scope.covers(facts.target)]
    if not covering:
        return Rule("suspension", "send", inputs={"in_force": len(facts.suspensions)})
    first = covering[0]
    inputs = {"in_force": len(facts.suspensions), "suspensions": list({each.id: 0 for each in covering})}
    return Rule("suspension", "wait", f"suspended ({first.ground}): {first.reason}", "suspended", inputs)


def terms(facts: Facts, now: int, held: Held) -> Rule:
    """A channel sends when its terms are accepted; where an older version was, a new one may wait for a while."""
    if not facts.terms_since:
        return _NOTHING_TO_ACCEPT
    until = facts.terms.held_from(facts.accepted, facts.terms_since)
    if until is None:
        return _ACCEPTED
    version = facts.terms.version
    inputs = {"version": version, "grace_until": until}
    if now < until:
        return Rule("terms", "send", f"terms {version} wait to be accepted by {day(until)}", inputs=inputs)
    reason = f"the channel's terms {version} are not accepted: accept them, and what waits is sent"
    return Rule("terms", "wait", reason, "terms_not_accepted", inputs)


def reply_window(facts: Facts, now: int, held: Held) -> Rule:
    """Free-form content needs a message of the customer's within the channel's window; templates may not."""
    terms = facts.terms
    if not terms.reply_window:
        return _NO_WINDOW
    inputs = {"last_in": facts.last_in, "window": terms.reply_window}
    if now - facts.last_in < terms.reply_window * 1000:
        return Rule("reply_window", "send", inputs=inputs)
    if terms.template_outside_window and isinstance(facts.content, Template):
        return Rule("reply_window", "send", "a template may be sent outside the reply window", inputs=inputs)
    ended = f"ended {terms.reply_window / 3600:g} hours after the customer's last message"
    reason = f"the reply window {ended if facts.last_in else 'never opened: the customer has not written'}"
    if terms.template_outside_window:
        reason += "; a template may be sent"
    return Rule("reply_window", "refuse", reason, "window_closed", inputs)


def disclosure(facts: Facts, now: int, held: Held) -> Rule:
    """The first thing a customer is told on a channel is who has access to what is exchanged there."""
    if facts.told:
        again = facts.cause.later and facts.cause.tells.partition("/")[0] == facts.told.partition("/")[0]
        return _TOLD_ALREADY if again else _TOLD
    if not facts.notice:
        return _NO_NOTICE
    if facts.cause.tells:
        return _TELLS
    if facts.cause.confirms:
        return _CONFIRMS
    if facts.cause.helps:
        return _HELPS
    outside = facts.terms.reply_window and now - facts.last_in >= facts.terms.reply_window * 1000
    return _TEMPLATE if outside and isinstance(facts.content, Template) else _NOT_TOLD
