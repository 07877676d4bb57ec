"""What an HTTP answer asks for where its body does not say: the status, and how long to wait (RFC 9110)."""

from state.model.action import Action
from state.model.wire import Reply

DAY = 24 * 3600.0
_KNOWN = {
    401: Action.AUTH,
    402: Action.CONFIG,
    403: Action.CONFIG,
    404: Action.CONFIG,
    429: Action.THROTTLE,
}
"""402 is an account without credit; a wrong path or a right that lacks is ours to mend."""


def by_status(status: int) -> Action:
    """What a status that is none of success asks for."""
    if status >= 500 or status == 408:
        return Action.RETRY
    return _KNOWN.get(status, Action.FAIL_MSG)


def retry_after(reply: Reply) -> float:
    """Seconds of `Retry-After`, a day at most; 0 without one."""
    text = reply.headers.get("retry-after", "")
    return min(float(text), DAY) if text.isascii() and text.isdigit() and len(text) < 8 else 0.0
