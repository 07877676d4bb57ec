"""Sockets: each replays the log from its watermark and then follows it, so a reconnect loses nothing."""

import asyncio
import contextlib

import msgspec
from aiohttp import WSCloseCode, web

from gateway.directline.hub import Hub, Listener
from gateway.directline.line import Line
from gateway.wake import Wake

_POLL = 1.0


class Sockets:
    """The open sockets of this process."""

    def __init__(self, line: Line, wake: Wake) -> None:
        self._line = line
        self._hub = Hub(wake)
        self._open: set[web.WebSocketResponse] = set()

    async def serve(self, socket: web.WebSocketResponse, conversation: str, mark: int) -> None:
        """Feed a socket until it is closed; what the client sends on it is only to keep it alive."""
        self._open.add(socket)
        with self._hub.listening(conversation) as listener:
            feeding = asyncio.create_task(self._feed(socket, listener, conversation, mark))
            try:
                async for _ in socket:
                    pass
            finally:
                feeding.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await feeding
                self._open.discard(socket)

    async def _feed(
        self, socket: web.WebSocketResponse, listener: Listener, conversation: str, mark: int
    ) -> None:
        try:
            await self._follow(socket, listener, conversation, mark)
        finally:
            if not socket.closed:  # the client comes again, from its watermark
                await socket.close(code=WSCloseCode.SERVICE_RESTART, message=b"restart")

    async def _follow(
        self, socket: web.WebSocketResponse, listener: Listener, conversation: str, mark: int
    ) -> None:
        while not socket.closed:
            for passing in listener.passed():
                await socket.send_str(f'{{"activities":[{passing}]}}')
            shown = await self._line.after(conversation, mark)
            if shown.activities:
                mark = shown.watermark
                body = {"activities": shown.activities, "watermark": str(mark)}
                await socket.send_str(msgspec.json.encode(body).decode())
            else:
                await listener.signal.wait(_POLL)

    async def close(self) -> None:
        """Tell all clients to come again later."""
        for socket in list(self._open):
            await socket.close(code=WSCloseCode.SERVICE_RESTART, message=b"restart")
