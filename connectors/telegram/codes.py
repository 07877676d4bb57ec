"""What an answer of the Bot API means: by its code, and by the words of its description, which are all it tells."""

from typing import Any

import msgspec

from connectors.values import body_of
from state.model.action import Action
from state.model.wire import Reply, Undelivered

_WORDS: tuple[tuple[str, Action], ...] = (
    ("peer_flood", Action.SUSPEND),
    ("user_restricted", Action.SUSPEND),
    ("blocked by the user", Action.CONSENT),
    ("user is deactivated", Action.FAIL_RCPT),
    ("can't initiate conversation", Action.FAIL_RCPT),
    ("can't send messages to bots", Action.FAIL_RCPT),
    ("chat not found", Action.FAIL_RCPT),
    ("user not found", Action.FAIL_RCPT),
    ("bot was kicked", Action.FAIL_RCPT),
    ("not a member", Action.FAIL_RCPT),
    ("group chat was deleted", Action.FAIL_RCPT),
    ("peer_id_invalid", Action.FAIL_RCPT),
    ("topic_closed", Action.CONFIG),
    ("not enough rights", Action.CONFIG),
    ("chat_write_forbidden", Action.CONFIG),
    ("need administrator", Action.CONFIG),
    ("business_connection", Action.CONFIG),
    ("terminated by other getupdates", Action.CONFIG),
)
"""Descriptions in lower case, the first that is found counts."""
_STATUSES = {
    401: Action.AUTH,
    404: Action.AUTH,
    409: Action.CONFIG,
    420: Action.SUSPEND,
    429: Action.THROTTLE,
}
"""404 is what a wrong token gets: there is no such bot."""
LONGEST_WAIT = 7 * 86_400.0


class Told(msgspec.Struct):
    """An answer: `result` where it is `ok`."""

    ok: bool = False
    result: Any = None
    error_code: int = 0
    description: str = ""
    parameters: dict[str, Any] | None = None


_told = msgspec.json.Decoder(Told)


def told(reply: Reply) -> Told:
    """What an answer says; one that cannot be read says nothing."""
    try:
        return _told.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Told(ok=False, error_code=reply.status)


def none_of_telegrams(reply: Reply) -> bool:
    """Whether it is a success by its status and no answer of the Bot API, whose refusals say so by `ok`."""
    return 200 <= reply.status < 300 and body_of(reply).get("ok") is not False


def migrated(answer: Told) -> int:
    """The id a group has now; 0 where it has not moved."""
    found = (answer.parameters or {}).get("migrate_to_chat_id")
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def undelivered(reply: Reply, answer: Told) -> Undelivered:
    """The outcome of an answer that is not `ok`."""
    code = answer.error_code or reply.status
    words = answer.description.lower()
    found = (action for part, action in _WORDS if part in words)
    action = _STATUSES.get(code) or next(found, None) or _by_code(code)
    wait = (answer.parameters or {}).get("retry_after")
    after = (
        min(float(wait), LONGEST_WAIT)
        if isinstance(wait, int | float) and not isinstance(wait, bool)
        else 0.0
    )
    return Undelivered(action, str(code), answer.description or f"answered {reply.status}", retry_after=after)


def _by_code(code: int) -> Action:
    if code >= 500 or code < 400:
        return Action.RETRY
    return Action.CONFIG if code == 403 else Action.FAIL_MSG
