"""The rule of consent: what a customer has allowed, withdrawn, or said nothing about."""

from gateway.policy import said
from gateway.policy.bases import unfit
from gateway.policy.facts import Facts, initiated
from gateway.policy.held import Held
from state.model.consent import Standing, latest
from state.model.message import Rule

_CODES = Rule("consent", "send", "the customer asked for the code", inputs={"purpose": "one_time_codes"})


def consent(facts: Facts, now: int, held: Held) -> Rule:
    """A message needs what its purpose needs: a fact that stands, or for service the customer's own message."""
    cause, standings = facts.cause, facts.standings
    if cause.confirms and cause.purpose != "marketing":
        return _confirmation(facts, now, held)
    found = None
    if standings:
        found = latest(standings, cause.purpose, facts.person.addresses, facts.target.channel)
    if found is None:
        return _without(facts, now)
    if found.change == "withdrawn":
        return _helped(facts, now, found) or _withdrawn(found)
    if found.change == "given" and (not found.until or now < found.until):
        if why := unfit(cause.purpose, found.basis, facts.channel_type, held):
            return _unfit(facts, now, found, why)
        return Rule("consent", "send", inputs={"purpose": found.purpose, "fact": found.fact})
    return _lapsed(facts, now, found)


def _without(facts: Facts, now: int) -> Rule:
    """Nothing stands: service answers the customer's own message, a code was asked for, the rest is refused."""
    purpose = facts.cause.purpose
    if purpose == "one_time_codes":
        return _CODES
    inputs = {"purpose": purpose, "last_in": facts.last_in}
    if purpose == "service" and not initiated(facts.terms, facts.last_in, now):
        return Rule("consent", "send", inputs=inputs)
    reason = f"the customer has not allowed {said.purpose(purpose)}: record their consent, then send again"
    if purpose == "service":
        reason = "the customer has not written lately and has not allowed service messages: record their consent first"
    return Rule("consent", "refuse", reason, "no_consent", inputs)


def _helped(facts: Facts, now: int, found: Standing) -> Rule | None:
    """HELP is answered always (CTIA, Messaging Principles and Best Practices, 5.1.2): to whoever has just asked."""
    cause = facts.cause
    if not cause.helps or cause.purpose != "service" or initiated(facts.terms, facts.last_in, now):
        return None
    inputs = {"purpose": found.purpose, "fact": found.fact, "last_in": facts.last_in}
    return Rule(
        "consent",
        "send",
        "the customer asked for help, which is answered though they have stopped",
        inputs=inputs,
    )


def _withdrawn(found: Standing) -> Rule:
    what = said.purpose(found.purpose)
    how = (
        "as by writing START"
        if found.purpose in ("messages", "service")
        else "and START does not: record what they say"
    )
    reason = f"the customer withdrew {what} on {said.day(found.at)}: only they can allow it again, {how}"
    return Rule("consent", "refuse", reason, "withdrawn", {"purpose": found.purpose, "fact": found.fact})


def _unfit(facts: Facts, now: int, found: Standing, why: str) -> Rule:
    """What rests on a basis that does not fit allows nothing by itself: service may still answer the customer."""
    answer = _without(facts, now)
    if answer.verdict == "send":
        return answer
    inputs = {"purpose": found.purpose, "fact": found.fact, "basis": found.basis}
    return Rule(
        "consent", "refuse", f"{why}; ask the customer, and record what they say", "basis_unfit", inputs
    )


def _lapsed(facts: Facts, now: int, found: Standing) -> Rule:
    """A consent that ended forbids nothing by itself: service may still answer the customer."""
    answer = _without(facts, now)
    if answer.verdict == "send":
        return answer
    ended = f" on {said.day(found.until)}" if found.until else ""
    reason = f"the customer's consent to {said.purpose(found.purpose)} ended{ended}: ask for it anew"
    inputs = {"purpose": found.purpose, "fact": found.fact, "until": found.until}
    return Rule("consent", "refuse", reason, "consent_expired", inputs)


def _confirmation(facts: Facts, now: int, held: Held) -> Rule:
    """That a withdrawal was heard may be said shortly after it, though it was withdrawn; its turn says it once."""
    fact = facts.cause.confirms
    inputs = {"purpose": facts.cause.purpose, "confirms": fact}
    about = [each for each in facts.standings if each.fact == fact and each.change == "withdrawn"]
    if not about:
        reason = "there is no such withdrawal to confirm any more"
    elif now - about[0].at >= held.confirmation:
        reason = (
            f"a withdrawal may be confirmed within {held.confirmation // 60_000} minutes of it, not later"
        )
    else:
        return Rule("consent", "send", "it confirms a withdrawal", inputs=inputs)
    return Rule("consent", "refuse", reason, "confirmation_not_allowed", inputs)
