"""Segments: how many short messages a text takes, and where it is cut (3GPP TS 23.040, 9.2.3.24.1).

One message carries 140 octets: 160 septets or 70 UTF-16 code units. Each of several gives some to the header that puts
them together again: six octets leave 153 and 67, seven (a 16-bit reference) 152 and 66.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from connectors.graphemes import clusters
from connectors.sms import gsm7

Encoding = Literal["gsm7", "ucs2"]
_OCTETS = 140


class Segments(NamedTuple):
    """What a text takes: its encoding, its length in septets or code units, and how many messages."""

    encoding: Encoding
    units: int
    parts: int


def encoding(text: str) -> Encoding:
    """The encoding a text needs: one character outside the alphabet makes all of it UCS-2."""
    return "gsm7" if gsm7.fits(text) else "ucs2"


def units(text: str, how: Encoding) -> int:
    """The length of a text in septets, or in UTF-16 code units."""
    return gsm7.septets(text) if how == "gsm7" else len(text.encode("utf-16-be", "surrogatepass")) // 2


def count(text: str, header_octets: int = 6) -> Segments:
    """What a text takes."""
    how = encoding(text)
    return Segments(how, units(text, how), len(split(text, header_octets)))


def split(text: str, header_octets: int = 6) -> tuple[str, ...]:
    """The text in pieces that fit into one message each; no character is cut unless it alone is too long.

    Every piece of a text goes in the text's own encoding, whatever it could do with.
    """
    how = encoding(text)
    if units(text, how) <= _room(how, 0):
        return (text,)
    return tuple(_pieces(text, how, _room(how, header_octets)))


def _room(how: Encoding, header_octets: int) -> int:
    left = _OCTETS - header_octets
    return left * 8 // 7 if how == "gsm7" else left // 2


def _pieces(text: str, how: Encoding, room: int) -> Iterator[str]:
    piece, length = "", 0
    for part in _unbroken(text, how, room):
        size = units(part, how)
        if length + size > room:
            yield piece
            piece, length = "", 0
        piece, length = piece + part, length + size
    yield piece


def _unbroken(text: str, how: Encoding, room: int) -> Iterator[str]:
    """What must not be cut: a character as a reader takes it, its code points where it is too long for a message."""
    for cluster in clusters(text):
        if units(cluster, how) <= room:
            yield cluster
        else:
            yield from cluster
