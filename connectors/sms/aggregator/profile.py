"""What has to be told of an aggregator, all of it as settings, and the check of each."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors.contract import Setting
from connectors.given import check
from connectors.sms.aggregator.finders import Finder, finder
from connectors.sms.aggregator.templates import Json, names, template
from connectors.sms.numbers import Form
from connectors.terms import load
from state.model.action import Action
from state.model.base import Value
from state.model.channel import Capabilities, Channel
from state.model.receipts import ReceiptStatus

SETTINGS = (
    Setting("base_url", "address of the aggregator", example="https://sms.example"),
    Setting("path", "what follows it where messages are sent", required=False, default="/", example="/v1/send"),
    Setting("template", "what is sent: a JSON object with {to}, {text} and other words in braces"),
    Setting("sender", "number, short code or name to send from", example="447700900000"),
    Setting("method", "POST or GET", required=False, default="POST"),
    Setting("format", "how the template goes: json, form or query", required=False, default="json"),
    Setting("headers", "further headers, as a JSON object", required=False),
    Setting("auth", "none, basic, bearer, hmac or header:NAME", required=False, default="none"),
    Setting("user", "name of the account, for basic and {user}", required=False),
    Setting("number_format", "digits (44…), plus (+44…) or zeros (0044…)", required=False, default="digits"),
    Setting("codings", "what {coding} is for each alphabet", required=False, default="gsm7=0, ucs2=2"),
    Setting("charset", "of forms, both ways", required=False, default="utf-8"),
    Setting("text_limit", "characters of a message", required=False, default="1600"),
    Setting("callback", "what {callback} is: the public address of this channel", required=False),
    Setting("pace", "messages a second the contract allows", required=False, default="10"),
    Setting("ok_status", "HTTP statuses of success", required=False, default="200-299"),
    Setting("ok", "where the answer says whether it was taken", required=False),
    Setting("ok_values", "what it says there, if it was", required=False),
    Setting("id", "where the answer names the message", required=False),
    Setting("error", "where the answer has a code of an error", required=False),
    Setting("reason", "where the answer has the words of an error", required=False),
    Setting("errors", "what codes ask for, such as 420=THROTTLE, 8=FAIL_RCPT", required=False),
    Setting("items", "where a webhook in JSON has its list, if it brings several", required=False),
    Setting("message", "fields of a customer's message", required=False, default="from=from, text=text, id=id"),
    Setting("receipt", "fields of a delivery report", required=False, default="id=id, status=status"),
    Setting("receipt_if", "FIELD or FIELD=VALUE that only a report has", required=False, default="status"),
    Setting("statuses", "what its words mean", required=False, default=(
        "DELIVRD=delivered, ACCEPTD=sent, ENROUTE=sent, UNDELIV=failed, EXPIRED=failed, REJECTD=failed, DELETED=failed,"
        " UNKNOWN="
    )),
    Setting("time_format", "pattern of its times (strptime); empty: seconds or ISO 8601", required=False),
    Setting("answer", "what a webhook is answered", required=False, default="OK"),
    Setting("token_in", "where webhooks carry it: query:NAME or header:NAME", required=False, default="query:token"),
    Setting("signature_header", "header that signs webhooks (t=…,v1=…)", required=False, default="x-signature"),
    Setting("sample", "an answer of success, to try the rules on; {id} where the id is", required=False),
    Setting("secret", "password or key of the account", required=False, secret=True),
    Setting("token", "shared word that webhooks carry", required=False, secret=True),
    Setting("signature_secret", "secret that signs webhooks", required=False, secret=True),
)  # fmt: skip

_FORMS = {
    "base_url": (r"https?://[^\s?#]+", "is a web address: it begins with https://"),
    "path": (r"/[^\s#]*", "begins with /"),
    "sender": (r"\+?[0-9]{3,15}|[A-Za-z0-9 ._-]{1,15}", "is a number or a name of at most 15 characters"),
    "method": (r"POST|GET", "is POST or GET"),
    "format": (r"json|form|query", "is json, form or query"),
    "auth": (r"none|basic|bearer|hmac|header:[!-9;-~]+", "is none, basic, bearer, hmac or header:NAME"),
    "user": (r"[^\r\n]*", "is one line"),
    "number_format": (r"digits|plus|zeros", "is digits, plus or zeros"),
    "charset": (r"utf-8|latin-1|iso-8859-1|utf-16-be|ascii", "is utf-8, latin-1, iso-8859-1, utf-16-be or ascii"),
    "text_limit": (r"[1-9]\d{0,4}", "is a number of characters"),
    "callback": (r"(https?://[^\s]+)?", "is a web address: it begins with https://"),
    "pace": (r"\d+(\.\d+)?", "is a number of messages a second"),
    "receipt_if": (r"[^\s=]+(=[^\s=]+)?", "is FIELD or FIELD=VALUE"),
    "token_in": (r"(query|header):[!-9;-~]+", "is query:NAME or header:NAME"),
    "signature_header": (r"[!-9;-~]+", "is the name of a header"),
    "secret": (r"[^\r\n]*", "is one line"),
    "token": (r"[ -~]*", "is one line of ASCII"),
}  # fmt: skip
"""The form of each setting, and what is wrong where a value has another."""
MESSAGE = ("from", "to", "text", "hex", "id", "time", "udh", "ref", "part", "total")
RECEIPT = ("id", "status", "error", "reason", "to", "time", "ours")

CAPABILITIES = Capabilities(
    schemes=("tel",), text=1600, receipts=("sent", "delivered", "failed"), reconcilable=True
)
HISTORY = load(__package__)
TERMS = HISTORY.current()


class Aggregator(Value, frozen=True, kw_only=True):
    """All of an aggregator, read from its settings."""

    given: dict[str, str]
    template: Json
    headers: dict[str, str]
    number_format: Form
    codings: dict[str, str]
    ok_status: tuple[tuple[int, int], ...]
    ok: Finder | None
    ok_values: tuple[str, ...]
    id: Finder | None
    error: Finder | None
    reason: Finder | None
    errors: dict[str, Action]
    message: dict[str, str]
    receipt: dict[str, str]
    statuses: dict[str, ReceiptStatus | None]

    @property
    def capabilities(self) -> Capabilities:
        """What it can: our id comes back where it rides along and the reports name it."""
        returns = names(self.template, "id") and "ours" in self.receipt
        limit = int(self.given["text_limit"])
        return msgspec.structs.replace(CAPABILITIES, text=limit, reconcilable=returns)


def left(fixed: Mapping[str, str], *own: Setting) -> tuple[Setting, ...]:
    """The settings that a type with fixed ones leaves to the channel; `own` stand in place of those of their name."""
    instead = {each.name: each for each in own}
    return tuple(instead.get(each.name, each) for each in SETTINGS if each.name not in fixed)


def read(channel: Channel, fixed: Mapping[str, str]) -> Aggregator:
    """An aggregator from its channel's settings and those its type fixes; raises ValueError naming a wrong one."""
    given = {each.name: each.default for each in SETTINGS}
    given |= {**channel.settings, **channel.credentials, **fixed}
    check(given, _FORMS)
    if given["token_in"].startswith("query:") and not re.fullmatch(r"[\w.~-]*", given["token"], re.ASCII):
        raise ValueError("token: stands in addresses, so it has letters, digits, `.`, `_`, `~` and `-` alone")
    if not given["token"] and not given["signature_secret"]:
        raise ValueError("token: webhooks need a token or a signature_secret, or anybody could write them")
    if given["auth"] != "none" and not given["secret"]:
        raise ValueError("secret: is needed to show who we are")
    found = Aggregator(
        given=given, **{name: _named(name, reader, given) for name, reader in _READERS.items()}
    )
    if found.ok and not found.ok_values:
        raise ValueError("ok_values: says what `ok` holds where a message was taken")
    for word in ("user", "secret", "token", "callback"):
        if names(found.template, word) and not given[word]:
            raise ValueError(f"{word}: the template holds {{{word}}}: set it")
    path = f"/webhooks/{channel.id}"
    if given["callback"] and urlsplit(given["callback"]).path != path:
        raise ValueError(
            f"callback: this is not allowed; it is our public address and {path}, where this channel takes its webhooks"
        )
    if given["format"] != "json" and any(isinstance(each, dict | list) for each in found.template.values()):
        raise ValueError("template: a form or a query is flat")
    return found


