"""How fast an SMSC lets us send: 0x58 halves the pace, which comes back by a tenth each second; 0x14 is a pause."""

from typing import Final

_RECOVERY: Final = 0.1
"""Part of the contract's pace that comes back each second."""
_SLOWEST: Final = 0.02
"""Part of the contract's pace below which it is not halved any more."""
_SHORTEST, _LONGEST = 1.0, 30.0
"""Seconds of a pause; it doubles while the SMSC's queue stays full."""


class Throttle:
    """The pace of one link. While the SMSC has not complained nothing is held back here: the gateway keeps the pace."""

    def __init__(self, pace: float) -> None:
        self._pace = self._rate = pace
        self._since = 0.0
        self._next = 0.0
        self._until = 0.0
        self._pause = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a message may leave."""
        held = self._until if self.free(now) else max(self._until, self._next)
        return max(0.0, held - now)

    def free(self, now: float) -> bool:
        """Whether all of the contract's pace may be used."""
        return self.rate(now) >= self._pace

    def rate(self, now: float) -> float:
        """Messages a second, now."""
        return min(self._pace, self._rate + (now - self._since) * _RECOVERY * self._pace)

    def sent(self, now: float) -> None:
        """A message has left."""
        self._next = now if self.free(now) else max(now, self._next) + 1 / self.rate(now)

    def taken(self) -> None:
        """The SMSC has taken a message: its queue is not full."""
        self._pause = 0.0

    def too_fast(self, now: float) -> float:
        """The SMSC said 0x58; gives the seconds until the next message may leave."""
        self._rate = max(self.rate(now) / 2, self._pace * _SLOWEST)
        self._since = now
        self._next = max(self._next, now + 1 / self._rate)
        return self.wait(now)

    def full(self, now: float) -> float:
        """The SMSC said 0x14; gives the seconds until the next message may leave."""
        if now >= self._until:
            self._pause = min(max(_SHORTEST, self._pause * 2), _LONGEST)
            self._until = now + self._pause
        return self.wait(now)
