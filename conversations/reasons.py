"""What went wrong in a flow, in words, and in which line."""

import traceback
from collections.abc import Collection

from conversations.bot import Bot
from conversations.errors import FlowError, Overrun
from conversations.source import mentions

_LONGEST = 500
"""Characters of what an error says."""


def own_line(error: BaseException, files: Collection[str]) -> str:
    """The last line of these files that an error came through, as ` (bot.py:7)`; empty where it came through none."""
    places = [(each.f_code.co_filename, line) for each, line in traceback.walk_tb(error.__traceback__)]
    own = [f" ({file.rpartition('/')[2]}:{line})" for file, line in places if file in files]
    return own[-1] if own else ""


def reason(error: BaseException, bot: Bot | None) -> str:
    """What went wrong, and the last line of the flow's own files that it went wrong in."""
    said = "".join(traceback.TracebackException(type(error), error, None).format_exception_only()).strip()
    places = [(each.f_code.co_filename, line) for each, line in traceback.walk_tb(error.__traceback__)]
    own = [each for each in places if bot and each[0] in bot.files]
    if isinstance(error, Overrun) and bot:
        said = f"{bot.name}: {error}"
    if isinstance(error, FlowError):
        said, places = str(error), []
    file, line = next(reversed(own or places), ("", 0))
    where = f"{file.rpartition('/')[2]}:{line}" if file else ""
    if bot and not own and isinstance(error, FlowError) and error.clue:
        where = " or ".join(mentions(bot.functions.values(), error.clue))
    if isinstance(error, FlowError) and error.place[0]:
        where = f"{error.place[0].rpartition('/')[2]}:{error.place[1]}"
    where = f" ({where})" if where else ""
    return f"{said[:_LONGEST]}{where}".encode("utf-8", "replace").decode()
