"""Reading Meta's webhooks: typed and at once where all is well, item by item where it is not.

The levels above an item hold the next one undecoded, so that what is wrong in one item stays in it: it becomes a
Problem with its JSON path. A body with broken text (half a surrogate pair, no UTF-8) is mended, not lost.
"""

import json
from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from connectors.values import Unfit
from state.model.event import Event
from state.model.wire import Malformed, Problem, Received

T = TypeVar("T")
NONE = msgspec.Raw()
UNREAD = (msgspec.DecodeError, RecursionError)
"""What decoding raises."""


class Part(msgspec.Struct, gc=False):
    """A JSON object; unknown fields are passed over."""


class Envelope(Part):
    """The body of a webhook."""

    object: str
    entry: msgspec.Raw


class Shape(Generic[T]):
    """Decoders of a shape: of one, and of a whole list of it."""

    def __init__(self, kind: type[T]) -> None:
        self.one = msgspec.json.Decoder(kind).decode
        self.many = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]


OBJECT: Shape[dict[str, Any]] = Shape(dict[str, Any])
"""Any JSON object."""
_ENVELOPE = msgspec.json.Decoder(Envelope)
_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Found(NamedTuple):
    """What has been read so far."""

    events: list[Event]
    problems: list[Problem]

    def unfit(self, path: str, error: Exception) -> None:
        """Note what could not be read; msgspec tells the path within an item behind its words."""
        why, _, inner = str(error).partition(" - at `$")
        where = error.where if isinstance(error, Unfit) else inner.rstrip("`")
        self.problems.append(Problem(path + where, why or type(error).__name__))

    def received(self) -> Received:
        """All of it."""
        return Received(tuple(self.events), problems=tuple(self.problems))

    def items(self, raw: msgspec.Raw, shape: Shape[T], path: str) -> Iterable[tuple[int, T]]:
        """The items of a list that can be read, with their places."""
        try:
            return enumerate(shape.many(raw))
        except UNREAD:
            pass
        try:
            each = _raws(raw)
        except UNREAD as error:
            self.unfit(path, error)
            return ()
        items = ((n, self.item(one, shape, f"{path}[{n}]")) for n, one in enumerate(each))
        return [(n, item) for n, item in items if item is not None]

    def item(self, raw: msgspec.Raw, shape: Shape[T], path: str) -> T | None:
        """One item; None where it does not fit."""
        try:
            return shape.one(raw)
        except UNREAD as error:
            self.unfit(path, error)
            return None


def entries(body: bytes, kind: str) -> msgspec.Raw:
    """The entries of a webhook's body, undecoded; raises Malformed where it is no webhook about this `object`."""
    envelope = _open(body)
    if envelope.object != kind:
        raise Malformed(f"object is {envelope.object[:60]!r}, not {kind!r}")
    return envelope.entry


def whole(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """A body decoded in one go; raises one of UNREAD, or UnicodeDecodeError where any of it is no UTF-8."""
    if not body.isascii():
        body.decode()
    return decoder.decode(body)


def _open(body: bytes) -> Envelope:
    try:
        return whole(body, _ENVELOPE)
    except msgspec.ValidationError as error:
        raise Malformed(f"no webhook of Meta's: {error}") from error
    except (*UNREAD, UnicodeDecodeError):
        return _open_mended(body)


def _open_mended(body: bytes) -> Envelope:
    """With a question mark for every half of a surrogate pair, and U+FFFD for what is no UTF-8."""
    try:
        text = json.dumps(json.loads(body.decode("utf-8", "replace"), strict=False), ensure_ascii=False)
        return _ENVELOPE.decode(text.encode("utf-8", "replace"))
    except (*UNREAD, ValueError) as error:
        raise Malformed(f"no JSON: {error}") from error
