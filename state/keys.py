"""API keys: only the SHA-256 of a key is stored; a key is shown once, when it is made."""

import hashlib
import secrets
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state.model.ids import new_id, now_ms
from state.statements import Fetch, Query, insert, update
from state.tables import api_key
from state.writer import Op

SCOPES = (
    "admin", "messages:write", "messages:read", "channels:read", "channels:write", "suspend",
    "consent:read", "consent:write", "terms:accept", "hooks:write",
)  # fmt: skip
"""What a key may do; `admin` may do all."""

_C = api_key.c
_NEW = insert(api_key, "id name digest scopes created_at")
_REVOKE = update(api_key, "revoked_at", "id")
_ONE = Fetch(api_key, "name revoked_at", "id")
_ALL = Query(
    sa.select(_C.id, _C.name, _C.digest, _C.scopes, _C.created_at).where(_C.revoked_at.is_(None)), ""
)
ALL = _ALL
"""All keys in force: id, name, digest, scopes (JSON), created_at."""


class NotInForce(Exception):
    """There is no such key in force."""


class Key(NamedTuple):
    """A key in force."""

    id: str
    name: str
    digest: str
    scopes: frozenset[str]
    created_at: int

    def may(self, scope: str) -> bool:
        """Whether the key has the scope."""
        return scope in self.scopes or "admin" in self.scopes


def digest(secret: str) -> str:
    """What is stored of a key. Keys carry 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create(name: str, scopes: tuple[str, ...]) -> Op[str]:
    """Make a key; gives the secret, which is stored nowhere."""
    secret = f"pk_{secrets.token_urlsafe(32)}"
    yield [
        (_NEW, (new_id(0), name, digest(secret), msgspec.json.encode(scopes).decode(), now_ms())),
    ]
    return secret


def revoke(key_id: str) -> Op[str]:
    """End a key; gives its name. Raises NotInForce."""
    (found,) = yield [(_ONE, (key_id,))]
    if not found or found[0][1] is not None:
        raise NotInForce(key_id)
    yield [(_REVOKE, (now_ms(), key_id))]
    return str(found[0][0])


def read_row(row: tuple[str, str, str, str, int]) -> Key:
    """A key from its row."""
    return Key(row[0], row[1], row[2], frozenset(msgspec.json.decode(row[3])), row[4])
