"""What is posted to a simulated phone: read, and refused where the phone cannot do it."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway import nesting
from gateway.problems import Problem, decoded

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What rubbish raises where a simulator reads it: whatever comes, it is the sender's mistake."""


async def read(request: web.Request) -> dict[str, Any]:
    """What a phone is asked to do; raises Problem."""
    what = decoded(await nesting.read(request), object)
    if not isinstance(what, dict):
        raise Problem("invalid_request", "an act is an object with a type and its fields", field="type")
    return what


def refused(error: Exception, what: Mapping[str, Any]) -> Problem:
    """Why a phone cannot do that, with the field that is missing; a KeyError may be of a file that is not there."""
    key = str(error.args[0]) if isinstance(error, KeyError) else ""
    named = (str(what.get("id")), str(what.get("target")))
    return Problem("invalid_request", f"the phone cannot do that: {error}", field="" if key in named else key)
