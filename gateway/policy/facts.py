"""What the rules look at: plain values gathered before they are asked."""

from typing import NamedTuple

from state.model.channel import Terms
from state.model.content import Content
from state.model.suspension import Suspension, Target

DAY = 86_400
"""Seconds in which a customer's message makes ours an answer, on channels whose terms know no reply window."""


class Facts(NamedTuple):
    """One message about to leave. Times in milliseconds, UTC; 0: never."""

    target: Target
    content: Content
    terms: Terms
    suspensions: tuple[Suspension, ...] = ()
    last_in: int = 0
    """When the customer last wrote on this channel."""
    expires_at: int = 0
    """When the message is of no use any more."""


def initiated(terms: Terms, last_in: int, now: int) -> bool:
    """Whether a send now answers no customer; some providers and suspensions stop only such."""
    return now - last_in >= (terms.reply_window or DAY) * 1000
