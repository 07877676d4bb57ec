"""Who calls: API keys by bearer, and the console's signed sessions that stand for a key."""

import hashlib
import hmac
import secrets
import time
from typing import NamedTuple

from aiohttp import web

from admin.operations import Actor
from gateway.problems import Problem
from state import keys
from state.keys import Key
from state.store import Store

DEMO = Actor("demo", frozenset({"admin"}), named=False)
"""Whoever is at the demonstration and sends no key."""
COOKIE = "parley_console"
SESSION_SECONDS = 8 * 3600
_FRESH = 2.0
"""Seconds a list of keys is believed."""


class Session(NamedTuple):
    """A browser's session: the key it stands for ("" before signing in), when it ends (seconds), and its text."""

    key: str
    ends: int
    text: str


class Auth:
    """Knows the keys in force; signs sessions with a key derived from the seal key."""

    def __init__(self, store: Store, secret: str, *, demo: bool) -> None:
        self._store, self.demo = store, demo
        self._secret = derived(secret, "console sessions")
        self._keys: dict[str, Key] = {}
        self._read_at = float("-inf")

    async def caller(self, request: web.Request) -> Actor:
        """Who calls with `Authorization: Bearer`; raises Problem `unauthorized`."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if not secret and self.demo:
            return DEMO
        key = await self.key(secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise Problem("unauthorized", "send an API key: Authorization: Bearer pk_…")
        return actor(key)

    async def key(self, secret: str) -> Key | None:
        """The key with this secret, or none; compared by digest in constant time."""
        wanted = keys.digest(secret)
        await self._refresh()
        found = None
        for key in self._keys.values():
            if hmac.compare_digest(key.digest, wanted):
                found = key
        return found

    async def _refresh(self) -> None:
        if time.monotonic() - self._read_at > _FRESH:
            rows = await self._store.read(keys.ALL)
            self._keys = {key.id: key for key in (keys.read_row(tuple(row)) for row in rows)}
            self._read_at = time.monotonic()

    def begin(self, key_id: str = "") -> Session:
        """A new session for a key."""
        ends = int(time.time()) + SESSION_SECONDS
        plain = f"{key_id}.{ends}.{secrets.token_hex(12)}"
        return Session(key_id, ends, f"{plain}.{self._sign(plain)}")

    def session(self, request: web.Request) -> Session | None:
        """The session of a browser, if its cookie is ours and has not ended."""
        text = request.cookies.get(COOKIE, "")
        plain, _, signature = text.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(plain).encode()):
            return None
        key_id, ends, _ = plain.split(".")
        return Session(key_id, int(ends), text) if int(ends) > time.time() else None

    async def visitor(self, session: Session | None) -> Actor | None:
        """Who a session stands for, as long as its key is in force."""
        if self.demo:
            return DEMO
        await self._refresh()
        key = self._keys.get(session.key) if session else None
        return actor(key) if key else None

    def csrf(self, session: Session) -> str:
        """The token that a form of this session carries."""
        return self._sign(f"form {session.text}")

    def check_csrf(self, session: Session | None, token: str) -> None:
        """Raise Problem `forbidden` where a form is not of this session."""
        if session is None or not hmac.compare_digest(token.encode(), self.csrf(session).encode()):
            raise Problem("forbidden", "the form is not of this session: open the page again")

    def _sign(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode(), hashlib.sha256).hex()


def actor(key: Key) -> Actor:
    """A key as an actor."""
    return Actor(f"key {key.name}", key.scopes)


def derived(secret: str, purpose: str) -> bytes:
    """A key for one purpose; without a seal key one that ends with the process."""
    return hashlib.sha256(f"{purpose}:{secret}".encode()).digest() if secret else secrets.token_bytes(32)
