"""What Meta's channels share: the webhook signature, the handshake, and the shape of Graph errors."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from state.model.action import Action
from state.model.wire import Answer, Forged, Reply, Request, Undelivered


def verify(request: Request, secret: bytes) -> None:
    """Check `X-Hub-Signature-256` on the raw body (Meta: Webhooks, validating payloads); raises Forged."""
    given = request.headers.get("x-hub-signature-256", "")
    wanted = "sha256=" + hmac.digest(secret, request.body, hashlib.sha256).hex()
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode()):
        raise Forged("X-Hub-Signature-256 is missing or wrong")


def sign(body: bytes, secret: bytes) -> str:
    """The header's value for a body."""
    return "sha256=" + hmac.digest(secret, body, hashlib.sha256).hex()


def handshake(request: Request, token: str) -> Answer:
    """Answer the verification request: the bare challenge where the token is ours, else 403."""
    query = request.query
    given = query.get("hub.verify_token", "").encode("utf-8", "surrogateescape")
    if query.get("hub.mode") == "subscribe" and hmac.compare_digest(given, token.encode()):
        return Answer(200, query.get("hub.challenge", "").encode("utf-8", "replace"))
    return Answer(403, b"the verify token is not ours")


def proof(secret: str, token: str) -> str:
    """`appsecret_proof`: binds a call to the app (Meta: securing Graph API calls)."""
    return hmac.digest(secret.encode(), token.encode(), hashlib.sha256).hex()


def undelivered(
    reply: Reply, codes: Mapping[int, Action], pairs: frozenset[int] = frozenset()
) -> Undelivered:
    """The named outcome of an answer that is no success."""
    after = _seconds(reply.headers.get("retry-after", ""))
    error = error_of(reply)
    if error is None:
        action = Action.RETRY if reply.status >= 500 or reply.status == 429 else Action.FAIL_MSG
        return Undelivered(
            action, f"http_{reply.status}", "an answer without a Graph error", retry_after=after
        )
    code = error.get("code")
    number = code if isinstance(code, int) else -1
    action = action_of(number, codes, reply.status)
    return Undelivered(action, str(code), _reason(error), retry_after=after, pair=number in pairs)


def action_of(code: int, codes: Mapping[int, Action], status: int = 400) -> Action:
    """The action of an error code; an unknown one goes by the HTTP status."""
    if code in codes:
        return codes[code]
    if 200 <= code <= 299:
        return Action.AUTH
    if status == 429:
        return Action.THROTTLE
    return Action.RETRY if status >= 500 else Action.FAIL_MSG


def error_of(reply: Reply) -> dict[str, Any] | None:
    """The `error` object of an answer, if there is one."""
    try:
        body = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else None


def _reason(error: Mapping[str, Any]) -> str:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else None
    return str(details or error.get("message") or error.get("title") or "")


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0.0
