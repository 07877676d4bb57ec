"""The Graph API's end of the wire: takes messages over real sockets and leaves the manner of answering to its owner."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import msgspec

from tests.load.stream import END, Stream


class Body(msgspec.Struct, frozen=True):
    """The words of a text message."""

    body: str = ""


class Send(msgspec.Struct, frozen=True):
    """One `POST /{version}/{phone-number-id}/messages` as far as it is looked at."""

    to: str = ""
    text: Body = Body()
    biz_opaque_callback_data: str = ""


_decode = msgspec.json.Decoder(Send).decode
_encode = msgspec.json.encode
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


class Caller(Stream):
    """One connection of a client of ours."""

    def answer(self, status: int, value: dict[str, Any]) -> None:
        """Write an answer; a connection already closed swallows it."""
        body = _encode(value)
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        if not self.transport.is_closing():
            self.transport.write(head.encode() + END + body)


class GraphCaller(Caller):
    """A connection that sends messages to WhatsApp; `take` gets each and answers it."""

    def __init__(self, take: "Take") -> None:
        super().__init__()
        self._take = take

    def got(self, head: bytes, body: bytes) -> None:
        """Hand a message to its taker; anything that is no message gets a 404."""
        target = head[: head.find(b"\r\n")]
        if target.startswith(b"POST ") and target.split()[1].endswith(b"/messages"):
            self._take(_decode(body), self)
        else:
            self.answer(
                404, {"error": {"code": 100, "message": "unknown path", "type": "GraphMethodException"}}
            )

    def accept(self, send: Send, wamid: str) -> None:
        """Answer as Graph does when it takes a message."""
        contacts = [{"input": send.to, "wa_id": send.to}]
        self.answer(200, {"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": wamid}]})

    def refuse(self, status: int, code: int) -> None:
        """Answer with one of Graph's errors; the message is not taken."""
        self.answer(
            status, {"error": {"code": code, "message": "refused by the stub", "type": "OAuthException"}}
        )


Take = Callable[[Send, GraphCaller], None]


class Provider:
    """The listening stub; `caller` makes what serves one connection."""

    def __init__(self, caller: Callable[[], Stream]) -> None:
        self._caller = caller
        self._server: asyncio.Server | None = None
        self._connections: list[Stream] = []
        self.port = 0

    async def start(self, listening: socket.socket | None = None) -> "Provider":
        """Listen on a socket, or on a free port of this machine."""
        loop = asyncio.get_running_loop()
        listening = listening or socket.create_server(("127.0.0.1", 0))
        self._server = await loop.create_server(self._connected, sock=listening)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def _connected(self) -> Stream:
        self._connections.append(self._caller())
        return self._connections[-1]

    def stop(self) -> None:
        """Listen no more and close all connections."""
        if self._server:
            self._server.close()
        for connection in self._connections:
            connection.close()
