"""Asks the rules in their order; the first that does not say `send` decides."""

from collections.abc import Callable

from gateway.policy.facts import Facts
from gateway.policy.rules import reply_window, suspension, validity
from state.model.message import Decision, Rule

RULES: tuple[Callable[[Facts, int], Rule], ...] = (validity, suspension, reply_window)
"""What is over is refused before it is held, and what is held is not refused for a window that a lift may outlast."""


def without_channel(expires_at: int, now: int) -> Decision:
    """The decision about a message whose channel is gone, at a time (milliseconds, UTC)."""
    if now < expires_at:
        rule = Rule("channel", "refuse", "its channel was removed", "channel_removed")
    else:
        rule = Rule("validity", "refuse", "its validity ended before it could be sent", "expired")
    return Decision("refuse", now, (rule,), code=rule.code, reason=rule.reason)


def decide(facts: Facts, now: int) -> Decision:
    """The decision at a time (milliseconds, UTC), with every rule that was asked and the version of the terms."""
    asked: list[Rule] = []
    for rule in RULES:
        said = rule(facts, now)
        asked.append(said)
        if said.verdict != "send":
            break
    verdict, code, reason = (said.verdict, said.code, said.reason) if said.code else ("send", "", "")
    return Decision(verdict, now, tuple(asked), facts.terms.version, code=code, reason=reason)
