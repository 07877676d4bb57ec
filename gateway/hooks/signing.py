"""Signatures after Standard Webhooks 1.0 (https://www.standardwebhooks.com): who receives can tell that it was us."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping


def headers(message_id: str, at: int, body: bytes, secrets: Iterable[str]) -> Mapping[str, str]:
    """The headers of one message; `at` in seconds, UTC; secrets are `whsec_` and base64.

    There is a signature for each secret, so that the receiver may change over while one is replaced.
    """
    signatures = (signature(message_id, at, body, secret) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
    }


def signature(message_id: str, at: int, body: bytes, secret: str) -> str:
    """The signature `v1,…`: HMAC-SHA256 over id, time and body with points between, in base64."""
    key = b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    return "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
