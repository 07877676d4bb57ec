"""A provider made of bare sockets in a thread of its own, so that it acts while the loop under test is busy."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Act = Callable[["Talk"], None]


class Talk:
    """One connection: what came over it and what is to be said."""

    def __init__(self, connection: socket.socket, server: "Server") -> None:
        self.connection, self.server = connection, server

    def hear(self) -> bytes:
        """Read one request, with its body."""
        data = b""
        while b"\r\n\r\n" not in data and (part := self.connection.recv(65536)):
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line[:15] == b"Content-Length:"), 0)
        while len(body) < length and (part := self.connection.recv(65536)):
            body += part
        if head:
            self.server.heard.append(head + b"\r\n\r\n" + body)
        return head

    def say(self, status: int, body: bytes = b"", *lines: str, length: int | None = None) -> None:
        """Answer, with a Content-Length that may lie."""
        size = len(body) if length is None else length
        head = "\r\n".join((f"HTTP/1.1 {status} X", f"Content-Length: {size}", *lines, "", ""))
        self.connection.sendall(head.encode() + body)

    def reset(self) -> None:
        """Break the connection off with RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """Plays one act a connection, the last one for all that follow."""

    def __init__(self, *acts: Act) -> None:
        self._acts = list(acts)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections = 0
        self.heard: list[bytes] = []
        self.over = threading.Event()
        self.leave, self.left = threading.Event(), threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
            threading.Thread(target=self._play, args=(act, connection), daemon=True).start()

    def _play(self, act: Act, connection: socket.socket) -> None:
        with connection:
            try:
                act(Talk(connection, self))
            except OSError:
                return  # the client was quicker in closing
        self.left.set()

    def stop(self) -> None:
        """Take no more connections."""
        self.over.set()
        self.leave.set()
        self._socket.close()


@contextmanager
def serving(*acts: Act) -> Iterator[Server]:
    """Run a server for a while."""
    server = Server(*acts)
    try:
        yield server
    finally:
        server.stop()


def answers(status: int = 200, body: bytes = b"{}", *lines: str) -> Act:
    """Answer every request of a connection alike."""

    def act(talk: Talk) -> None:
        while talk.hear():
            talk.say(status, body, *lines)

    return act


def closes_before_reading(talk: Talk) -> None:
    """Close at once."""
    del talk


def closes_after_reading(talk: Talk) -> None:
    """Read the request and close."""
    talk.hear()


def resets_after_reading(talk: Talk) -> None:
    """Read the request and break off."""
    talk.hear()
    talk.reset()


def closes_in_the_head(talk: Talk) -> None:
    """Stop in the middle of the answer's head."""
    talk.hear()
    talk.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")


def closes_in_the_body(talk: Talk) -> None:
    """Stop in the middle of the answer's body."""
    talk.hear()
    talk.say(200, b"half", length=8)


def talks_nonsense(talk: Talk) -> None:
    """Answer something that is not HTTP."""
    talk.hear()
    talk.connection.sendall(b"220 mail.example ESMTP\r\n")


def hangs(talk: Talk) -> None:
    """Read the request and say nothing."""
    talk.hear()
    talk.server.over.wait()


def hangs_in_the_body(talk: Talk) -> None:
    """Begin to answer and stop."""
    talk.hear()
    talk.say(200, b"half", length=8)
    talk.server.over.wait()


def answers_once_and_leaves_when_told(talk: Talk) -> None:
    """Keep the connection after the answer until the test says otherwise."""
    talk.hear()
    talk.say(200)
    talk.server.leave.wait()


def drips(talk: Talk) -> None:
    """Send one byte of the body every 20 ms."""
    talk.hear()
    talk.say(200, length=1000)
    for _ in range(1000):
        talk.connection.sendall(b"x")
        time.sleep(0.02)
