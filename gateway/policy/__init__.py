"""The policy: pure rules in a fixed order, asked at the moment of sending, on every path.

A rule reads facts and says `send`, `wait` or `refuse`; the first that does not say `send` decides, and all that were asked
are kept with their inputs.
"""

from collections.abc import Callable

from state.model.base import Value
from state.model.channel import Terms
from state.model.content import Content, Template
from state.model.message import Decision, Rule
from state.model.suspension import Suspension, Target


class Facts(Value, frozen=True, kw_only=True):
    """What is known about a send. Times in milliseconds, UTC; `last_in` 0 where the customer never wrote."""

    target: Target
    suspensions: tuple[Suspension, ...]
    terms: Terms
    content: Content
    last_in: int
    expires_at: int


def expired(facts: Facts, now: int) -> Rule:
    """A message whose validity has ended is not sent any more."""
    if facts.expires_at and now >= facts.expires_at:
        inputs = {"expires_at": facts.expires_at}
        return Rule("expired", "refuse", "its validity ended before it could be sent", "expired", inputs)
    return _EXPIRED_PASSES


def suspension(facts: Facts, now: int) -> Rule:
    """Nothing leaves into a suspended scope; it waits until the suspension is lifted."""
    for each in facts.suspensions:
        if each.scope.covers(facts.target):
            inputs = {"suspension": each.id, "ground": each.ground, "epoch": each.epoch}
            return Rule("suspension", "wait", f"suspended: {each.reason}", "suspended", inputs)
    return _SUSPENSION_PASSES


def reply_window(facts: Facts, now: int) -> Rule:
    """Free-form content only within the channel's reply window; a template outside it where the terms allow it."""
    window = facts.terms.reply_window
    if not window:
        return _WINDOW_PASSES
    inputs = {"last_in": facts.last_in, "window_s": window}
    if now - facts.last_in < window * 1000:
        return Rule("reply_window", "send", "", "", inputs)
    if facts.terms.template_outside_window and isinstance(facts.content, Template):
        return Rule("reply_window", "send", "outside the window, but a template", "", inputs)
    reason = f"the customer's last message is more than {window // 3600} hours old; use a template"
    return Rule("reply_window", "refuse", reason, "window_closed", inputs)


_EXPIRED_PASSES = Rule("expired", "send")
_SUSPENSION_PASSES = Rule("suspension", "send")
_WINDOW_PASSES = Rule("reply_window", "send", "the channel has no window")

RULES: tuple[Callable[[Facts, int], Rule], ...] = (expired, suspension, reply_window)
"""The rules in their order."""


def decide(facts: Facts, now: int) -> Decision:
    """Ask the rules; `now` in milliseconds, UTC."""
    asked: list[Rule] = []
    for rule in RULES:
        said = rule(facts, now)
        asked.append(said)
        if said.verdict != "send":
            return Decision(said.verdict, now, tuple(asked), facts.terms.version, 0, said.code, said.reason)
    return Decision("send", now, tuple(asked), facts.terms.version)
