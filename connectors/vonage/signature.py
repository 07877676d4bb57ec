"""Vonage's signatures: `sig` among the parameters (SMS API), and a token over the body (Messages API).

Vonage: Signing messages; Signed webhooks. A webhook may be sent again for 24 hours with the time of its first try, so
what is older than `max_age` alone is refused; a replay before that is told by the event's key.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from connectors.sms import fields
from state.model.wire import Forged, Request

_AHEAD = 300
"""Seconds a clock of Vonage's may be ahead of ours."""


def sign(params: Mapping[str, str], secret: str, method: str) -> str:
    """The `sig` of parameters: `md5hash`, or HMAC by md5, sha1, sha256 or sha512; hexadecimal."""
    pairs = sorted((name, value) for name, value in params.items() if name != "sig")
    text = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in pairs)
    octets, key = text.encode("utf-8", "surrogatepass"), secret.encode()
    if method == "md5hash":
        return hashlib.md5(octets + key, usedforsecurity=False).hexdigest()
    return hmac.digest(key, octets, method).hex()


def verify_params(params: Mapping[str, str], secret: str, method: str, now: int, max_age: int) -> None:
    """Check `sig` and `timestamp` (seconds); raises Forged."""
    given = params.get("sig", "").lower().encode("utf-8", "replace")
    if not hmac.compare_digest(given, sign(params, secret, method).encode()):
        raise Forged("sig is missing or wrong")
    _check_age(params.get("timestamp", ""), now, max_age)


def verify_token(request: Request, secret: str, api_key: str, now: int, max_age: int) -> None:
    """Check the token of the authorization header, and that it is for this body; raises Forged."""
    claims = _claims(request.headers.get("authorization", "").partition(" ")[2].strip(), secret)
    wanted = hashlib.sha256(request.body).hexdigest()
    if request.method != "POST" or not hmac.compare_digest(_word(claims, "payload_hash"), wanted.encode()):
        raise Forged("the body is not the one the token is for")
    if claims.get("api_key", api_key) != api_key:
        raise Forged("the token is for another account")
    _check_age(claims.get("iat"), now, max_age)
    expires = claims.get("exp", now)
    if not isinstance(expires, int | float) or expires < now - _AHEAD:
        raise Forged("the token has run out")


def token(claims: Mapping[str, Any], secret: str) -> str:
    """A token as Vonage signs it (JWT, HS256; RFC 7519).

    By hand, for Vonage's secrets are shorter than PyJWT takes without a warning for every request.
    """
    head = {"alg": "HS256", "typ": "JWT"}
    signed = ".".join(
        _base64(json.dumps(each, separators=(",", ":")).encode()).decode() for each in (head, claims)
    )
    return f"{signed}.{_tag(signed, secret).decode()}"


def _tag(signed: str, secret: str) -> bytes:
    return _base64(hmac.digest(secret.encode(), signed.encode("utf-8", "replace"), "sha256"))


def _base64(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _claims(token: str, secret: str) -> dict[str, Any]:
    """What a token claims, once its signature was found right."""
    signed, _, given = token.rpartition(".")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), _tag(signed, secret)):
        raise Forged("the token is signed by another secret")
    try:
        head, claims = (json.loads(base64.urlsafe_b64decode(each + "==")) for each in signed.split("."))
    except (ValueError, RecursionError) as error:
        raise Forged("the token is none") from error
    if not isinstance(head, dict) or head.get("alg") != "HS256" or not isinstance(claims, dict):
        raise Forged("the token is of another kind")
    return claims


def _word(claims: Mapping[str, Any], name: str) -> bytes:
    return fields.words(claims.get(name)).lower().encode("utf-8", "replace")


def _check_age(at: object, now: int, max_age: int) -> None:
    try:
        seconds = float(str(at))
    except ValueError as error:
        raise Forged("it does not say when it was signed") from error
    if not now - max_age <= seconds <= now + _AHEAD:
        raise Forged("it was signed too long ago, or in the future")
