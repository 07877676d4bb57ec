"""Where a value is in an answer: `json:a.b.0.c` (`*`: every item), `regex:pattern` (its one group), `header:name`."""

import re
from typing import NamedTuple

from connectors.sms import fields
from state.model.wire import Malformed, Reply

_LOOKED_AT = 20_000
"""Characters of an answer that a pattern sees: the pattern is the admin's, the answer is anybody's."""
_MOST = 50


class Finder(NamedTuple):
    """One place: its kind and its path, pattern or header name."""

    kind: str
    path: str

    @property
    def several(self) -> bool:
        """Whether there may be several values: an item of a list each."""
        return self.kind == "json" and "*" in self.path.split(".")

    def all(self, reply: Reply) -> list[str]:
        """Every value that is there, as text."""
        if self.kind == "header":
            found = [reply.headers.get(self.path.lower(), "")]
        elif self.kind == "regex":
            match = re.search(self.path, reply.body[:_LOOKED_AT].decode("utf-8", "replace"))
            found = [match[1] or ""] if match else []
        else:
            found = [fields.words(each) for each in _items(_document(reply), self.path.split("."))]
        return [each for each in found[:_MOST] if each]

    def first(self, reply: Reply) -> str:
        """The first value that is there; "" without one."""
        return next(iter(self.all(reply)), "")


def finder(written: str) -> Finder | None:
    """A finder from its setting; None for none. Raises ValueError."""
    if not written:
        return None
    kind, _, path = written.partition(":")
    if kind not in ("json", "regex", "header") or not path:
        raise ValueError("begins with json:, regex: or header:")
    if kind == "regex":
        try:
            groups = re.compile(path).groups
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        if groups != 1:
            raise ValueError("has one group, around the value")
    return Finder(kind, path)


def _document(reply: Reply) -> object:
    try:
        return fields.document(reply.body)
    except Malformed:
        return None


def _items(value: object, steps: list[str]) -> list[object]:
    if not steps:
        return [value]
    if steps[0] == "*":
        inner = value if isinstance(value, list) else []
        return [found for each in inner for found in _items(each, steps[1:])]
    return _items(fields.at(value, steps[0]), steps[1:])
