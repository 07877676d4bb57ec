"""HTTP/1.1 on a raw asyncio protocol: just what a benchmark's client and a provider's stub need, and nothing slower."""

import asyncio
from collections.abc import Callable
from typing import cast

END = b"\r\n\r\n"


class Stream(asyncio.Protocol):
    """One connection that hands each whole HTTP message to `got(head, body)`; refuses chunked bodies."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into messages."""
        if self._rest:
            data = self._rest + data
        while (end := data.find(END)) >= 0:
            head = data[:end]
            stop = end + 4 + _content_length(head)
            if len(data) < stop:
                break
            body, data = data[end + 4 : stop], data[stop:]
            self.got(head, body)
        self._rest = data

    def got(self, head: bytes, body: bytes) -> None:
        """Take one whole message."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection at once, with whatever is under way."""
        self.transport.abort()


def _content_length(head: bytes) -> int:
    lower = head.lower()
    place = lower.find(b"\r\ncontent-length:")
    if place < 0:
        if b"\r\ntransfer-encoding:" in lower:
            raise ValueError(f"a chunked body is not expected here: {head!r}")
        return 0
    stop = lower.find(b"\r\n", place + 17)
    return int(lower[place + 17 : stop if stop > 0 else len(lower)])


Answered = Callable[[int], None]


class Poster(Stream):
    """A keep-alive connection with one request under way; its status is told to `answered`, 0 where it was lost."""

    def __init__(self) -> None:
        super().__init__()
        self._answered: Answered | None = None
        self.open = True

    def post(self, request: bytes, answered: Answered) -> None:
        """Send a whole request; `answered` is called once, with the status or 0."""
        assert self._answered is None, "one request at a time"
        self._answered = answered
        if self.open:
            self.transport.write(request)
        else:
            self._tell(0)

    def got(self, head: bytes, body: bytes) -> None:
        """Tell the status of the answer."""
        self._tell(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that no answer will come."""
        self.open = False
        self._tell(0)

    def _tell(self, status: int) -> None:
        answered, self._answered = self._answered, None
        if answered:
            answered(status)


async def connect(port: int) -> Poster:
    """A new connection to a server on this machine; raises OSError."""
    _, poster = await asyncio.get_running_loop().create_connection(Poster, "127.0.0.1", port)
    return poster
