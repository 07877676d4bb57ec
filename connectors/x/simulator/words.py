"""The simulated X's words: its answers of success and its errors, each as the API writes it."""

from email.utils import formatdate
from typing import Any

import msgspec

from connectors.contract import Answered
from state.model.wire import Reply

Json = dict[str, Any]
_PROBLEMS: dict[str, tuple[int, str]] = {
    "rate-limit-exceeded": (429, "Too Many Requests"),
    "usage-capped": (429, "UsageCapExceeded"),
    "client-forbidden": (403, "Client Forbidden"),
    "unsupported-authentication": (403, "Unsupported Authentication"),
    "not-authorized-for-resource": (403, "Authorization Error"),
    "resource-not-found": (404, "Not Found Error"),
    "invalid-request": (400, "Invalid Request"),
}
_STATUS = {32: 401, 89: 401, 99: 401, 215: 400, 34: 404, 50: 404, 108: 404, 88: 429, 130: 503, 131: 500}
_STATUS |= dict.fromkeys((324, 354, 386), 400)
_WORDS = {
    64: "Your account is suspended and is not permitted to access this feature.",
    226: "This request looks like it might be automated.",
    326: "To protect our users from spam, this account is temporarily locked.",
    349: "You cannot send messages to this user.",
}
WINDOW = 900
"""Seconds after which a limit counts anew."""


def ok(body: Json, status: int = 200) -> Answered:
    """An answer of success."""
    return Answered(Reply(status, {"content-type": "application/json"}, msgspec.json.encode(body)))


def problem(kind: str, detail: str, now: float = 0.0) -> Answered:
    """A v2 problem by the last part of its type."""
    status, title = _PROBLEMS[kind]
    body = {
        "title": title,
        "detail": detail,
        "type": f"https://api.x.com/2/problems/{kind}",
        "status": status,
    }
    return _refused(status, body, now)


def invalid(where: str, detail: str) -> Answered:
    """A request whose parameter is wrong."""
    body = {
        "errors": [{"parameters": {where: []}, "message": detail}],
        "title": "Invalid Request", "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.x.com/2/problems/invalid-request",
    }  # fmt: skip
    return _refused(400, body)


def bare(status: int, title: str) -> Answered:
    """A problem without a type of its own."""
    return _refused(status, {"title": title, "type": "about:blank", "status": status, "detail": title})


def coded(code: int, now: float = 0.0) -> Answered:
    """An error of v1.1 by its code."""
    status = _STATUS.get(code, 403)
    return _refused(status, {"errors": [{"code": code, "message": _WORDS.get(code, "Simulated.")}]}, now)


def named(name: str, now: float) -> Answered:
    """An error by a v1.1 code, by the last part of a problem's type, or by a status; raises ValueError."""
    if name in _PROBLEMS:
        return problem(name, "Simulated.", now)
    if not name.isdigit():
        raise ValueError(f"{name!r} is no error of X's")
    return (
        bare(int(name), "Simulated")
        if 400 <= int(name) < 600 and int(name) not in (453,)
        else coded(int(name), now)
    )


def oauth(error: str, description: str) -> Answered:
    """An error of the token's address (RFC 6749 §5.2)."""
    return _refused(400, {"error": error, "error_description": description})


def _refused(status: int, body: Json, now: float = 0.0) -> Answered:
    headers = {"content-type": "application/problem+json"}
    if status == 429 and now:
        headers |= {
            "x-rate-limit-limit": "15", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(now) + WINDOW),
            "date": formatdate(now, usegmt=True),
        }  # fmt: skip
    return Answered(Reply(status, headers, msgspec.json.encode(body)))
