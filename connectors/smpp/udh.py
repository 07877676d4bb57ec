"""The header before a short message's text: which part of which message it is (3GPP 23.040, 9.2.3.24)."""

from typing import Final, NamedTuple

from connectors.smpp import tlv
from connectors.smpp.tlv import Tlv

_CONCATENATED: Final = {0x00: 1, 0x08: 2}
"""Elements that place a part, and the octets of the reference in each."""
_PORTS: Final = {0x04: 1, 0x05: 2}


class Place(NamedTuple):
    """Which part this is: the message's reference (its kind first), of how many, and the part's number from 1."""

    reference: str
    total: int
    number: int


class Headed(NamedTuple):
    """A message without its header; `port` is the application on the phone it goes to (0: the reader's eyes)."""

    octets: bytes
    place: Place | None = None
    port: int = 0
    broken: str = ""


def unheaded(octets: bytes) -> Headed:
    """A message that begins with a header, without it; where the header is `broken` everything counts as text."""
    if not octets or 1 + octets[0] > len(octets):
        return Headed(octets, broken="the header is longer than the message")
    end = 1 + octets[0]
    place, port, at = None, 0, 1
    while at + 2 <= end:
        element, length = octets[at], octets[at + 1]
        value = octets[at + 2 : at + 2 + length]
        at += 2 + length
        if at > end:
            return Headed(octets[end:], place, port, "an element of the header is cut off")
        wide = _CONCATENATED.get(element)
        if wide and length == wide + 2:
            place = _place(f"u{wide}", int.from_bytes(value[:wide], "big"), value[wide], value[wide + 1])
        if element in _PORTS and length == 2 * _PORTS[element]:
            port = int.from_bytes(value[: _PORTS[element]], "big")
    return Headed(octets[end:], place, port, "" if at == end else "the header does not add up")


def by_parameters(tlvs: tuple[Tlv, ...]) -> Place | None:
    """The place that the `sar` parameters give; None where they are not all there."""
    reference, total, number = (
        tlv.number(tlvs, tag) for tag in (tlv.SAR_MSG_REF_NUM, tlv.SAR_TOTAL_SEGMENTS, tlv.SAR_SEGMENT_SEQNUM)
    )
    if reference is None or total is None or number is None:
        return None
    return _place("s", reference, total, number)


def _place(kind: str, reference: int, total: int, number: int) -> Place | None:
    """A place, where it is one among several."""
    return Place(f"{kind}{reference}", total, number) if 1 <= number <= total and 1 < total <= 255 else None
