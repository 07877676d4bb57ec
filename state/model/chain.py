"""Chains of records: each link holds the one before it, so that whoever knows the head knows whether anything changed.

The digest of a record is SHA-256 over its salt (16 random bytes) and its canonical JSON; the hash of a link is SHA-256
over the hash before it, its number (8 bytes, big-endian) and the digest. The first follows SHA-256 over the chain's
name, after the words `parley chain 1` and a zero byte. Signed is the head's canonical JSON, after `parley head 1` and a
zero byte. So a digest may be shown to those who may not see its record: without the salt it cannot be guessed.
"""

import hashlib
from typing import Any, NamedTuple

import msgspec

_encode = msgspec.json.Encoder(order="deterministic").encode
_ORIGIN = b"parley chain 1\0"
_HEAD = b"parley head 1\0"


class Head(NamedTuple):
    """The last link of a chain, signed; `at` in milliseconds, UTC. Signature and public key are hexadecimal."""

    name: str
    seq: int
    hash: str
    signature: str = ""
    key: str = ""
    at: int = 0

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return _HEAD + canonical({"chain": self.name, "seq": self.seq, "hash": self.hash, "at": self.at})


class Link(NamedTuple):
    """One link. Either its `record` with the salt, or the `digest` of one that is not shown.

    `flaw` is what is wrong with the record by itself, apart from the chain.
    """

    seq: int
    hash: str = ""
    salt: str = ""
    record: Any = None
    digest: str = ""
    flaw: str = ""


def canonical(record: Any) -> bytes:
    """A record as the bytes that are hashed: JSON in UTF-8 without blanks, the members of objects by their names."""
    return _encode(record)


def digest(salt: str, record: Any) -> str:
    """The digest of a record; raises ValueError where the salt is not hexadecimal."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(record)).hexdigest()


def origin(name: str) -> str:
    """The hash the first link of a chain follows."""
    return hashlib.sha256(_ORIGIN + name.encode()).hexdigest()


def after(before: str, seq: int, digested: str) -> str:
    """The hash of the link that follows a hash; raises ValueError where one of them is not hexadecimal."""
    parts = (bytes.fromhex(before), seq.to_bytes(8, "big"), bytes.fromhex(digested))
    return hashlib.sha256(b"".join(parts)).hexdigest()


class Walk:
    """Follows a chain link by link; `broken` is the first number at which it is, with what is wrong there."""

    def __init__(self, name: str, seq: int = 0, hash_: str = "") -> None:
        self.name, self.seq, self.hash = name, seq, hash_ or origin(name)
        self.shown = 0
        self.broken: tuple[int, str] | None = None

    def take(self, link: Link) -> bool:
        """Take the next link; says whether all is whole so far."""
        flaw = self._flaw(link)
        if flaw:
            self.broken = (min(link.seq, self.seq + 1), flaw)
            return False
        self.seq += 1
        self.shown += link.record is not None
        return True

    def _flaw(self, link: Link) -> str:
        if link.seq > self.seq + 1:
            return f"it is missing: {link.seq} follows {self.seq}"
        if link.seq <= self.seq:
            return "it is there twice, or out of its order"
        if link.flaw:
            return link.flaw
        try:
            digested = link.digest if link.record is None else digest(link.salt, link.record)
            self.hash = after(self.hash, link.seq, digested)
        except (ValueError, OverflowError, TypeError) as error:
            return f"it cannot be read: {error}"
        if link.hash and link.hash != self.hash:
            return "its hash does not follow from what it says and from the link before it"
        return ""

    def end(self, head: Head) -> bool:
        """Compare the end with the head; says whether the chain is whole."""
        if self.broken:
            return False
        if self.seq < head.seq:
            self.broken = (self.seq + 1, f"it is missing: the head counts {head.seq}")
        elif self.seq > head.seq:
            self.broken = (head.seq + 1, f"it comes after the head, which counts {head.seq}")
        elif self.hash != head.hash:
            self.broken = (self.seq, "the chain does not lead to the head's hash")
        return self.broken is None
