"""Logs: one line a record, as JSON or text, and never a secret in it.

What is hidden is found twice: by its form (bearer tokens, our keys, signatures, `name=value` with a telling name), and
by its value, for credentials that were learnt when a channel was opened. The finished line is searched, so messages,
extra fields and tracebacks are all covered. Customers' numbers are shortened in every line but debug ones.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

import msgspec

HIDDEN = "***"
_SHORTEST, _SAFE = 4, 8
"""Learnt values shorter than the first are left alone, those shorter than the second hidden only where they are
a value (`pass=…`, `"…"`): they would be found in innocent words."""
_ADDRESSES = 1024
_MARGIN = 100
"""Characters that a secret told by its form may be cut by without being told any more."""

_NAMES = (
    *((each, each) for each in ("token", "secret", "signature", "authorization", "proof", "credential")),
    ("passw", "passw(?:or)?d"),
    ("key", "(?:api[_-]?|private_?)key"),
)
_GIVEN = r"""[\w-]*(?:\\?["']\s*[=:]|=)\s*\\?["']?(?:(?:bearer|basic)\s+)?"""
_SAID = r"""[\w-]*:\s*(?:(?:bearer|basic)\s+)?(?=[^\s"'\\]*\d|[^\s"'\\]{16})"""
_VALUE = r"""[^\s"'&,;<>\\{}\[\]]+"""

_FORMS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("bearer ", re.compile(r"(bearer\s+)[\w.~+/=|:-]{16,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    ("pk_", re.compile(r"\bpk_[\w-]{8,}"), f"pk_{HIDDEN}"),
    ("whsec_", re.compile(r"\bwhsec_[\w+/=-]{8,}"), f"whsec_{HIDDEN}"),
    ("eaa", re.compile(r"\bEAA[A-Za-z0-9]{20,}"), f"EAA{HIDDEN}"),
    ("eyj", re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),
    ("sha", re.compile(r"\b(sha(?:1|256)=)[\w+/=-]{16,}"), rf"\1{HIDDEN}"),
    ("v1,", re.compile(r"\b(v1,)[\w+/=-]{16,}"), rf"\1{HIDDEN}"),
    ("/bot", re.compile(r"(/bot)\d{5,}(?::|%3A)[\w-]{20,}"), rf"\1{HIDDEN}"),
    ("://", re.compile(r"(://[^/\s:@\"']*:)[^/\s\"']*@"), rf"\1{HIDDEN}@"),
    ("private key", re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)[^-\"']*"), rf"\1{HIDDEN}"),
    *(
        (word, re.compile(rf"({name}(?:{_GIVEN}|{_SAID})){_VALUE}", re.IGNORECASE), rf"\1{HIDDEN}")
        for word, name in _NAMES
    ),
)
"""What a secret looks like: a word that must be in the line (lower case), the form, and what is left of it."""

_NUMBER = re.compile(r"((?:tel|whatsapp)(?::|%3A)(?:\+|%2B)?|\+)(\d{4,12})(\d{3})\b", re.IGNORECASE)
_IN_NUMBERS = ("+", "tel:", "whatsapp:", "%3a")


class Redactor:
    """Takes secrets out of text."""

    def __init__(self) -> None:
        self._learnt: dict[str, None] = {}
        self._short: list[re.Pattern[str]] = []
        self._longest = _MARGIN
        self._hidden: dict[str, str] = {}

    def learn(self, *values: str) -> None:
        """Hide these values from now on, also as they look in a URL, in JSON and in a representation."""
        short = {value for value in values if _SHORTEST <= len(value) < _SAFE and not value.isdigit()}
        self._short = [
            *self._short,
            *(re.compile(rf"""(?<=[="']){re.escape(each)}(?=["'&;,\\]|$)""") for each in sorted(short)),
        ]
        looks = {look for value in values if len(value) >= _SAFE for look in _looks(value)}
        looks |= self._learnt.keys()
        self._learnt = dict.fromkeys(sorted(looks, key=len, reverse=True))
        self._longest = max(_MARGIN, *map(len, self._learnt), 0)
        self._hidden.clear()

    def address(self, text: str) -> str:
        """The same as `hide`, for texts of which there are few and those often: addresses that are called."""
        found = self._hidden.get(text)
        if found is None:
            if len(self._hidden) >= _ADDRESSES:
                self._hidden.clear()
            found = self._hidden[text] = self.hide(text)
        return found

    def hide(self, text: str) -> str:
        """The text without credentials."""
        for value in self._learnt:
            if value in text:
                text = text.replace(value, HIDDEN)
        for word_of in self._short:
            text = word_of.sub(HIDDEN, text)
        lower = text.lower()
        for word, form, left in _FORMS:
            if word in lower:
                text = form.sub(left, text)
        return text

    def start(self, data: bytes, length: int) -> str:
        """The first characters of a body without credentials, not even a part of one that the cut goes through."""
        window = length * 4 + self._longest
        text = self.hide(data[:window].decode("utf-8", "replace"))
        whole = len(data) <= window
        return text[: length if whole else max(0, min(length, len(text) - self._longest))]


def _looks(value: str) -> Iterator[str]:
    """How a value may look in a line. A backslash at its end is let go: it may be half of what JSON made of two."""
    said = (value, repr(value)[1:-1])
    yield from (look for each in said if len(look := each.rstrip("\\")) >= _SAFE)
    yield from (json.dumps(each, ensure_ascii=ascii)[1:-1] for each in said for ascii in (True, False))
    yield from (quote(value, safe=""), quote_plus(value))


def shorten(text: str) -> str:
    """The text with the last three digits left of customers' numbers."""
    lower = text.lower()
    return _NUMBER.sub(r"\1…\3", text) if any(mark in lower for mark in _IN_NUMBERS) else text


redactor = Redactor()
"""The one redactor of this process; whoever opens credentials teaches it."""


_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_encode = msgspec.json.Encoder(enc_hook=str).encode


class _Formatter(logging.Formatter):
    def __init__(self, line: Callable[[logging.LogRecord, str], str]) -> None:
        super().__init__()
        self._line = line

    def format(self, record: logging.LogRecord) -> str:
        """One finished line."""
        line = redactor.hide(self._line(record, self._trouble(record)))
        return line if record.levelno < logging.INFO else shorten(line)

    def _trouble(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
        return "\n".join([*parts, *filter(None, (record.stack_info,))])


def _when(record: logging.LogRecord) -> str:
    """RFC 3339 with milliseconds, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def _extra(record: logging.LogRecord) -> Iterable[tuple[str, Any]]:
    return ((name, value) for name, value in vars(record).items() if name not in _OWN)


def _message(record: logging.LogRecord) -> str:
    """The message; where its arguments do not fit they stand after it, since logging would print them unredacted."""
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return f"{record.msg} {record.args!r}"


def _json(record: logging.LogRecord, trouble: str) -> str:
    line = {"at": _when(record), "level": record.levelname.lower(), "logger": record.name}
    line |= {"message": _message(record), **dict(_extra(record))}
    if trouble:
        line["error"] = trouble
    try:
        return _encode(line).decode()
    except UnicodeEncodeError:  # lone surrogates, as in a header that is no UTF-8
        return json.dumps(line, default=str)


def _text(record: logging.LogRecord, trouble: str) -> str:
    extra = "".join(f" {name}={value}" for name, value in _extra(record))
    line = f"{_when(record)} {record.levelname:7} {record.name}: {_message(record)}{extra}"
    return f"{line}\n{trouble}" if trouble else line


def formatter(form: str) -> logging.Formatter:
    """The formatter for `json` or `text`."""
    return _Formatter(_json if form == "json" else _text)


_TALKATIVE = ("transitions", "aiohttp", "asyncio", "alembic")
"""Libraries whose lines below a warning nobody needs."""


def set_up(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send all logs of the process to the stream (standard error), and what ends the program too."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = _last_words


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("parley").critical("ended by an error", exc_info=(kind, error, trace))
