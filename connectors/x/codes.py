"""What an answer of X's means: v1.1 codes, v2 problem types (RFC 7807), OAuth errors, and the action each asks for."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from state.model.action import Action
from state.model.wire import Reply, Undelivered

Json = dict[str, Any]
_LONGEST_REASON = 4000
_LONGEST_WAIT = 7 * 86_400.0

_BY_ACTION: dict[Action, tuple[int, ...]] = {
    Action.THROTTLE: (88,),
    Action.RETRY: (130, 131),
    Action.AUTH: (32, 89, 99, 215),
    Action.SUSPEND: (64, 226, 261, 326),
    Action.FAIL_RCPT: (34, 50, 63, 108),
    Action.CONSENT: (150, 151, 349),
    Action.FAIL_MSG: (187, 324, 354, 386),
    Action.CONFIG: (93, 453),
}
CODES: dict[int, Action] = {code: action for action, codes in _BY_ACTION.items() for code in codes}
"""Every v1.1 code that has a meaning of its own."""
FIRST: dict[int, Action] = {226: Action.WARN}
"""What a code asks for on a message's first try: X takes us for a machine, which may pass."""

TYPES: dict[str, Action] = {
    "rate-limit-exceeded": Action.THROTTLE,
    "usage-capped": Action.CONFIG,
    "client-forbidden": Action.CONFIG,
    "unsupported-authentication": Action.CONFIG,
    "oauth1-permissions": Action.CONFIG,
    "not-authorized-for-resource": Action.FAIL_RCPT,
    "resource-not-found": Action.FAIL_RCPT,
    "invalid-request": Action.FAIL_MSG,
}
"""The last part of a v2 problem's `type`."""

STATUSES: dict[int, Action] = {
    401: Action.AUTH,
    402: Action.CONFIG,
    404: Action.FAIL_RCPT,
    408: Action.RETRY,
    429: Action.THROTTLE,
}
"""What a status means where nothing tells more; 500 and above is RETRY, another FAIL_MSG."""
_MISSING = (34, 50, 108, "resource-not-found", 404)


class Error(NamedTuple):
    """One error of an answer: a v1.1 code (0: none), the last part of a problem's type, and the words."""

    code: int
    kind: str
    words: str

    @property
    def name(self) -> str:
        """What it is called in a report."""
        return str(self.code) if self.code else self.kind


def undelivered(
    reply: Reply, body: Json, attempt: int = 1, missing: Action = Action.FAIL_RCPT
) -> Undelivered | None:
    """The named outcome of an answer and its JSON; None where it is one of success.

    `attempt` counts from 1; `missing` is what it means that X does not find what the call is about.
    """
    errors = list(_errors(body))
    if 200 <= reply.status < 300 and not (errors and "data" not in body):
        return None
    if not body:
        return _without_json(reply)
    action, found = next(filter(None, (_told(each, reply, attempt) for each in errors)), None) or _by_status(
        reply, errors
    )
    if action is Action.FAIL_RCPT and (found.code or found.kind or reply.status) in _MISSING:
        action = missing
    wait = retry_after(reply, throttled=action is Action.THROTTLE)
    return Undelivered(
        action, found.name or f"http_{reply.status}", found.words[:_LONGEST_REASON], retry_after=wait
    )


def _errors(body: Json) -> Iterator[Error]:
    """The errors of an answer, whichever of X's shapes they have."""
    listed = body.get("errors")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield _error(each)
    if "title" in body or "detail" in body or "type" in body:
        yield _error(body)
    if isinstance(body.get("error"), str):
        yield Error(0, "oauth", f"{body['error']}: {body.get('error_description') or ''}".rstrip(": "))


def _error(given: Json) -> Error:
    code, kind = given.get("code"), given.get("type")
    known = code if isinstance(code, int) and not isinstance(code, bool) and 0 < code < 10**6 else 0
    name = kind.rstrip("/").rpartition("/")[2][:60] if isinstance(kind, str) else ""
    words = given.get("detail") or given.get("message") or given.get("title") or ""
    return Error(known, "" if name == "about:blank" else name, str(words))


def _told(error: Error, reply: Reply, attempt: int) -> tuple[Action, Error] | None:
    """What an error asks for by its code, its words or its type; None where none is known."""
    if error.code in CODES:
        first = FIRST.get(error.code) if attempt == 1 else None
        return first or CODES[error.code], error
    words = error.words.casefold()
    if error.kind in TYPES:
        return TYPES[error.kind], error
    if error.kind == "oauth" and reply.status < 500:
        return Action.AUTH, error
    if reply.status == 403 and "suspended" in words:
        return Action.SUSPEND, error._replace(kind=error.kind or "suspended")
    # What was code 349 or 150 is in v2 a bare "Forbidden" with these words.
    if reply.status == 403 and "permission to dm" in words:
        return Action.CONSENT, error._replace(kind=error.kind or "not_permitted")
    return None


def _by_status(reply: Reply, errors: list[Error]) -> tuple[Action, Error]:
    default = Action.RETRY if reply.status >= 500 else Action.FAIL_MSG
    return STATUSES.get(reply.status, default), errors[0] if errors else Error(0, "", "")


def _without_json(reply: Reply) -> Undelivered:
    """Something between us and X answered, or X in haste: nothing was taken."""
    action = {401: Action.AUTH, 402: Action.CONFIG, 429: Action.THROTTLE}.get(reply.status, Action.RETRY)
    wait = retry_after(reply, throttled=action is Action.THROTTLE)
    return Undelivered(action, f"http_{reply.status}", "the answer holds no JSON", retry_after=wait)


def retry_after(reply: Reply, throttled: bool = True) -> float:
    """Seconds to wait: `Retry-After`, or until `x-rate-limit-reset` by the answer's own `Date`; 0 without either."""
    asked = reply.headers.get("retry-after", "").strip()
    if _digits(asked):
        return min(float(asked), _LONGEST_WAIT)
    reset = reply.headers.get("x-rate-limit-reset", "").strip()
    if not throttled or not _digits(reset):
        return 0.0
    try:
        now = parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(0.0, float(reset) - now), _LONGEST_WAIT)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 15
