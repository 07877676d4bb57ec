"""Where a text may be cut: never within what a reader takes for one character (after Unicode TR 29, in the main)."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_JOINER = "\u200d"
_FLAGS = range(0x1F1E6, 0x1F200)
_SKINS = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_JAMO = range(0x1160, 0x1200)


def clusters(text: str) -> Iterator[str]:
    """The characters of a text as a reader counts them."""
    start, flags = 0, 0
    for n in range(1, len(text)):
        flags = flags + 1 if ord(text[n - 1]) in _FLAGS else 0
        if not _joined(text[n - 1], text[n], flags):
            yield text[start:n]
            start = n
    if text:
        yield text[start:]


def _joined(before: str, after: str, flags: int) -> bool:
    """Whether two code points are of one character; `flags` regional indicators stand before the cut."""
    if before < "\u0300" and after < "\u0300":
        return before == "\r" and after == "\n"
    if _JOINER in (before, after) or _extends(after):
        return True
    return ord(after) in _FLAGS and flags % 2 == 1


@lru_cache(maxsize=4096)
def _extends(char: str) -> bool:
    """Whether it only ever goes with the one before it."""
    code = ord(char)
    if code in _SKINS or code in _TAGS or code in _JAMO:
        return True
    return unicodedata.category(char) in ("Mn", "Me", "Mc")
