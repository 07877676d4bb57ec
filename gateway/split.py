"""Cutting a text that is too long into parts, where a reader would."""

from collections.abc import Callable, Iterator

from connectors.graphemes import clusters
from connectors.sms import segments
from state.model.channel import TextUnit

_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "。", "！", "？")
"""Where to cut, the best first; else between words."""
_WORTH = 0.5
"""A break in the second half of what fits is worth taking."""


def size(text: str, unit: TextUnit) -> int:
    """How long a text is as a channel counts."""
    return _measure(text, unit)(text)


def _measure(whole: str, unit: TextUnit) -> Callable[[str], int]:
    """How long a piece of a text is; of a short message all pieces go in the encoding the whole needs."""
    if unit == "bytes":
        return lambda piece: len(piece.encode())
    if unit == "sms":
        how = segments.encoding(whole)
        return lambda piece: segments.units(piece, how)
    return len


def split(text: str, most: int, unit: TextUnit = "characters") -> tuple[str, ...]:
    """The parts of a text, each at most so long; a character is never cut unless it alone is too long."""
    if size(text, unit) <= most:
        return (text,)
    return tuple(_parts(text, most, _measure(text, unit)))


def _parts(text: str, most: int, measure: Callable[[str], int]) -> Iterator[str]:
    while measure(text) > most:
        fits = _fitting(text, most, measure)
        cut = _break(text, fits)
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _fitting(text: str, most: int, measure: Callable[[str], int]) -> int:
    """How many code points fit, whole characters only (at least what one character has of them)."""
    taken = length = 0
    for cluster in clusters(text[: most + 64]):
        length += measure(cluster)
        if length > most:
            break
        taken += len(cluster)
    return taken or _one(text, most, measure)


def _one(text: str, most: int, measure: Callable[[str], int]) -> int:
    """A single character longer than a part is cut at a code point."""
    taken = 1
    while taken < len(text) and measure(text[: taken + 1]) <= most:
        taken += 1
    return taken


def _break(text: str, fits: int) -> int:
    """Where to cut what fits: after the last good break that is far enough in, else right there."""
    for mark in _BREAKS:
        found = text.rfind(mark, int(fits * _WORTH), fits + 1)
        if found > 0:
            return min(found + len(mark), fits)
    if text[fits].isspace():
        return fits
    space = text.rfind(" ", 1, fits)
    return space if space > fits * _WORTH else fits
