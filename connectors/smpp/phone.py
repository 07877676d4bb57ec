"""Phones behind a simulated SMSC: texts out of short messages, and into them, by a reading of the wire of its own."""

from collections.abc import Iterator
from typing import Any, Literal

from connectors.contract import Shown
from connectors.smpp.pdu import SubmitSm
from connectors.smpp.tlv import Tlv
from connectors.sms import gsm7
from state.model.content import Text, Unsupported

Way = Literal["udh8", "udh16", "sar", "payload"]


class Phones:
    """What all phones have been sent of messages that are not whole yet."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, int], dict[int, str]] = {}

    def shows(self, submit: SubmitSm, given: str) -> Shown | None:
        """What the phone shows now; None while parts are missing. The id shown is that of the part that came last."""
        octets, kind, reference, total, number = _placed(submit)
        if submit.data_coding in (2, 4):
            return Shown(given, submit.destination_addr, Unsupported("binary", octets.hex()))
        words = _words(octets, submit.data_coding)
        if total > 1:
            parts = self._open.setdefault((submit.destination_addr, kind, reference), {})
            parts[number] = words
            if len(parts) < total:
                return None
            words = "".join(parts[n] for n in sorted(parts))
            del self._open[submit.destination_addr, kind, reference]
        return Shown(given, submit.destination_addr, Text(words))


def too_long(submit: SubmitSm) -> bool:
    """Whether it takes more than the 140 octets that go over the air."""
    message = submit.short_message
    if submit.data_coding & 0xEF != 0:
        return len(message) > 140
    header = message[0] + 1 if submit.esm_class & 0x40 and message else 0
    return header + -(-(len(message) - header) * 7 // 8) > 140


def _placed(submit: SubmitSm) -> tuple[bytes, str, int, int, int]:
    """The text's octets, and which part it is: kind and number of the reference, how many, which."""
    payload = next((each.value for each in submit.tlvs if each.tag == 0x0424), b"")
    octets = submit.short_message or payload
    sar = {
        each.tag: int.from_bytes(each.value, "big")
        for each in submit.tlvs
        if each.tag in (0x20C, 0x20E, 0x20F)
    }
    if len(sar) == 3:
        return octets, "sar", sar[0x20C], sar[0x20E], sar[0x20F]
    if not submit.esm_class & 0x40:
        return octets, "", 0, 1, 1
    head, rest = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
    if head[:2] == b"\0\3":
        return rest, "8", head[2], head[3], head[4]
    if head[:2] == b"\x08\4":
        return rest, "16", head[2] * 256 + head[3], head[4], head[5]
    return rest, "", 0, 1, 1


def _words(octets: bytes, coding: int) -> str:
    if coding & 0xEF == 0x08:
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1") if coding == 3 else gsm7.decode(octets)


def parts(text: str, reference: int, way: Way) -> Iterator[dict[str, Any]]:
    """The fields of the short messages that a phone makes of a text. It cuts at every count, as some phones do."""
    plain = gsm7.fits(text)
    octets = gsm7.encode(text) if plain else text.encode("utf-16-be")
    common: dict[str, Any] = {"data_coding": 0 if plain else 8}
    if len(octets) <= (160 if plain else 140):
        yield {**common, "short_message": octets}
        return
    if way == "payload":
        yield {**common, "tlvs": (Tlv(0x0424, octets),)}
        return
    size = 152 if plain else 132
    pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
    for n, piece in enumerate(pieces, 1):
        if way == "sar":
            marks = ((0x20C, 2, reference & 0xFFFF), (0x20E, 1, len(pieces)), (0x20F, 1, n))
            tlvs = tuple(Tlv(tag, value.to_bytes(wide, "big")) for tag, wide, value in marks)
            yield {**common, "short_message": piece, "tlvs": tlvs}
            continue
        wide = 1 if way == "udh8" else 2
        told = (reference % 256**wide).to_bytes(wide, "big")
        head = bytes((4 + wide, 0 if wide == 1 else 8, 2 + wide)) + told + bytes((len(pieces), n))
        yield {**common, "esm_class": 0x40, "short_message": head + piece}
