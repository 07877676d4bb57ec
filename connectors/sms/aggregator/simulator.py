"""An aggregator's end of the wire, played by the same settings: takes our messages, and writes its webhooks."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown, Told
from connectors.sms.aggregator import hooks, outbound, profile
from connectors.sms.aggregator.finders import Finder
from connectors.sms.aggregator.profile import Aggregator
from state.model.channel import Channel
from state.model.content import Text
from state.model.wire import Answer, Call, Outbound, Reply, Request

_WORDS = {"stop": "STOP", "start": "START", "help": "HELP"}
_WORD = re.compile(r"\{([a-z]+)(?::int)?\}")
_STATUSES: dict[Refusal, int] = {"throttled": 429, "unavailable": 503, "expired_token": 401, "ban": 403}


class AggregatorSimulator:
    """Plays the aggregator that the settings describe."""

    undeliverable: ClassVar[tuple[str, bool]] = ("1", True)
    phones: ClassVar[tuple[Phone, ...]] = tuple(
        Phone(f"44770090020{n}", f"+44 7700 90020{n}") for n in range(3)
    )

    fixed: ClassVar[Mapping[str, str]] = {}

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._by, self._clock = profile.read(channel, self.fixed), clock
        self._given = self._by.given
        self._path = f"/webhooks/{channel.id}"
        self._count = int(clock() * 1000)
        self._faults: list[tuple[str, bool]] = []
        self._asked = list(_places(self._by, self._by.template))

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """A message of the customer's; raises KeyError or ValueError where a phone cannot do that."""
        kind, key = str(what["type"]), self._id()
        if kind not in ("text", "choice", *_WORDS):
            raise ValueError(f"a phone cannot send {kind!r}; it can send text, choice, stop, start, help")
        text = _WORDS.get(kind) or str(what["title" if kind == "choice" else "text"])
        told = {"from": sender, "to": self._given["sender"], "text": text, "id": key, "time": self._now()}
        if "hex" in self._by.message:
            told["hex"] = text.encode("utf-16-be").hex()
        return Said(self._webhook(told, self._by.message), Shown(key, sender, Text(text)))

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """What became of a message: `field` is its id, the value has the fields of a report."""
        return self._webhook(
            {"id": field, **{name: str(each) for name, each in value.items()}}, self._by.receipt
        )

    def answer(self, request: Request) -> Answered:
        """Take one message of ours."""
        found = self._read(request)
        to, text = found.get("to", "").lstrip("+").removeprefix("00"), found.get("text", "")
        if not self._knows(request, found):
            return self.refusal("expired_token")
        if not to.isdigit() or not (text or found.get("hex")):
            return Answered(Reply(400, {}, b"to or text is missing"))
        code, later = self._faults.pop(0) if self._faults else ("", False)
        if code and not later:
            return Answered(Reply(400, {}, self._failure(code)))
        ours, key = found.get("id", ""), self._id()
        if self._by.id is None or self._by.receipt.get("ours") == self._by.receipt.get("id"):
            key = ours or key
        words = ["failed"] if code else ["sent", "delivered"]
        told = tuple(self._told(to, key, ours, status, code) for status in words if self._word(status))
        content = Text(text or bytes.fromhex(found["hex"]).decode("utf-16-be"))
        return Answered(
            Reply(self._by.ok_status[0][0], {}, self._success(key)), (Shown(key, to, content),), told
        )

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """Nothing: an answer carries no message."""
        return ()

    def refusal(self, kind: Refusal) -> Answered:
        """A status that says it, and where the settings know a code for it that code; a ban is whatever suspends."""
        codes = [code for code, action in self._by.errors.items() if kind == "ban" and action == "SUSPEND"]
        return Answered(Reply(_STATUSES[kind], {}, self._failure(codes[0]) if codes else kind.encode()))

    def keep(self, file: File) -> str:
        """Nothing: phones send no files."""
        raise ValueError("this channel carries no files")

    def file(self, ref: str) -> File | None:
        """None: there are no files."""
        return None

    def fail(self, code: str, *, later: bool = False) -> None:
        """Refuse the next message with this error; `later`: take it, and report the error."""
        self._faults.append((code, later))

    def _read(self, request: Request) -> dict[str, str]:
        """The words of the template, as they came."""
        if self._given["format"] == "json":
            body = json.loads(request.body)
        elif self._given["format"] == "form":
            body = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        else:
            body = dict(request.query)
        found: dict[str, str] = {}
        for path, pattern in self._asked:
            if match := pattern.fullmatch(str(_at(body, path))):
                found |= match.groupdict()
        return found

    def _knows(self, request: Request, found: Mapping[str, str]) -> bool:
        """Whether the request shows who we are as the settings say; a signature is looked at by its form alone."""
        expected = next(iter(_headers(self._by).items()), None)
        in_words = all(found.get(name, self._given[name]) == self._given[name] for name in ("user", "secret"))
        if self._given["auth"] == "hmac":
            return "t=" in request.headers.get(self._given["signature_header"].lower(), "")
        return in_words and (expected is None or request.headers.get(expected[0]) == expected[1])

    def _told(self, to: str, key: str, ours: str, status: str, code: str) -> Told:
        word = self._word(status)
        report = {
            "id": key,
            "ours": ours,
            "to": to,
            "status": word,
            "error": code or "0",
            "time": self._now(),
        }
        return Told(self._webhook(report, self._by.receipt), to, key, word)

    def _word(self, status: str) -> str:
        return next((word for word, means in self._by.statuses.items() if means == status), "")

    def _success(self, key: str) -> bytes:
        if self._given["sample"]:
            return self._given["sample"].replace("{id}", key).encode()
        values = [(self._by.id, key), (self._by.ok, next(iter(self._by.ok_values), ""))]
        return _document(values)

    def _failure(self, code: str) -> bytes:
        return _document([(self._by.error, code), (self._by.reason, "Simulated.")])

    def _webhook(self, told: Mapping[str, str], named: Mapping[str, str]) -> Request:
        """What the aggregator posts: JSON where we send JSON, else a form."""
        body: dict[str, Any] = {}
        for name, path in named.items():
            if name in told:
                _put(body, path, told[name])
        mark, equals, value = self._given["receipt_if"].partition("=")
        if equals and named is self._by.receipt:
            body[mark] = value
        if self._given["format"] == "json":
            kind, raw = "application/json", json.dumps(self._wrapped(body)).encode()
        else:
            kind, raw = "application/x-www-form-urlencoded", urlencode(body).encode()
        place, _, name = self._given["token_in"].partition(":")
        token = {name: self._given["token"]} if self._given["token"] else {}
        headers = {"content-type": kind}
        if place == "header":
            headers |= {header.lower(): each for header, each in token.items()}
        if secret := self._given["signature_secret"]:
            headers[self._given["signature_header"].lower()] = hooks.sign(raw, secret, int(self._clock()))
        return Request("POST", self._path, token if place == "query" else {}, headers, raw)

    def _wrapped(self, body: dict[str, Any]) -> Any:
        path = self._given["items"]
        if not path:
            return body
        return [body] if path == "$" else {path: [body]}

    def _now(self) -> str:
        pattern = self._given["time_format"]
        return time.strftime(pattern, time.gmtime(self._clock())) if pattern else str(int(self._clock()))

    def _id(self) -> str:
        self._count += 1
        return f"0A{self._count:x}"


