"""The closed set of what a provider's answer asks of us (channels facts: error-action vocabulary)."""

from enum import StrEnum

from state.model.receipts import Attribution


class Action(StrEnum):
    """What to do about a failure or a notice."""

    RETRY = "RETRY"  # transient: again later, with back-off and jitter, honouring Retry-After
    THROTTLE = "THROTTLE"  # slow the channel or the recipient pair down, then again
    FAIL_MSG = "FAIL_MSG"  # this message is wrong: never again unchanged
    FAIL_RCPT = "FAIL_RCPT"  # the address is unusable
    CONSENT = "CONSENT"  # the recipient opted out: record it, stop
    WINDOW = "WINDOW"  # the reply window is closed: template or another channel
    AUTH = "AUTH"  # credentials: refresh once, then the channel needs attention
    CONFIG = "CONFIG"  # the account is set up wrongly: tell the operator
    WARN = "WARN"  # early warning about terms
    SUSPEND = "SUSPEND"  # terms breached: the channel is to be suspended


ATTRIBUTION: dict[Action, Attribution] = {
    Action.RETRY: "third_party",
    Action.THROTTLE: "ours",
    Action.FAIL_MSG: "ours",
    Action.FAIL_RCPT: "recipient",
    Action.CONSENT: "recipient",
    Action.WINDOW: "ours",
    Action.AUTH: "ours",
    Action.CONFIG: "ours",
    Action.WARN: "channel",
    Action.SUSPEND: "channel",
}
"""Who a failure is attributed to: ours, channel, recipient or third_party."""
