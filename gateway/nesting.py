"""How deeply a JSON body may be nested for all that reads it later."""

import re
from itertools import accumulate

from aiohttp import web

from gateway.problems import Problem

_DEEPEST = 64
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHERS = bytes(each for each in range(256) if each not in _STEP)


async def read(request: web.Request) -> bytes:
    """The raw body, in which arrays and objects do not lie too deeply within each other; raises Problem."""
    raw = await request.read()
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST and _depth(raw) > _DEEPEST:
        raise Problem("invalid_json", f"more than {_DEEPEST} levels within each other are not taken")
    return raw


def _depth(raw: bytes) -> int:
    marks = _STRINGS.sub(b"", raw).translate(None, delete=_OTHERS)
    return max(accumulate(_STEP[mark] for mark in marks), default=0)
