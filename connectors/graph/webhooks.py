"""Webhooks of Meta: the signature, and the handshake that verifies an address (Meta: Webhooks, getting started)."""

import hashlib
import hmac

from state.model.wire import Answer, Forged, Request


def verify(request: Request, secret: bytes) -> None:
    """Check `X-Hub-Signature-256` on the raw body (Meta: Webhooks, validating payloads); raises Forged."""
    given = request.headers.get("x-hub-signature-256", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), sign(request.body, secret).encode()):
        raise Forged("X-Hub-Signature-256 is missing or wrong")


def sign(body: bytes, secret: bytes) -> str:
    """The signature header's value for a body."""
    return "sha256=" + hmac.digest(secret, body, hashlib.sha256).hex()


def handshake(request: Request, token: str) -> Answer:
    """Answer the verification request: the bare challenge where the token is ours, else 403."""
    query = request.query
    given = query.get("hub.verify_token", "").encode("utf-8", "replace")
    if query.get("hub.mode") == "subscribe" and token and hmac.compare_digest(given, token.encode()):
        return Answer(200, query.get("hub.challenge", "").encode("utf-8", "replace"))
    return Answer(403, b"the verify token is not ours")
