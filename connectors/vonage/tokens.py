"""Who we are to Vonage: key and secret, or a token that an application's private key signs (Messages API)."""

import base64
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Stamp = Callable[[], tuple[int, str]]
"""This second (since 1970), and a random id."""
SECONDS = 900
"""How long a token of ours holds."""


def stamp() -> tuple[int, str]:
    """This second, and a random id."""
    return int(time.time()), secrets.token_hex(16)


def basic(key: str, secret: str) -> str:
    """The header that names the account."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def signer(private_key: str) -> "RSAPrivateKey":
    """The private key of an application, read once; raises ValueError where it is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("private_key: is no RSA key in PEM") from error
    if not isinstance(found, RSAPrivateKey):
        raise ValueError("private_key: is no RSA key in PEM")
    return found


def bearer(application: str, key: "RSAPrivateKey", given: tuple[int, str]) -> str:
    """The header with a token of the application."""
    import jwt

    at, unique = given
    claims = {"application_id": application, "iat": at, "exp": at + SECONDS, "jti": unique}
    return "Bearer " + jwt.encode(claims, key, "RS256")
