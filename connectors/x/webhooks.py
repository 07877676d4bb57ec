"""X's webhooks: the signature, and the challenge (CRC) by which X makes sure that the address is ours."""

import base64
import hashlib
import hmac

import msgspec

from state.model.wire import Answer, Forged, Request

HEADER = "x-twitter-webhooks-signature"


def verify(request: Request, secret: bytes) -> None:
    """Check the signature on the raw body (X: webhooks, securing); raises Forged."""
    given = request.headers.get(HEADER, "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), sign(request.body, secret).encode()):
        raise Forged(f"{HEADER} is missing or wrong")


def sign(body: bytes, secret: bytes) -> str:
    """The signature of a body, or the answer to a challenge: HMAC-SHA256 by the consumer secret, in base64."""
    return "sha256=" + base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode()


def challenge(request: Request, secret: bytes) -> Answer:
    """Answer the challenge; 400 where there is none."""
    token = request.query.get("crc_token", "")
    if not token:
        return Answer(400, b"there is no crc_token")
    answer = {"response_token": sign(token.encode("utf-8", "replace"), secret)}
    return Answer(200, msgspec.json.encode(answer), "application/json")
