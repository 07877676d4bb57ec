"""Delivery receipts: the text of Appendix B in the forms met, the optional parameters, and the ids of both."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from connectors.smpp import codes, tlv
from connectors.smpp.tlv import Tlv
from state.model.action import Action
from state.model.event import Receipt

Ids = Literal["same", "decimal", "hex"]
"""How receipts write ids: as answers do; in decimal where answers are hex; in hex where answers are decimal."""
_LABEL = re.compile(
    r"(?<![a-z])(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat(?:us)?|err(?:or)?(?:[ _]?code)?|text|msg)\s*[:=]",
    re.IGNORECASE,
)
_LONGEST_ID = 200


class Report(NamedTuple):
    """What a receipt says: the id as it writes it, the usual word for the state, and the error (None: none told)."""

    id: str
    state: str
    error: int | None = None
    error_words: str = ""


def report(text: str, tlvs: tuple[Tlv, ...], ids: Ids = "same") -> Report | None:
    """What a receipt says; None where it names no message or no state that is known.

    The optional parameters go before the text, but for an id that the setting says the text writes in another form.
    """
    labels = _labels(text)
    told = tlv.words(tlvs, tlv.RECEIPTED_MESSAGE_ID)
    written = labels.get("id", "")
    known = written if ids != "same" and written else told or written
    state = codes.STATES.get(_number(tlvs)) or _word(labels.get("stat", ""))
    if not known or len(known) > _LONGEST_ID or not state:
        return None
    error, words = _error(tlvs, labels.get("err", ""))
    return Report(canonical(known, ids, receipt=True), state, error, words)


def canonical(given: str, ids: Ids, *, receipt: bool) -> str:
    """An id in the one form it is kept in, whether an answer or a receipt wrote it."""
    if ids == "same":
        return given
    base = 10 if (ids == "decimal") is receipt else 16
    try:
        return str(int(given, base)) if given.isascii() and given.isalnum() else given
    except ValueError:
        return given


def event(found: Report, at: int, addresses: tuple[str, ...], errors: Mapping[str, Action]) -> Receipt:
    """The receipt as an event; `errors` is the channel's own map of what its SMSC's errors mean."""
    status = codes.STATUSES[found.state]
    failed = status == "failed"
    action = errors.get(found.error_words.lstrip("0").upper())
    return Receipt(
        key=f"dlr:{found.id}:{found.state}",
        at=at,
        addresses=addresses,
        provider_id=found.id,
        status=status,
        fault=codes.fault_of(found.state, found.error, action) if failed else None,
    )


def _labels(text: str) -> dict[str, str]:
    """The values by their labels. What follows `text:` is the customer's or ours, and is looked at no more."""
    found: dict[str, str] = {}
    marks = list(_LABEL.finditer(text))
    for n, mark in enumerate(marks):
        name = mark[1].lower()
        if name in ("text", "msg"):
            break
        end = marks[n + 1].start() if n + 1 < len(marks) else len(text)
        name = "stat" if name.startswith("stat") else "err" if name.startswith("err") else name
        found.setdefault(name, text[mark.end() : end].strip(" \t\r\n,;|\0\"'"))
    return {name: value.split()[0] if name != "stat" and value else value for name, value in found.items()}


def _word(given: str) -> str:
    """The usual word for a state, however it is written: in words, cut short, or as its number."""
    word = re.sub(r"[^A-Z0-9]+", "_", given.upper()).strip("_")
    if word.isdigit():
        return codes.STATES.get(int(word[:3]), "")
    return codes.WORDS.get(word) or codes.WORDS.get(word.partition("_")[0], "")


def _number(tlvs: tuple[Tlv, ...]) -> int:
    found = tlv.number(tlvs, tlv.MESSAGE_STATE)
    return -1 if found is None else found


def _error(tlvs: tuple[Tlv, ...], written: str) -> tuple[int | None, str]:
    """The network's error where it is told, else the text's, which may be no number; 0 is none."""
    network = tlv.find(tlvs, tlv.NETWORK_ERROR_CODE)
    if network and len(network) == 3 and any(network[1:]):
        code = int.from_bytes(network[1:], "big")
        return code, str(code)
    code = int(written) if written.isascii() and written.isdigit() and len(written) < 8 else 0
    return code or None, written
