"""The rules. Each is a function of the facts and the time (milliseconds, UTC), and says what it read.

A rule that has nothing against it says `send`; `wait` holds the message until something changes; `refuse` ends it.
"""

from gateway.policy.facts import Facts
from state.model.content import Template
from state.model.message import Rule

_NO_SUSPENSION = Rule("suspension", "send", inputs={"in_force": 0})
_NO_WINDOW = Rule("reply_window", "send", "the channel's terms have no reply window")
_ALWAYS_VALID = Rule("validity", "send", "the message has no end of validity")


def validity(facts: Facts, now: int) -> Rule:
    """A message whose validity is over is not sent, also where it was held until then."""
    if not facts.expires_at:
        return _ALWAYS_VALID
    inputs = {"expires_at": facts.expires_at}
    if now < facts.expires_at:
        return Rule("validity", "send", inputs=inputs)
    return Rule("validity", "refuse", "its validity ended before it could be sent", "expired", inputs)


def suspension(facts: Facts, now: int) -> Rule:
    """A message in the scope of a suspension is held, not lost: lifting decides it again."""
    if not facts.suspensions:
        return _NO_SUSPENSION
    covering = [each for each in facts.suspensions if each.scope.covers(facts.target)]
    if not covering:
        return Rule("suspension", "send", inputs={"in_force": len(facts.suspensions)})
    first = covering[0]
    inputs = {"in_force": len(facts.suspensions), "suspensions": [each.id for each in covering]}
    return Rule("suspension", "wait", f"suspended ({first.ground}): {first.reason}", "suspended", inputs)


def reply_window(facts: Facts, now: int) -> Rule:
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
