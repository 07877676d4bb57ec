"""What an answer of the Graph API means: its error object, and the action that its code asks for."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from state.model.action import Action
from state.model.wire import Reply, Undelivered

LONGEST_REASON = 4000
"""Characters of a reason; the gateway cuts it further once secrets are out of it."""
LONGEST_WAIT = 7 * 86_400.0
"""Seconds; a `Retry-After` beyond a week is taken for one of a week."""


class Rule(NamedTuple):
    """What an error asks for. `tries`: so often it is tried again first; `wait`: seconds before that, at least.

    `pair` is true where only this recipient is to be slowed down.
    """

    action: Action
    tries: int = 0
    wait: float = 0.0
    pair: bool = False


class GraphError(NamedTuple):
    """The `error` object of an answer, or of a webhook; `code` is -1 where it is no number."""

    code: int
    subcode: int = 0
    reason: str = ""
    transient: bool = False


def error(given: object) -> GraphError | None:
    """The error in an `error` object; None where it is none."""
    if not isinstance(given, dict):
        return None
    data = given.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    reason = details or given.get("message") or given.get("title") or ""
    return GraphError(
        number(given.get("code")),
        max(0, number(given.get("error_subcode"))),
        str(reason)[:LONGEST_REASON],
        given.get("is_transient") is True,
    )


def number(value: object) -> int:
    """A code as a number, whether it comes as one or as a string of digits; -1 where it is neither."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def undelivered(
    reply: Reply, body: dict[str, Any], rule_of: Callable[[GraphError], Rule | None], attempt: int = 1
) -> Undelivered | None:
    """The named outcome of an answer and its JSON; None where it is one of success. `attempt` counts from 1.

    Its code is Graph's, with the subcode behind a slash where there is one.
    """
    found = error(body.get("error"))
    if found is None:
        return None if 200 <= reply.status < 300 else _without_error(reply)
    rule = rule_of(found) or _unknown(found, reply.status)
    again = attempt <= rule.tries
    action = Action.RETRY if again else rule.action
    after = retry_after(reply) or rule.wait
    code = str(found.code) if found.code >= 0 else "unknown"
    code += f"/{found.subcode}" if found.subcode else ""
    return Undelivered(action, code, found.reason, retry_after=after, pair=rule.pair)


def _without_error(reply: Reply) -> Undelivered:
    """Something between us and Graph answered: nothing was taken."""
    action = Action.THROTTLE if reply.status == 429 else Action.RETRY
    reason = "the answer holds no Graph error"
    return Undelivered(action, f"http_{reply.status}", reason, retry_after=retry_after(reply))


def _unknown(found: GraphError, status: int) -> Rule:
    """A code there is no rule for goes by what Graph says of it, then by the HTTP status."""
    if found.transient or status >= 500:
        return Rule(Action.RETRY)
    return Rule({401: Action.AUTH, 429: Action.THROTTLE}.get(status, Action.FAIL_MSG))


def retry_after(reply: Reply) -> float:
    """Seconds of `Retry-After` (RFC 9110 §10.2.3), a date counted from the answer's own `Date`; 0 without one."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST_WAIT)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(reply.headers.get("date", ""))
        return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT)
    except (ValueError, TypeError):
        return 0.0
