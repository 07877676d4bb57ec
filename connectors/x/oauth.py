"""How a call proves whose account it is for: OAuth 1.0a signatures (RFC 5849) and OAuth 2.0 bearer tokens (RFC 6750).

A JSON or multipart body is no part of an OAuth 1.0a signature (RFC 5849 §3.4.1.3.1), so only the URL is signed.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

Stamp = Callable[[], tuple[str, str]]
"""Gives the time in seconds since 1970, and a nonce: a word never used before at that time."""
Authorize = Callable[[str, str], str]
"""The Authorization header for a method and a whole URL."""
_PORTS = {"http": 80, "https": 443}


def stamp() -> tuple[str, str]:
    """This second, and a random nonce."""
    return str(int(time.time())), secrets.token_hex(16)


class Keys(NamedTuple):
    """The two pairs of OAuth 1.0a: the app's (consumer) and the account's (token)."""

    consumer: str
    consumer_secret: str
    token: str
    token_secret: str


def bearer(token: str) -> Authorize:
    """Headers that carry an OAuth 2.0 access token."""
    return lambda method, url: f"Bearer {token}"


def signed(keys: Keys, stamp: Stamp) -> Authorize:
    """Headers signed with HMAC-SHA1; each has a stamp of its own."""

    def header(method: str, url: str) -> str:
        at, nonce = stamp()
        given = {
            "oauth_consumer_key": keys.consumer,
            "oauth_nonce": nonce,
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": at,
            "oauth_token": keys.token,
            "oauth_version": "1.0",
        }
        given["oauth_signature"] = signature(keys, method, url, given.items())
        return "OAuth " + ", ".join(f'{name}="{_escaped(value)}"' for name, value in sorted(given.items()))

    return header


def signature(keys: Keys, method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The signature of a request, in base64 (RFC 5849 §3.4.2); `parameters` are those that are not in the URL."""
    text = base_string(method, url, parameters).encode()
    key = f"{_escaped(keys.consumer_secret)}&{_escaped(keys.token_secret)}".encode()
    return base64.b64encode(hmac.digest(key, text, hashlib.sha1)).decode()


def base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """What is signed (RFC 5849 §3.4.1): the method, the address without its query, and all parameters in order."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.port and parts.port != _PORTS.get(parts.scheme):
        host += f":{parts.port}"
    every = [*parameters, *parse_qsl(parts.query, keep_blank_values=True)]
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in every)
    normal = "&".join(f"{name}={value}" for name, value in pairs)
    address = f"{parts.scheme.lower()}://{host}{parts.path or '/'}"
    return "&".join(map(_escaped, (method.upper(), address, normal)))


def _escaped(text: str) -> str:
    """Percent-encoded as RFC 5849 §3.6 wants it: letters, digits and -._~ stay."""
    return quote(text, safe="~")
