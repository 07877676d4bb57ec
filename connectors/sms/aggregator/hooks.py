"""Whether a webhook is the aggregator's: by a shared word, and by an HMAC of its body with the time it was signed."""

import hmac

from state.model.wire import Forged, Request

TOLERANCE = 300
"""Seconds a signature is taken before and after its time."""


def sign(body: bytes, secret: str, at: int) -> str:
    """The header over a body: `t=<seconds>,v1=<HMAC-SHA256 of t.body, hexadecimal>`."""
    return f"t={at},v1={hmac.digest(secret.encode(), b'%d.' % at + body, 'sha256').hex()}"


def verify_token(request: Request, where: str, token: str) -> None:
    """Check the shared word in a parameter of the address or in a header; raises Forged."""
    place, _, name = where.partition(":")
    given = request.query.get(name, "") if place == "query" else request.headers.get(name.lower(), "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        raise Forged("the token is missing or wrong")


def verify_signature(request: Request, header: str, secret: str, now: int) -> None:
    """Check the signature over the raw body, and its time; raises Forged. It is over nothing else: a GET has none."""
    if request.method != "POST":
        raise Forged("only what is posted can be signed")
    given = request.headers.get(header.lower(), "")
    written = given.partition("t=")[2].partition(",")[0].strip()
    if not (written.isascii() and written.isdigit() and len(written) < 12):
        raise Forged("the signature is missing or has no time")
    expected = sign(request.body, secret, int(written))
    if not hmac.compare_digest(given.replace(" ", "").encode("utf-8", "replace"), expected.encode()):
        raise Forged("the signature is wrong")
    if abs(now - int(written)) > TOLERANCE:
        raise Forged("it was signed too long ago, or in the future")
