"""Texts to and from the octets of a short message: alphabets by data_coding (SMPP 3.4, 5.2.19; 3GPP 23.038)."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from connectors.graphemes import clusters
from connectors.smpp.profile import Account, Alphabet
from connectors.sms import gsm7, segments

_OCTETS: Final = 140
"""What one short message carries on the air, headers and all."""
_COSTLY = frozenset("^{}\\[~]|`")
"""ASCII that the air has no single septet for."""
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\r")
_CODECS: dict[int, str] = {
    0x01: "ascii", 0x03: "latin-1", 0x05: "shift_jis", 0x06: "iso8859-5", 0x07: "iso8859-8", 0x08: "utf-16-be",
    0x0A: "iso2022_jp", 0x0D: "euc_jp", 0x0E: "euc_kr",
}  # fmt: skip


class Coded(NamedTuple):
    """A text cut to short messages: the octets of each, and how they are coded."""

    data_coding: int
    pieces: tuple[bytes, ...]


def coded(text: str, account: Account, header: int) -> Coded:
    """A text as short messages; `header` are the octets of each where it takes several, or -1: it is not cut."""
    coding, codec = _chosen(text, account)
    if codec == "gsm7" or (codec == "utf-16-be" and not gsm7.fits(text)):
        parts = (text,) if header < 0 else segments.split(text, header)
        return Coded(
            coding, tuple(gsm7.encode(part) if codec == "gsm7" else part.encode(codec) for part in parts)
        )
    measure, single, room = _MEASURES[codec](header)
    parts = (text,) if header < 0 or measure(text) <= single else tuple(_cut(text, measure, room))
    return Coded(coding, tuple(part.encode(codec) for part in parts))


def one(text: str, account: Account) -> bool:
    """Whether a text fits into one short message."""
    return len(coded(text, account, 6).pieces) == 1


def units(text: str) -> int:
    """How long a text is, in septets or, where those cannot write it, in code units."""
    return segments.units(text, segments.encoding(text))


def decoded(octets: bytes, data_coding: int, alphabet: Alphabet) -> str | None:
    """The text of octets; None where they are no text. What the alphabet has not becomes U+FFFD."""
    codec = _codec(data_coding, alphabet)
    # Some write GSM 7 bit under the number of ASCII; what no ASCII text holds gives it away.
    if codec == "gsm7" or (codec == "ascii" and _CONTROLS & set(octets)):
        return gsm7.decode(octets)
    return octets.decode(codec, "replace") if codec else None


def _chosen(text: str, account: Account) -> tuple[int, str]:
    """The data_coding of a text of ours, and the codec."""
    if account.text_coding == "latin1" and _encodes(text, "latin-1"):
        return 0x03, "latin-1"
    if account.text_coding == "auto" and account.alphabet == "gsm7" and gsm7.fits(text):
        return 0x00, "gsm7"
    default = {"latin1": "latin-1", "ascii": "ascii"}.get(account.alphabet, "")
    if account.text_coding == "auto" and default and _encodes(text, default):
        return 0x00, default
    return 0x08, "utf-16-be"


def _encodes(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _codec(data_coding: int, alphabet: Alphabet) -> str:
    """The codec of a data_coding; "" where it is binary. Unknown and reserved ones are read as the default alphabet."""
    default = {"latin1": "latin-1", "ascii": "ascii"}.get(alphabet, "gsm7")
    if data_coding in _CODECS:
        return _CODECS[data_coding]
    if data_coding in (0x02, 0x04):
        return ""
    group = data_coding & 0xF0
    if group in (0x10, 0x20, 0x30):
        return {0x00: "gsm7", 0x04: "", 0x08: "utf-16-be"}.get(data_coding & 0x0C, "gsm7")
    if group == 0xF0:
        return "" if data_coding & 0x04 else "gsm7"
    return {0xC0: "gsm7", 0xD0: "gsm7", 0xE0: "utf-16-be"}.get(group, default)


Measure = Callable[[str], int]


def _latin(header: int) -> tuple[Measure, int, int]:
    return len, _OCTETS, _OCTETS - header


def _units(header: int) -> tuple[Measure, int, int]:
    return lambda text: len(text.encode("utf-16-be")) // 2, _OCTETS // 2, (_OCTETS - header) // 2


def _ascii(header: int) -> tuple[Measure, int, int]:
    """The SMSC makes septets of ASCII, so it is counted as what it will be."""
    room = (_OCTETS - header) * 8 // 7
    return lambda text: len(text) + sum(char in _COSTLY for char in text), _OCTETS * 8 // 7, room


_MEASURES: dict[str, Callable[[int], tuple[Measure, int, int]]] = {
    "latin-1": _latin, "utf-16-be": _units, "ascii": _ascii,
}  # fmt: skip


def _cut(text: str, measure: Measure, room: int) -> Iterator[str]:
    """The parts of a text, cut between characters; one that is longer than a part is cut between code points."""
    part, length = "", 0
    for cluster in clusters(text):
        whole = measure(cluster)
        for piece in cluster if whole > room else (cluster,):
            size = measure(piece)
            if length + size > room:
                yield part
                part, length = "", 0
            part, length = part + piece, length + size
    if part:
        yield part
