"""What Twilio's error codes ask for (Twilio: Error and Warning Dictionary, as of 2026-11)."""

from connectors.sms import answers
from connectors.values import body_of
from state.model.action import Action
from state.model.wire import Reply, Undelivered

_CODES: dict[Action, str] = {
    Action.AUTH: "20003",
    Action.SUSPEND: "20005 10001 63026 63013 63020 30002 21729 30033",
    Action.THROTTLE: "20429 14107 30001 21611 30017 30022 63017 63018 30023 30025 30026 30027 63038",
    Action.RETRY: "20500 20503 30008 30410 30020 30021 63009 63010 63012",
    Action.FAIL_RCPT: "30003 21211 21217 21401 21614 30005 30006 63003 63024 21216 30450",
    Action.CONSENT: "21610 30004 63014 63033",
    Action.WINDOW: "63016",
    Action.WARN: "30007 63039",
    Action.CONFIG: (
        "30034 30032 30018 30024 21709 21717 21330 21331 21332 21333 21334 21335 21336 21337 21338 21339 21408 21612"
        " 21606 21660 21701 21702 21703 21704 21705 63001 63007 63008 57012"
    ),
    Action.FAIL_MSG: (
        "63032 21602 21603 21604 21617 21620 21623 21654 21655 21656 30019 63005 63006 63019 63021"
    ),
}
_RULES: dict[int, Action] = {int(code): action for action, codes in _CODES.items() for code in codes.split()}
_FAMILIES = ((30440, 30449), (30800, 30999))
"""Registrations that were rejected: 3044x, 308xx, 309xx."""
_DAILY = {30023, 30025, 30026, 30027, 63038}
"""A day's cap is over the next day at the latest."""
_TRIES = {30003: 3}
"""Codes that are worth some tries first, since they hide their cause."""


def action_of(code: int) -> Action | None:
    """The action a code asks for, where it is known."""
    if any(low <= code <= high for low, high in _FAMILIES):
        return Action.CONFIG
    return _RULES.get(code)


def reported(code: int) -> Action | None:
    """The action where a status tells the code: one that hides its cause condemns no address by one report."""
    return Action.RETRY if code in _TRIES else action_of(code)


def number(value: object) -> int:
    """A code as a number; 0 where it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def undelivered(reply: Reply, attempt: int) -> Undelivered:
    """The outcome of an answer that is none of success; `attempt` counts from 1."""
    body = body_of(reply)
    code = number(body.get("code"))
    action = action_of(code) or answers.by_status(reply.status)
    if attempt <= _TRIES.get(code, 0):
        action = Action.RETRY
    wait = answers.DAY if code in _DAILY else answers.retry_after(reply)
    return Undelivered(
        action, str(code or f"http_{reply.status}"), str(body.get("message") or ""), retry_after=wait
    )
