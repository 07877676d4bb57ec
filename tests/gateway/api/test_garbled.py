"""What strangers send that cannot be read gets its answer and is one line of the log: no error and no traceback."""

import asyncio
import logging

import pytest

from tests.gateway.api.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEAD = b"POST /webhooks/phone HTTP/1.1\r\nHost: a\r\n"
GARBLED = {
    "no request line": b"RUBBISH\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
    "no HTTP version": b"GET / FOO/9.1\r\nHost: a\r\n\r\n",
    "a bad header": b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    "a bad chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n",
    "a URL of 20 kB": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a body that is no gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
}


async def said(house: House, raw: bytes) -> bytes:
    """What is answered until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.gateway.port)
    writer.write(raw)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@pytest.mark.parametrize("raw", GARBLED.values(), ids=GARBLED)
async def test_what_cannot_be_read_is_one_line(
    shared: House, caplog: pytest.LogCaptureFixture, raw: bytes
) -> None:
    with caplog.at_level(logging.INFO):
        answer = await said(shared, raw)
    assert answer.split()[1] == b"400"
    (line,) = [each for each in caplog.records if each.name.startswith("parley.")]
    assert (line.levelname, line.exc_info, len(line.getMessage()) < 200) == ("INFO", None, True)
    assert [each for each in caplog.records if each.levelno > logging.INFO] == []


async def test_who_leaves_in_the_middle_of_a_body_is_nothing_to_tell(
    shared: House, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", shared.gateway.port)
    writer.write(HEAD + b"Content-Length: 5000\r\n\r\nhalf")
    await asyncio.sleep(0.1)
    writer.close()
    await asyncio.sleep(0.1)
    assert [each for each in caplog.records if each.levelno > logging.INFO] == []


async def test_an_expectation_that_nobody_meets_is_a_problem(shared: House) -> None:
    answer = await said(shared, HEAD + b"Expect: a miracle\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    assert b"application/problem+json" in answer
    assert b'"code":"invalid_request"' in answer