def _named(name: str, reader: Callable[[str], Any], given: Mapping[str, str]) -> Any:
    try:
        return reader(given[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _pairs(written: str) -> dict[str, str]:
    """`a=b, c=d` as a mapping; raises ValueError."""
    found: dict[str, str] = {}
    for each in filter(None, (part.strip() for part in written.split(","))):
        name, mark, value = each.partition("=")
        if not mark or not name.strip():
            raise ValueError(f"{each!r} is no NAME=VALUE")
        found[name.strip()] = value.strip()
    return found


def _fields(known: tuple[str, ...], needed: tuple[str, ...]) -> Callable[[str], dict[str, str]]:
    def read_fields(written: str) -> dict[str, str]:
        found = _pairs(written)
        if unknown := found.keys() - set(known):
            raise ValueError(f"{min(unknown)!r} is none of {', '.join(known)}")
        if missing := [name for name in needed if not found.get(name)]:
            raise ValueError(f"names no field for {missing[0]}")
        return found

    return read_fields


def _message(written: str) -> dict[str, str]:
    found = _fields(MESSAGE, ("from",))(written)
    if not {"text", "hex"} & found.keys():
        raise ValueError("names no field for text")
    if not {"id", "time"} & found.keys():
        raise ValueError(
            "names neither id nor time: a message that comes again could not be told from a new one"
        )
    return found


def _statuses(written: str) -> dict[str, ReceiptStatus | None]:
    found: dict[str, ReceiptStatus | None] = {}
    for word, status in _pairs(written).items():
        if status not in ("", "sent", "delivered", "read", "failed"):
            raise ValueError(f"{word}: {status!r} is none of sent, delivered, read, failed")
        found[word.upper()] = status or None  # type: ignore[assignment]
    return found


def _errors(written: str) -> dict[str, Action]:
    try:
        return {code: Action(word) for code, word in _pairs(written).items()}
    except ValueError as error:
        raise ValueError(f"{error}; the words are {', '.join(Action)}") from error


def _ranges(written: str) -> tuple[tuple[int, int], ...]:
    found = []
    for each in written.split(","):
        low, _, high = each.strip().partition("-")
        if not re.fullmatch(r"\d{3}", low) or not re.fullmatch(r"(\d{3})?", high):
            raise ValueError("is like 200-299, 202")
        found.append((int(low), int(high or low)))
    return tuple(found)


def _headers(written: str) -> dict[str, str]:
    try:
        return {
            name.lower(): value
            for name, value in msgspec.json.decode(written or "{}", type=dict[str, str]).items()
        }
    except msgspec.DecodeError as error:
        raise ValueError(f"is a JSON object of texts: {error}") from error


def _codings(written: str) -> dict[str, str]:
    found = _pairs(written)
    if found.keys() != {"gsm7", "ucs2"}:
        raise ValueError("is like gsm7=0, ucs2=2")
    return found


_READERS: dict[str, Callable[[str], Any]] = {
    "template": template,
    "headers": _headers,
    "number_format": str,
    "codings": _codings,
    "ok_status": _ranges,
    "ok": finder,
    "ok_values": lambda written: tuple(filter(None, (each.strip() for each in written.split(",")))),
    "id": finder,
    "error": finder,
    "reason": finder,
    "errors": _errors,
    "message": _message,
    "receipt": _fields(RECEIPT, ("status",)),
    "statuses": _statuses,
}
