"""Webhooks of Meta: the signature, and the handshake that verifies an address (Meta: Webhooks, getting started)."""

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from state.model.wire import Answer, Forged, Request

if TYPE_CHECKING:
    from hashlib import _Hash

_BLOCK = 64
"""Bytes of a block of SHA-256."""


def verify(request: Request, secret: bytes) -> None:
    """Check `X-Hub-Signature-256` on the raw body (Meta: Webhooks, validating payloads); raises Forged."""
    given = request.headers.get("x-hub-signature-256", "")
    if not (given.isascii() and hmac.compare_digest(given, sign(request.body, secret))):
        raise Forged("X-Hub-Signature-256 is missing or wrong")


def sign(body: bytes, secret: bytes) -> str:
    """The signature header's value for a body."""
    inside, outside = _begun(secret)
    inner, outer = inside.copy(), outside.copy()
    inner.update(body)
    outer.update(inner.digest())
    return "sha256=" + outer.hexdigest()


@lru_cache(maxsize=256)
def _begun(secret: bytes) -> "tuple[_Hash, _Hash]":
    """Both hashes of HMAC (RFC 2104) with the secret in them: done once, for it costs a third of a signature."""
    key = (sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
    return sha256(bytes(each ^ 0x36 for each in key)), sha256(bytes(each ^ 0x5C for each in key))


def handshake(request: Request, token: str) -> Answer:
    """Answer the verification request: the bare challenge where the token is ours, else 403."""
    query = request.query
    given = query.get("hub.verify_token", "").encode("utf-8", "replace")
    if query.get("hub.mode") == "subscribe" and token and hmac.compare_digest(given, token.encode()):
        return Answer(200, query.get("hub.challenge", "").encode("utf-8", "replace"))
    return Answer(403, b"the verify token is not ours")
