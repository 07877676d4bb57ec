"""Addresses as URNs, `scheme:path` (RFC 8141 in spirit; no `urn:` prefix), and the lane a first address gives."""

from zlib import crc32

SCHEMES = (
    "tel",
    "whatsapp",
    "whatsapp-bsuid",
    "messenger",
    "instagram",
    "wechat",
    "x",
    "telegram",
    "inapp",
    "mailto",
)
LANES = 256


class BadAddress(ValueError):
    """An address that is no `scheme:path` with a scheme we know."""


def parse(urn: str) -> tuple[str, str]:
    """Split a URN into scheme and path; raises BadAddress."""
    scheme, colon, path = urn.partition(":")
    if not colon or not path or scheme not in SCHEMES:
        raise BadAddress(
            f"{urn!r} is no address: it must be scheme:path with a scheme of {', '.join(SCHEMES)}"
        )
    return scheme, path


def path(addresses: tuple[str, ...], scheme: str) -> str:
    """The path of the first address with this scheme, or an empty string."""
    prefix = scheme + ":"
    for urn in addresses:
        if urn.startswith(prefix):
            return urn[len(prefix) :]
    return ""


def lane_of(urn: str) -> int:
    """The lane (0–255) that an address hashes to: stable over processes, machines and versions (CRC-32)."""
    return crc32(urn.encode()) % LANES
