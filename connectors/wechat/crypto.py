"""WeChat's signatures and its message encryption (Official Accounts: message encryption and decryption).

AES-256-CBC, the key is the EncodingAESKey, the IV its first 16 bytes, padded to blocks of 32; inside: 16 random bytes,
the length (4 bytes, big-endian), the XML, the AppID.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence

from state.model.wire import Forged

_BLOCK = 32


def signature(*parts: str) -> str:
    """The SHA-1 of the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 - theirs


def check(given: str, *parts: str) -> None:
    """Compare a signature in constant time; raises Forged."""
    if not hmac.compare_digest(given.encode("utf-8", "replace"), signature(*parts).encode()):
        raise Forged("the signature is missing or wrong")


def check_age(stamp: str, now: int, most: int) -> None:
    """Check that a signature's time is at most so many seconds from now, which it covers; raises Forged."""
    known = stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    if not known or abs(now - int(stamp)) > most:
        raise Forged("it was signed too long ago, or in the future")


class Cipher:
    """The account's keys: messages are opened with any of them, and sealed with the first."""

    def __init__(
        self, keys: Sequence[str], app_id: str, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._keys = [base64.b64decode(f"{key}=") for key in keys if key]
        self._app_id, self._random = app_id.encode(), random

    def open(self, sealed: str) -> bytes:
        """The XML; raises Forged where it was sealed with no key of ours, or for another account."""
        for key in self._keys:
            found = self._opened(key, sealed)
            if found is not None:
                return found
        raise Forged("the message is sealed with no key of ours, or for another account")

    def _opened(self, key: bytes, sealed: str) -> bytes | None:
        try:
            raw = base64.b64decode(sealed.encode(), validate=True)
            plain = _run(key, raw, seal=False)
        except (binascii.Error, ValueError):
            return None
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= _BLOCK or len(plain) < 20 + padding:
            return None
        length = int.from_bytes(plain[16:20], "big")
        inner, owner = plain[20 : 20 + length], plain[20 + length : -padding]
        return inner if hmac.compare_digest(owner, self._app_id) else None

    def seal(self, xml: bytes) -> str:
        """The XML as `Encrypt` carries it."""
        plain = self._random(16) + len(xml).to_bytes(4, "big") + xml + self._app_id
        padding = _BLOCK - len(plain) % _BLOCK
        return base64.b64encode(_run(self._keys[0], plain + bytes([padding]) * padding, seal=True)).decode()


def _run(key: bytes, data: bytes, *, seal: bool) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher as Aes
    from cryptography.hazmat.primitives.ciphers import algorithms, modes

    cipher = Aes(algorithms.AES(key), modes.CBC(key[:16]))
    step = cipher.encryptor() if seal else cipher.decryptor()
    return step.update(data) + step.finalize()
