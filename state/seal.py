"""Sealing of credentials: AES-256-GCM under a key that is not in the database (NIST SP 800-38D).

A sealed value is `version (1) · key id (4) · nonce (12) · ciphertext and tag`. What it belongs to (a channel's id) is
authenticated with it, so a sealed value moved to another row does not open. Several keys may be given: the first
seals, all of them open, so a key is changed by putting a new one in front.
"""

import base64
import binascii
import hashlib
import os
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_HOW = f"A key is the base64 of {KEY_BYTES} random bytes, such as `openssl rand -base64 {KEY_BYTES}` prints"
_VERSION = b"\x01"
_ID = slice(1, 5)
_NONCE = slice(5, 17)
_HEAD = 17


class SealError(Exception):
    """Credentials cannot be sealed or opened; the text says what to do and never shows a key."""


class BadKey(SealError, ValueError):
    """A seal key that is not the base64 of 32 bytes, or none where one is needed."""


class WrongKey(SealError):
    """A value sealed with a key that was not given."""


class Broken(SealError):
    """A sealed value that was changed, cut, or moved from another subject."""


class _Key(NamedTuple):
    id: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"_Key({self.id.hex()})"


class Seal:
    """Seals and opens with the keys of one text: base64 of 32 bytes each, separated by blanks or commas."""

    def __init__(self, text: str) -> None:
        """Read the keys; raises BadKey, which never shows them."""
        self._keys = tuple(_read(word) for word in text.replace(",", " ").split())
        if not self._keys:
            raise BadKey(
                f"There is no seal key, and credentials are stored sealed: set seal_key or seal_key_file. {_HOW}"
            )

    def __repr__(self) -> str:
        return f"Seal({', '.join(key.id.hex() for key in self._keys)})"

    @cached_property
    def _ciphers(self) -> "dict[bytes, AESGCM]":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return {key.id: AESGCM(key.secret) for key in reversed(self._keys)}

    def seal(self, plain: bytes, subject: str) -> bytes:
        """Seal a value that belongs to the subject (a channel's id)."""
        head = _VERSION + self._keys[0].id
        nonce = os.urandom(12)
        return head + nonce + self._ciphers[head[_ID]].encrypt(nonce, plain, head + subject.encode())

    def open(self, sealed: bytes, subject: str) -> bytes:
        """Open what was sealed for the subject; raises WrongKey or Broken."""
        from cryptography.exceptions import InvalidTag

        if len(sealed) < _HEAD or sealed[:1] != _VERSION:
            raise Broken(f"The credentials of {subject} are not a sealed value: they must be entered again")
        cipher = self._ciphers.get(sealed[_ID])
        if cipher is None:
            raise WrongKey(self._advice(subject, sealed[_ID].hex()))
        try:
            return cipher.decrypt(sealed[_NONCE], sealed[_HEAD:], sealed[: _ID.stop] + subject.encode())
        except InvalidTag:
            raise Broken(
                f"The credentials of {subject} were changed or belong to another channel: they must be entered again"
            ) from None

    def derive(self, label: bytes) -> tuple[bytes, ...]:
        """32 bytes of each key for another use, which the label names (HKDF with SHA-256, RFC 5869)."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return tuple(HKDF(SHA256(), KEY_BYTES, None, label).derive(key.secret) for key in self._keys)

    def _advice(self, subject: str, needed: str) -> str:
        given = ", ".join(key.id.hex() for key in self._keys)
        return (
            f"The credentials of {subject} are sealed with the key {needed}, and given is {given}: put the old key "
            "after the new one in seal_key or seal_key_file, or enter the credentials again"
        )


def new_key() -> str:
    """A fresh key as text."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def _read(word: str) -> _Key:
    try:
        secret = base64.b64decode(word, altchars=b"-_" if set(word) & {"-", "_"} else None, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise BadKey(_HOW)
    return _Key(hashlib.sha256(b"parley seal key\0" + secret).digest()[:4], secret)
