"""Who listens to which conversation here; told of new activities and of what passes by (typing, chunks)."""

import asyncio
import contextlib
from collections.abc import Iterator

from gateway.wake import Signal, Wake

_MOST_WAITING = 200


class Listener:
    """One socket: a signal that there is something, and the ephemeral activities (JSON) that wait for it."""

    def __init__(self) -> None:
        self.signal = Signal()
        self._passing: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)

    def pass_by(self, activity: str) -> None:
        """Show something that is not kept; a listener that does not keep up misses it."""
        with contextlib.suppress(asyncio.QueueFull):
            self._passing.put_nowait(activity)
        self.signal.set()

    def passed(self) -> list[str]:
        """What has passed by since the last look."""
        found = []
        while not self._passing.empty():
            found.append(self._passing.get_nowait())
        return found


class Hub:
    """The listeners of this process by conversation."""

    def __init__(self, wake: Wake) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        wake.on("activity", self._added)
        wake.on("ephemeral", self._passing)

    @contextlib.contextmanager
    def listening(self, conversation: str) -> Iterator[Listener]:
        """A listener for as long as the block runs."""
        listener = Listener()
        self._listeners.setdefault(conversation, set()).add(listener)
        try:
            yield listener
        finally:
            self._listeners[conversation].discard(listener)
            if not self._listeners[conversation]:
                del self._listeners[conversation]

    def _added(self, conversation: str) -> None:
        for listener in self._listeners.get(conversation, ()):
            listener.signal.set()

    def _passing(self, detail: str) -> None:
        conversation, _, activity = detail.partition(" ")
        for listener in self._listeners.get(conversation, ()):
            listener.pass_by(activity)
