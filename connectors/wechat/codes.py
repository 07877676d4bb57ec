"""What WeChat's `errcode` asks for (global return codes, as of 2026-11); HTTP is always 200."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.values import body_of
from state.model.action import Action
from state.model.wire import Reply, Undelivered

_CODES: dict[Action, str] = {
    Action.RETRY: "-1 -1000",
    Action.THROTTLE: "45011 45009 45028",
    Action.AUTH: "40001 40014 42001 41001 40125 40013",
    Action.CONFIG: "40243 40164 61004 48001 61007 50001 48003 48006 89503 89506 89507",
    Action.FAIL_RCPT: "40003 46004",
    Action.CONSENT: "43004 50005 43019 43101 48002",
    Action.WINDOW: "45015 45047",
    Action.FAIL_MSG: "40037 47003 40007 45002 45003 45004 45005 45006 45007 45008 40008 44004 40033 87009",
    Action.SUSPEND: "48004 50002",
    Action.WARN: "87014 45166",
}
_RULES: dict[int, Action] = {int(code): action for action, codes in _CODES.items() for code in codes.split()}
_DAILY = {45009, 45028}
DUPLICATE = 45065
"""A message of that `client_msg_id` was taken before."""


def action_of(code: int) -> Action | None:
    """The action a code asks for, where it is known."""
    return Action.CONFIG if 88000 <= code < 89000 else _RULES.get(code)


def accepted(reply: Reply) -> dict[str, Any]:
    """The JSON object of an answer of success; raises Undelivered."""
    body = body_of(reply)
    code = body.get("errcode", 0)
    if not isinstance(code, int) or isinstance(code, bool):
        code = -1
    if reply.status != 200 or not body:
        action = Action.THROTTLE if reply.status == 429 else Action.RETRY
        raise Undelivered(action, f"http_{reply.status}", "the answer is none of WeChat's")
    if code in (0, DUPLICATE):
        return body
    action = action_of(code) or Action.FAIL_MSG
    wait = _midnight(reply) if code in _DAILY else 0.0
    raise Undelivered(action, str(code), str(body.get("errmsg") or ""), retry_after=wait)


def _midnight(reply: Reply) -> float:
    """Seconds until the quota of the day is new: 00:00 in China, by the answer's own clock."""
    try:
        now = parsedate_to_datetime(reply.headers.get("date", "")) + timedelta(hours=8)
    except (ValueError, TypeError):
        return 3600.0
    return 86_400.0 - (now.hour * 3600 + now.minute * 60 + now.second)