def _headers(by: Aggregator) -> dict[str, str]:
    """The headers that show who we are, read off a call."""
    if by.given["auth"] in ("none", "hmac"):
        return {}
    call: Call = outbound.call(Outbound(id="0" * 32, to=("tel:+447700900200",), content=Text("x")), by, 0)
    name = by.given["auth"].partition("header:")[2].lower() or "authorization"
    return {name: call.headers[name]}


def _places(
    by: Aggregator, shape: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], re.Pattern[str]]]:
    """Where in a template words stand, and the pattern that reads them back; what we know of them stands as it is."""
    if isinstance(shape, dict | list):
        for key, each in shape.items() if isinstance(shape, dict) else enumerate(shape):
            yield from _places(by, each, (*path, key))
    elif isinstance(shape, str) and _WORD.search(shape):
        known = {name: by.given[name] for name in ("callback", "token")} | {"from": by.given["sender"]}
        pattern, end = "", 0
        for word in _WORD.finditer(shape):
            pattern += re.escape(shape[end : word.start()])
            pattern += re.escape(known[word[1]]) if word[1] in known else f"(?P<{word[1]}>.*)"
            end = word.end()
        yield path, re.compile(pattern + re.escape(shape[end:]), re.DOTALL)


def _at(body: Any, path: tuple[Any, ...]) -> Any:
    try:
        for step in path:
            body = body[step]
    except (KeyError, IndexError, TypeError):
        return ""
    return body


def _put(body: dict[str, Any], path: str, value: str) -> None:
    """Put a value at a path of names; two fields of ours may share one."""
    *steps, last = path.split(".")
    for step in steps:
        body = body.setdefault(step, {})
    body.setdefault(last, value)


def _document(values: list[tuple[Finder | None, str]]) -> bytes:
    """An answer in JSON that holds values where finders look for them."""
    body: dict[str, Any] = {}
    for place, value in values:
        if place is not None and place.kind == "json":
            _build(body, place.path.split("."), value)
    return json.dumps(body).encode()


def _build(body: Any, steps: list[str], value: str) -> None:
    """Put a value at a path in which numbers and `*` are places of a list."""
    for here, after in zip(steps, [*steps[1:], None], strict=True):
        made: Any = value if after is None else [] if after == "*" or after.isdigit() else {}
        if isinstance(body, list):
            if not body:
                body.append(made)
            body = body[0]
        else:
            body = body.setdefault(here, made)
