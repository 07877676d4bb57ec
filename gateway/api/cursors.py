"""Opaque cursors: the id of the last item of a page, in a form that invites nobody to make one up."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import TypeVar

from gateway.problems import Problem
from state.messages import LAST

T = TypeVar("T")
_MARK = b"\x01"


def write(last_id: str) -> str:
    """The cursor that leads on after an id."""
    return urlsafe_b64encode(_MARK + bytes.fromhex(last_id)).decode().rstrip("=")


def read(cursor: str) -> str:
    """The id a cursor leads on after; above all ids where there is no cursor. Raises Problem `invalid_cursor`."""
    if not cursor:
        return LAST
    try:
        last_id = urlsafe_b64decode(cursor.encode("ascii") + b"=")[len(_MARK) :].hex()
    except ValueError as error:
        raise Problem("invalid_cursor", field="cursor") from error
    if len(last_id) != len(LAST) or write(last_id) != cursor:
        raise Problem("invalid_cursor", field="cursor")
    return last_id


def page(found: Sequence[T], ids: Sequence[str], limit: int) -> tuple[tuple[T, ...], str | None]:
    """The items of a page and the cursor of the next, of one item more than a page has where there is a next."""
    more = len(found) > limit
    return tuple(found[:limit]), write(ids[limit - 1]) if more else None
