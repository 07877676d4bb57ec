"""The Graph API's end of the wire as it is told to be: each send is answered in the next manner, then with success."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from tests.load.provider import Provider, Send
from tests.load.stream import END, Stream


class Caller(Stream):
    """One connection of the gateway's client."""

    def __init__(self, graph: "Graph") -> None:
        super().__init__()
        self.graph = graph

    def got(self, head: bytes, body: bytes) -> None:
        """Hand one call to the stub."""
        self.graph.called(self, head, body)

    def say(self, status: int, value: Any, *lines: str) -> None:
        """Answer with JSON, and further header lines."""
        body = msgspec.json.encode(value)
        first = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        self.transport.write("\r\n".join((first, *lines)).encode() + END + body)


Manner = Callable[[Caller, str], None]
"""How one call is answered: gets the connection and the whole call as text."""


def refuses(status: int, code: int, *lines: str, words: str = "refused by the stub") -> Manner:
    """Answer with one of Graph's errors: nothing is taken."""
    error = {"error": {"code": code, "message": words, "type": "OAuthException"}}
    return lambda caller, call: caller.say(status, error, *lines)


def says_back(status: int, code: int) -> Manner:
    """Answer with an error that repeats the whole call, credentials and all."""
    return lambda caller, call: refuses(status, code, words=call)(caller, call)


def shows_a_page(caller: Caller, call: str) -> None:
    """Answer as somebody between does: a success that is not Graph's."""
    page = b"<html><title>Please log in</title></html>"
    first = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}"
    caller.transport.write(first.encode() + END + page)


def cuts(caller: Caller, call: str) -> None:
    """Read the call, then break the connection off."""
    caller.close()


def hangs(caller: Caller, call: str) -> None:
    """Read the call and say nothing until the test does."""
    caller.graph.hanging.append(caller)


class Graph:
    """Takes messages and back-end calls; remembers each with its time (monotonic seconds)."""

    def __init__(self) -> None:
        self.manners: deque[Manner] = deque()
        self.always: Manner | None = None
        self.calls: list[tuple[float, Send]] = []
        self.heads: list[str] = []
        self.hanging: list[Caller] = []
        self.backend: list[str] = []
        """The idempotency keys of calls to `/backend`."""
        self._ids = itertools.count(1)
        self._provider = Provider(lambda: Caller(self))
        self.port = 0

    @property
    def texts(self) -> list[str]:
        """The words of all sends so far, refused ones too."""
        return [send.text.body for _, send in self.calls]

    async def start(self) -> "Graph":
        """Listen on a free port."""
        self.port = (await self._provider.start()).port
        return self

    async def listen_again(self) -> None:
        """Listen where it did before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Caller(self), "127.0.0.1", self.port)

    def stop(self) -> None:
        """Listen no more and close all connections."""
        self._provider.stop()
        if server := getattr(self, "_server", None):
            server.close()

    def next(self, *manners: Manner) -> None:
        """Answer the next calls so; those after them with success."""
        self.manners.extend(manners)

    def called(self, caller: Caller, head: bytes, body: bytes) -> None:
        """One call: to the back-end, or a message to send."""
        text = (head + END + body).decode()
        manner = self.manners.popleft() if self.manners else self.always
        if head.split()[1].startswith(b"/backend"):
            self.backend.append(_header(text, "idempotency-key"))
            return (manner or (lambda each, _: each.say(200, {"found": "it"})))(caller, text)
        self.calls.append((time.monotonic(), msgspec.json.decode(body, type=Send)))
        self.heads.append(text)
        return (manner or self.accepts)(caller, text)

    def accepts(self, caller: Caller, call: str) -> None:
        """Take the message."""
        caller.say(200, {"messages": [{"id": f"wamid.out.{self.port}.{next(self._ids)}"}]})


def _header(call: str, name: str) -> str:
    lines = (line.partition(": ") for line in call.split("\r\n"))
    return next((value for key, _, value in lines if key.lower() == name), "")
