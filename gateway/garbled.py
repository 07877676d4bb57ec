"""What comes in and is no HTTP: anybody can send that, so it is one line of the log and no error."""

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.logs import redactor

log = logging.getLogger("parley.garbled")
server_log = logging.getLogger("parley.server")
"""What aiohttp's server says, without what strangers can make it say."""
_MOST = 120
"""Characters of the parser's words: it quotes what came, which may be long."""


def _ours(record: logging.LogRecord) -> bool:
    """Whether a record is of something that went wrong with us; what did not is told in one line.

    A client that leaves before its answer is nothing to be told.
    """
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ConnectionError):
        return False
    if isinstance(error, HttpProcessingError | web.RequestPayloadError):
        cause = error.__cause__ if isinstance(error, web.RequestPayloadError) else error
        words = redactor.hide(cause.message if isinstance(cause, HttpProcessingError) else str(error))
        log.info("a request could not be read: %s", " ".join(words.split())[:_MOST])
        return False
    return record.levelno > logging.DEBUG


server_log.setLevel(logging.DEBUG)  # what begins a connection with no method aiohttp tells there
server_log.addFilter(_ours)
