"""The header before a piece of a long short message (3GPP TS 23.040, 9.2.3.24): reference, how many, which."""

from state.model.event import Part

_REFERENCES = {0x00: 1, 0x08: 2}
"""Elements that place a piece, and the octets of the reference in each."""


def header(reference: int, total: int, number: int) -> bytes:
    """The six octets before piece `number` (from 1) of `total`; the reference is of one octet."""
    return bytes((5, 0, 3, reference & 0xFF, total, number))


def part(octets: bytes, scope: str = "") -> Part | None:
    """Which piece a header, its length first, makes of a message; None where it places none, or is broken.

    References are reused: `scope` is what they are told apart within, such as the number written to.
    """
    at, end = 1, min(1 + octets[0], len(octets)) if octets else 0
    while at + 2 <= end:
        element, length = octets[at], octets[at + 1]
        value = octets[at + 2 : at + 2 + length]
        wide = _REFERENCES.get(element)
        if wide and len(value) == wide + 2:
            return placed(f"{scope}:{int.from_bytes(value[:wide], 'big')}", value[wide + 1], value[wide])
        at += 2 + length
    return None


def placed(ref: str, number: int, total: int) -> Part | None:
    """A piece, where it is one among several."""
    return Part(ref[:200], number, total) if 1 <= number <= total and 1 < total <= 255 else None
