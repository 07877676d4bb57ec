"""Addresses as URNs, `scheme:path` (RFC 8141 in spirit; no `urn:` prefix), and the lane a first address gives."""

import re
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
_SEPARATORS = re.compile(r"[\s().\-/]")
_WORLDWIDE = re.compile(r"[1-9][0-9]{0,14}")
_LONG = re.compile(r"[1-9][0-9]{6,14}")
_DIGITS = re.compile(r"[0-9]{1,15}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


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


def canonical(urn: str) -> str:
    """The one form in which an address is kept, however it was written; raises BadAddress where it is none.

    An international number is `tel:+` and its digits (E.164), also where it was written with 00 or, from eight digits
    on, without a plus; a short code and a national number stay as they are. WhatsApp's numbers have digits alone, and
    mail addresses small letters.
    """
    scheme, path = parse(urn)
    form = {"tel": _telephone, "whatsapp": _whatsapp, "mailto": _mail}.get(scheme)
    try:
        return f"{scheme}:{form(path)}" if form else urn
    except ValueError as error:
        raise BadAddress(f"{urn[:60]!r} is no address: {error}") from error


def kept(urn: str) -> str:
    """An address as `canonical` has it, or as it is: names that texts come from have none."""
    try:
        return canonical(urn)
    except BadAddress:
        return urn


def _telephone(written: str) -> str:
    bare = _SEPARATORS.sub("", written)
    if bare.startswith("+") and _WORLDWIDE.fullmatch(bare[1:]):
        return bare
    digits = bare.removeprefix("00")
    if _LONG.fullmatch(digits) and (digits != bare or len(digits) >= 8):
        return f"+{digits}"
    if _DIGITS.fullmatch(bare):
        return bare
    raise ValueError("a telephone number has up to 15 digits, as tel:+4915112345678")


def _whatsapp(written: str) -> str:
    digits = _SEPARATORS.sub("", written).removeprefix("+").removeprefix("00")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 30):
        raise ValueError("a number on WhatsApp has digits alone, as whatsapp:4915112345678")
    return digits


def _mail(written: str) -> str:
    if not _MAIL.fullmatch(written):
        raise ValueError("a mail address has a name, an @ and a place, as mailto:ann@example.com")
    return written.lower()


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
