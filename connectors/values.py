"""Values of providers' JSON, read and on their way to a store: what does not fit raises Unfit."""

import hashlib
import re
from typing import Any

import msgspec

from state.model.wire import Reply, Unclear

LAST_MS = 253_402_300_799_999
"""The end of the year 9999 in milliseconds, beyond which Python knows no dates."""
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], " ")


_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def in_xml(text: str) -> bool:
    """Whether XML can hold a text (XML 1.0, 2.2): it has no way to write most control characters."""
    return not _NOT_IN_XML.search(text)


class Unfit(Exception):
    """An item without what it must have; `where` is the path within it."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(why)
        self.why, self.where = why, where


def line(text: str) -> str:
    """A name in one line, without control characters."""
    return text if text.isprintable() else text.translate(_CONTROLS).strip()


def body_of(reply: Reply) -> dict[str, Any]:
    """The JSON object of an answer; empty where it holds none."""
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def named(found: object, status: int, what: str) -> str:
    """The id that a success names its message by; raises Unclear where it names none."""
    if isinstance(found, str) and found:
        return found
    raise Unclear(f"answered {status} without a {what}")


def digest(value: object) -> str:
    """A key for what has no id of its own: the same content gives the same key."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def storable(value: Any, depth: int = 32) -> Any:
    """Free JSON as every store takes it: integers within 64 bits (others as text), at most so many levels deep."""
    if isinstance(value, dict):
        return {name: storable(each, depth - 1) for name, each in value.items()} if depth else "…"
    if isinstance(value, list):
        return [storable(each, depth - 1) for each in value] if depth else "…"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def locale(value: Any) -> str:
    """A language as BCP 47 writes it; an empty string where it is none."""
    known = isinstance(value, str) and _LOCALE.fullmatch(value)
    return value.replace("_", "-") if known else ""
