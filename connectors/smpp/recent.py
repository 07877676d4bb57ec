"""Messages from phones that the SMSC may send again, because our answer went down with the connection.

SMPP gives them no ids. Those that came in the last seconds of a connection are told by their octets for a while after
it; anything else alike is a customer who says the same thing twice.
"""

from collections import deque
from typing import Final

_BEFORE: Final = 5.0
"""Seconds before the break in which an answer may have been lost."""
_AFTER: Final = 300.0
"""Seconds after it in which the same octets are the same message."""


class Recent:
    """The last messages of a connection, by a digest of their octets."""

    def __init__(self) -> None:
        self._last: deque[tuple[float, bytes, str]] = deque()
        self._again: dict[bytes, list[str]] = {}
        self._until = 0.0

    def key(self, fresh: str, digest: bytes, now: float) -> str:
        """The key of a message: a fresh one, or the one it had before the break."""
        if self._again and now > self._until:
            self._again.clear()
        keys = self._again.get(digest)
        found = keys.pop(0) if keys else fresh
        self._last.append((now, digest, found))
        while self._last[0][0] < now - _BEFORE:
            self._last.popleft()
        return found

    def broke(self, now: float) -> None:
        """The connection broke: what came last may come again."""
        if now > self._until:
            self._again.clear()
        for at, digest, key in self._last:
            if at >= now - _BEFORE:
                self._again.setdefault(digest, []).append(key)
        self._last.clear()
        self._until = now + _AFTER
