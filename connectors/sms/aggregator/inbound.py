"""Reading an aggregator's webhooks by the settings that name their fields."""

import hashlib
from collections.abc import Mapping
from typing import Any

from connectors.sms import fields, headers, numbers
from connectors.sms.aggregator.profile import Aggregator
from state.model.action import ATTRIBUTION
from state.model.content import Text
from state.model.event import Event, MessageReceived, Part, Receipt
from state.model.ids import ID_PATTERN
from state.model.receipts import Fault
from state.model.wire import Answer, Malformed, Problem, Received, Request

_LONGEST = 255


def read(request: Request, by: Aggregator) -> Received:
    """The events of a webhook; one bad item loses only itself. Raises Malformed."""
    events: list[Event] = []
    problems: list[Problem] = []
    for place, item in _items(request, by):
        try:
            events += _receipt(item, by) if _is_receipt(item, by) else _message(item, by)
        except ValueError as error:
            problems.append(Problem(place, str(error)))
    return Received(tuple(events), Answer(200, by.given["answer"].encode()), tuple(problems))


def _items(request: Request, by: Aggregator) -> list[tuple[str, object]]:
    """What a webhook brings, with its path: one, or where `items` is set each of a list.

    Parameters of the address count as fields too, unless a signature is what proves them: it is over the body alone.
    """
    query = {} if by.given["signature_secret"] else request.query
    if request.method != "POST" or not _is_json(request):
        form = fields.form(request, by.given["charset"])
        return [("$", {**query, **form})]
    found = fields.document(request.body)
    path = by.given["items"]
    if not path:
        return [("$", {**query, **found} if isinstance(found, dict) else found)]
    several = fields.at(found, path) if path != "$" else found
    if not isinstance(several, list):
        raise Malformed(f"there is no list at {path}")
    return [(f"$.{path}[{n}]", each) for n, each in enumerate(several)]


def _is_json(request: Request) -> bool:
    return fields.mime(request.headers) == fields.JSON or request.body[:1] in (b"{", b"[")


def _is_receipt(item: object, by: Aggregator) -> bool:
    name, mark, value = by.given["receipt_if"].partition("=")
    found = fields.words(fields.at(item, name))
    return found == value if mark else bool(found)


def _message(item: object, by: Aggregator) -> tuple[Event, ...]:
    at, text = _time(item, by, by.message), _word(item, by.message, "text")
    if written := _word(item, by.message, "hex"):
        text = fields.words(bytes.fromhex(written).decode("utf-16-be", "replace"))
    if not text and not isinstance(item, Mapping):
        raise ValueError("it has no fields")
    sender = numbers.urn(_word(item, by.message, "from"))
    key = _word(item, by.message, "id", _LONGEST)
    if not key and not at:
        raise ValueError("it has neither an id nor a time")
    key = key or hashlib.sha256(f"{sender}\n{at}\n{text}".encode("utf-8", "replace")).hexdigest()
    said = MessageReceived(
        key=key, at=at, addresses=(sender,), provider_id=key, content=Text(text), part=_part(item, by)
    )
    return (said,)


def _part(item: object, by: Aggregator) -> Part | None:
    """Which piece of a long message it is: by fields of its own, or by the header of the short message."""
    scope = f"{_word(item, by.message, 'from', 60)}:{_word(item, by.message, 'to', 60)}"
    if header := _word(item, by.message, "udh"):
        return headers.part(bytes.fromhex(header), scope)
    number, total = (_word(item, by.message, name, 4) for name in ("part", "total"))
    if not (number.isascii() and number.isdigit() and total.isascii() and total.isdigit()):
        return None
    return headers.placed(f"{scope}:{_word(item, by.message, 'ref', 60)}", int(number), int(total))


def _receipt(item: object, by: Aggregator) -> tuple[Event, ...]:
    word = _word(item, by.receipt, "status", 60)
    if word.upper() not in by.statuses:
        raise ValueError(f"{word!r} is no status: the setting `statuses` does not name it")
    status = by.statuses[word.upper()]
    if status is None:
        return ()
    provider_id, ours = _word(item, by.receipt, "id", _LONGEST), _word(item, by.receipt, "ours")
    ours = ours if ID_PATTERN.fullmatch(ours) else ""
    if not provider_id and not ours:
        raise ValueError("it names no message")
    to = _word(item, by.receipt, "to")
    told = Receipt(
        key=f"{provider_id or ours}:{word.lower()}",
        at=_time(item, by, by.receipt),
        addresses=(numbers.urn(to),) if to else (),
        provider_id=provider_id,
        status=status,
        message_id=ours,
        of_part=bool(provider_id and by.id and by.id.several),
        fault=_fault(item, by, word) if status == "failed" else None,
    )
    return (told,)


def _fault(item: object, by: Aggregator, word: str) -> Fault:
    code = _word(item, by.receipt, "error", 60)
    action = by.errors.get(code)
    reason = _word(item, by.receipt, "reason", 500) or word
    return Fault(code or word, reason, action or "", ATTRIBUTION[action] if action else "channel")


def _time(item: object, by: Aggregator, named: Mapping[str, str]) -> int:
    return fields.moment(_word(item, named, "time", 60), by.given["time_format"])


def _word(item: Any, named: Mapping[str, str], name: str, most: int = 0) -> str:
    """A field of an item by our name for it; "" without one."""
    path = named.get(name)
    return fields.words(fields.at(item, path), most) if path else ""
