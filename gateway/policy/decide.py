"""Asks the rules in their order; the first that does not say `send` decides.

What is final comes before what only waits, so nobody is kept waiting for a no; of both, what costs least comes first.
The order bends once: what a suspension holds, or terms that nobody accepted, is not refused for a reply window, a
notice or a duplicate, since all these may be otherwise when the wait is over: they are asked when it could leave.
Waits with a known end come last, so that the time they name is when it leaves if nothing else happens; where its
validity ends by then it is refused at once.
"""

from collections.abc import Callable

from gateway.policy.contents import content_purpose, licence
from gateway.policy.facts import Facts
from gateway.policy.held import Held
from gateway.policy.pack import Pack, standard
from gateway.policy.people import age, recipients
from gateway.policy.permission import consent
from gateway.policy.rules import disclosure, reply_window, suspension, team, terms, validity
from gateway.policy.said import minute
from gateway.policy.timing import duplicate, frequency, quiet_hours
from state.model.message import Decision, Rule

RULES: tuple[Callable[[Facts, int, Held], Rule], ...] = (
    # final
    validity, team, consent, age, licence, content_purpose, recipients,
    # held until somebody acts
    suspension, terms,
    # final for what could leave now
    reply_window, disclosure, duplicate,
    # until a time
    quiet_hours, frequency,
)  # fmt: skip


def without_channel(expires_at: int, now: int) -> Decision:
    """The decision about a message whose channel is gone, at a time (milliseconds, UTC)."""
    if now < expires_at:
        rule = Rule("channel", "refuse", "its channel was removed", "channel_removed")
    else:
        rule = Rule("validity", "refuse", "its validity ended before it could be sent", "expired")
    return Decision("refuse", now, (rule,), code=rule.code, reason=rule.reason)


def _too_late(said: Rule, facts: Facts) -> bool:
    """Whether a rule waits for a time at which the message is not valid any more."""
    return said.verdict == "wait" and 0 < facts.expires_at <= said.inputs.get("until", 0)


def _expires_before(waits: Rule, facts: Facts) -> Rule:
    """A wait that cannot end well is a no, told at once and not when the time is over."""
    until = waits.inputs["until"]
    reason = (
        f"it could not leave before {minute(until)} ({waits.code}), and its validity ends at"
        f" {minute(facts.expires_at)}"
    )
    inputs = {"expires_at": facts.expires_at, "until": until}
    return Rule("validity", "refuse", reason, "expires_before", inputs)


def decide(facts: Facts, now: int, pack: Pack | None = None) -> Decision:
    """The decision at a time (milliseconds, UTC), with every rule that was asked and the versions of terms and pack."""
    pack = pack or standard()
    held = pack.as_of(now)
    asked: list[Rule] = []
    for rule in RULES:
        said = rule(facts, now, held)
        asked.append(said)
        if said.verdict != "send":
            if _too_late(said, facts):
                said = _expires_before(said, facts)
                asked.append(said)
            until = said.inputs.get("until", 0) if said.verdict == "wait" else 0
            return Decision(
                said.verdict,
                now,
                tuple(asked),
                facts.terms.version,
                until,
                said.code,
                said.reason,
                pack.version,
            )
    return Decision("send", now, tuple(asked), facts.terms.version, pack=pack.version)
