"""Ids: UUIDv7 (RFC 9562) as 32 hex digits, whose first whole random byte is the lane, so an id alone finds its row.

Layout: 48 bits of milliseconds, version 7 with a high nibble of a counter, the lane, variant with the counter's
low 14 bits, 48 random bits. Ids of one process rise strictly within a lane.
"""

import os
import random
import re
import struct
import time
from collections.abc import Callable

_random = random.Random(os.urandom(16)).getrandbits  # noqa: S311 - uniqueness, not secrecy
_halves = struct.Struct(">QQ").pack
_COUNTER_BITS = 18
_id = re.compile("[0-9a-f]{32}").fullmatch


class _Clock:
    """The last millisecond seen and how many ids it has given."""

    def __init__(self) -> None:
        self.ms = 0
        self.count = 0

    def next(self, now: int) -> tuple[int, int]:
        if now > self.ms:
            self.ms, self.count = now, 0
        else:
            self.count += 1
            if self.count >> _COUNTER_BITS:
                self.ms, self.count = self.ms + 1, 0
        return self.ms, self.count


_clock = _Clock()


def now_ms() -> int:
    """The time in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def new_id(lane: int, now: Callable[[], int] = now_ms) -> str:
    """A new id in a lane (0–255)."""
    ms, count = _clock.next(now())
    first = ms << 16 | 0x7000 | count >> 14 << 8 | lane
    return _halves(first, 1 << 63 | (count & 0x3FFF) << 48 | _random(48)).hex()


LONGEST = 255
"""Characters a key, an address, or an id of somebody else's may have."""
ID_PATTERN = re.compile(r"[0-9a-f]{32}")
"""What an id looks like."""


def lane_of_id(text: str) -> int:
    """The lane an id carries; raises ValueError where the text is no id."""
    if not _id(text):
        raise ValueError(f"{text[:40]!r} is no id: 32 hex digits in lower case are expected")
    return int(text[14:16], 16)


def time_of_id(text: str) -> int:
    """When an id was made, in milliseconds, UTC."""
    return int(text[:12], 16)
