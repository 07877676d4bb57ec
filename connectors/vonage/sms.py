"""The SMS API of Vonage: forms in, forms out, and an id for every part of a message."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from connectors.sms import fields, headers, numbers
from connectors.sms.segments import encoding
from connectors.vonage import codes
from connectors.vonage.native import Native
from state.model.action import Action
from state.model.content import Content, Text, Unsupported
from state.model.event import Event, MessageReceived, Part, Receipt
from state.model.ids import ID_PATTERN
from state.model.receipts import ReceiptStatus
from state.model.wire import BadMessage, Malformed, Outbound, Reply, Sent, Unclear, Undelivered

Params = Mapping[str, str]
_STATUSES: dict[str, ReceiptStatus] = {
    "accepted": "sent", "buffered": "sent", "delivered": "delivered",
    "expired": "failed", "failed": "failed", "rejected": "failed",
}  # fmt: skip
_UNTOLD = {"unknown", "submitted"}
"""What tells nothing: the network gave no news."""
_LONGEST = 255
_HEX = re.compile(r"([0-9a-fA-F]{2})*")


def events(params: Params) -> tuple[Event, ...]:
    """What a webhook's parameters tell; raises Malformed where they are of no message, ValueError where one is bad."""
    key = params.get("messageId") or params.get("message-id") or ""
    if not key or len(key) > _LONGEST:
        raise Malformed("there is no messageId")
    if "status" in params:
        return _receipt(params, key)
    return (_said(params, key),)


def form(message: Outbound, options: Native, sender: str) -> dict[str, str]:
    """The parameters of a message, without the account's; raises BadMessage."""
    if not isinstance(message.content, Text):
        raise BadMessage("content", f"short messages cannot show {type(message.content).__name__}")
    if options.rcs or options.pool_id:
        raise BadMessage("native.vonage", "rcs and pool_id need the setting api = messages")
    text = message.content.text
    found = {
        "from": sender.removeprefix("+"),
        "to": numbers.dialled(message.to),
        "text": text,
        "type": "text" if encoding(text) == "gsm7" else "unicode",
        "client-ref": message.id,
        "status-report-req": "1",
        "ttl": str(options.ttl * 1000) if options.ttl else "",
        "entity-id": options.entity_id,
        "content-id": options.content_id,
    }
    return {name: value for name, value in found.items() if value}


def body(params: Params) -> bytes:
    """The parameters as they go over the wire."""
    return urlencode(params, errors="replace").encode()


def sent(reply: Reply, attempt: int) -> Sent:
    """What an answer says: 200 even where it was refused; each part has an id. Raises Undelivered or Unclear."""
    if not 200 <= reply.status < 300:
        raise codes.undelivered(reply, attempt)
    told = fields.at(codes.object_of(reply), "messages")
    parts: list[Any] = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    if not parts:
        raise Unclear(f"answered {reply.status} and names no message")
    taken = [fields.words(each.get("message-id"), _LONGEST) for each in parts if _status(each) == 0]
    refused = [each for each in parts if _status(each) != 0]
    if not taken:
        raise _refused(refused[0])
    note = f"{len(refused)} of {len(parts)} parts were refused: {_refused(refused[0])}" if refused else ""
    first, *more = taken
    if not any(taken):
        raise Unclear(f"answered {reply.status} without an id")
    return Sent(first, note=note, more=tuple(more))


def _status(part: Mapping[str, object]) -> int:
    text = fields.words(part.get("status"))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _refused(part: Mapping[str, object]) -> Undelivered:
    code = _status(part)
    reason = fields.words(part.get("error-text"), 500)
    return Undelivered(codes.of_status(code) or Action.FAIL_MSG, str(code), reason)


def _said(params: Params, key: str) -> MessageReceived:
    return MessageReceived(
        key=key,
        at=_at(params),
        addresses=(numbers.urn(params.get("msisdn", "")),),
        provider_id=key,
        content=_content(params),
        part=_part(params),
    )


def _content(params: Params) -> Content:
    if params.get("type") == "binary":
        return Unsupported("binary", params.get("data", "")[:2000])
    return Text(params.get("text", ""))


def _part(params: Params) -> Part | None:
    """Which piece it is: by Vonage's own parameters, or by the header before a binary piece."""
    scope = f"{params.get('msisdn', '')}:{params.get('to', '')}"
    if params.get("concat", "").lower() == "true":
        number, total = (params.get(f"concat-{name}", "") for name in ("part", "total"))
        if (
            not (number + total).isascii()
            or not (number.isdigit() and total.isdigit())
            or len(number + total) > 6
        ):
            raise ValueError("concat-part and concat-total are numbers")
        return headers.placed(f"{scope}:{params.get('concat-ref', '')}", int(number), int(total))
    header = params.get("udh", "")
    return headers.part(bytes.fromhex(header), scope) if header and _HEX.fullmatch(header) else None


def _receipt(params: Params, key: str) -> tuple[Event, ...]:
    word = params["status"].lower()[:40]
    status = _STATUSES.get(word)
    if status is None:
        if word in _UNTOLD:
            return ()
        raise ValueError(f"{word!r} is no status")
    ours = params.get("client-ref", "")
    told = Receipt(
        key=f"{key}:{word}",
        at=_at(params),
        addresses=(numbers.urn(params["msisdn"]),) if params.get("msisdn") else (),
        provider_id=key,
        status=status,
        message_id=ours if ID_PATTERN.fullmatch(ours) else "",
        of_part=True,
        fault=codes.receipt_fault(params.get("err-code", "")[:40], word) if status == "failed" else None,
    )
    return (told,)


def _at(params: Params) -> int:
    """When it happened, in milliseconds: `message-timestamp` is UTC."""
    text = params.get("message-timestamp", "")
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return fields.moment(text)
