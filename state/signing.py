"""Signatures over the heads of chains: Ed25519 (RFC 8032), with keys derived from the seal keys (HKDF, RFC 5869).

Whoever knows the public key checks an export without us; the private one never leaves the process.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from state.model.chain import Head
from state.seal import Seal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LABEL = b"parley ledger signing 1"


class Signer:
    """Signs with the first seal key's; knows the public keys of all of them."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    @cached_property
    def _keys(self) -> "tuple[Ed25519PrivateKey, ...]":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return tuple(Ed25519PrivateKey.from_private_bytes(each) for each in self._seal.derive(_LABEL))

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The public keys (hexadecimal), the one that signs first."""
        return tuple(key.public_key().public_bytes_raw().hex() for key in self._keys)

    def sign(self, head: Head) -> Head:
        """The head with our signature and public key."""
        return head._replace(signature=self._keys[0].sign(head.signed).hex(), key=self.known[0])


def is_signed(head: Head, key: str = "") -> bool:
    """Whether a head is signed by the public key it names, or by the one that is given."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key or head.key))
        public.verify(bytes.fromhex(head.signature), head.signed)
    except (InvalidSignature, ValueError):
        return False
    return True
