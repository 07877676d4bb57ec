"""The lean HTTP of the load: messages come out whole however the bytes are cut, and a lost line is told."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.load.provider import GraphCaller, Provider, Send
from tests.load.stream import Stream, connect


class Collected(Stream):
    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def got(self, head: bytes, body: bytes) -> None:
        self.bodies.append(body)


@given(st.lists(st.binary(max_size=30), max_size=5), st.integers(1, 60), st.sampled_from(["C", "c"]))
def test_messages_come_out_whole_however_the_bytes_are_cut(
    bodies: list[bytes], size: int, first: str
) -> None:
    wire = b"".join(
        b"POST / HTTP/1.1\r\n%bontent-Length: %d\r\n\r\n%b" % (first.encode(), len(b), b) for b in bodies
    )
    stream = Collected()
    for start in range(0, len(wire), size):
        stream.data_received(wire[start : start + size])
    assert stream.bodies == bodies


def test_a_message_without_a_length_has_no_body() -> None:
    stream = Collected()
    stream.data_received(b"HTTP/1.1 204 No Content\r\n\r\n" * 2)
    assert stream.bodies == [b"", b""]


def test_a_chunked_body_is_refused() -> None:
    with pytest.raises(ValueError, match="chunked"):
        Collected().data_received(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


def _request(path: str, text: str) -> bytes:
    body = msgspec.json.encode({"to": "1", "text": {"body": text}, "biz_opaque_callback_data": "ours"})
    return b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [("/v26.0/1/messages", "fine", 200), ("/v26.0/1/messages", "refuse", 503), ("/v26.0/1/messages", "cut", 0),
     ("/v26.0/1/media", "fine", 404)],
)  # fmt: skip
async def test_the_poster_learns_what_the_stub_did(path: str, text: str, status: int) -> None:
    def take(send: Send, caller: GraphCaller) -> None:
        manners = {"refuse": lambda: caller.refuse(503, 131016), "cut": caller.close}
        manners.get(send.text.body, lambda: caller.accept(send, "wamid.1"))()

    stub = await Provider(lambda: GraphCaller(take)).start()
    poster = await connect(stub.port)
    answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    poster.post(_request(path, text), answered.set_result)
    assert await answered == status
    poster.close()
    stub.stop()
    await asyncio.sleep(0)
