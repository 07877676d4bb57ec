"""What SMPP needs to be told, what it can do, and its terms."""

import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from connectors.contract import Setting
from connectors.given import check
from connectors.smpp.receipts import Ids
from connectors.terms import load
from state.model.action import Action
from state.model.base import Value
from state.model.channel import Capabilities, Channel

BindType = Literal["transceiver", "transmitter", "receiver"]
Alphabet = Literal["gsm7", "latin1", "ascii"]
Coding = Literal["auto", "latin1", "ucs2"]
Concatenation = Literal["udh8", "udh16", "sar", "payload"]
Wanted = Literal["final", "failure", "all", "none"]
Yes = Literal["yes", "no"]

SETTINGS = (
    Setting("host", "the SMSC's host name or address", example="smsc.example"),
    Setting("port", "its port", required=False, default="2775"),
    Setting(
        "tls", "`yes` where the port speaks TLS; its certificate is checked", required=False, default="no"
    ),
    Setting("tls_ca", "certificate (PEM) of the SMSC's own authority, where it has one", required=False),
    Setting("system_id", "our name at the SMSC", example="parley1"),
    Setting("password", "our password there, at most 8 characters", required=False, secret=True),
    Setting("system_type", "what kind of system we are, where the SMSC asks for it", required=False),
    Setting("bind", "`transceiver`, `transmitter` or `receiver`", required=False, default="transceiver"),
    Setting("address_range", "which numbers' messages we are sent, where the SMSC asks", required=False),
    Setting("sender", "the number, short code or name we send as", example="447700900123"),
    Setting("sender_ton", "type of that number; empty: by its form", required=False),
    Setting("sender_npi", "numbering plan of that number; empty: by its form", required=False),
    Setting("service_type", "service type of our messages", required=False),
    Setting("alphabet", "what data_coding 0 is: `gsm7`, `latin1`, `ascii`", required=False, default="gsm7"),
    Setting("text_coding", "how we write: `auto`, `latin1`, `ucs2`", required=False, default="auto"),
    Setting("concatenation", "long texts: `udh8`, `udh16`, `sar`, `payload`", required=False, default="udh8"),
    Setting(
        "registered_delivery", "receipts: `final`, `failure`, `all`, `none`", required=False, default="final"
    ),
    Setting(
        "receipt_ids",
        "ids in receipts: `same` as in answers; `decimal`, where answers are hex; `hex`, where they are decimal",
        required=False,
        default="same",
    ),
    Setting(
        "vendor_codes",
        "what the SMSC's own statuses mean",
        required=False,
        example="0x40B=CONSENT 0x444=SUSPEND",
    ),
    Setting(
        "receipt_errors", "what errors in receipts mean", required=False, example="5=FAIL_RCPT 21=CONSENT"
    ),
    Setting("window", "messages under way without an answer", required=False, default="10"),
    Setting("pace", "messages a second, by contract", required=False, default="10"),
    Setting(
        "enquire_link",
        "seconds of silence until we ask whether the SMSC is there",
        required=False,
        default="30",
    ),
    Setting("response_timeout", "seconds an answer may take", required=False, default="30"),
    Setting(
        "parts_wait", "seconds a part of a message waits for the others", required=False, default="86400"
    ),
)

TEXT: Final = 1530
"""Septets or code units of a text: ten parts of GSM 7 bit, 23 of UCS-2."""

CAPABILITIES = Capabilities(
    schemes=("tel",),
    text=TEXT,
    text_in="sms",
    receipts=("sent", "delivered", "failed"),
)

HISTORY = load(__package__)
TERMS = HISTORY.current()

_FORMS: dict[str, tuple[str, str]] = {
    "host": (r"[^\s/:]+|[0-9a-fA-F:]+", "is a host name or an address"),
    "port": (r"[1-9]\d{0,4}", "is a number of at most five digits"),
    "tls": (r"yes|no", "is yes or no"),
    "system_id": (r"[!-~]{1,15}", "is needed, has at most 15 characters and no spaces"),
    "password": (r"[ -~]{0,8}", "has at most 8 characters"),
    "system_type": (r"[ -~]{0,12}", "has at most 12 characters"),
    "bind": (r"transceiver|transmitter|receiver", "is transceiver, transmitter or receiver"),
    "address_range": (r"[ -~]{0,40}", "has at most 40 characters"),
    "sender": (
        r"\+?\d{2,20}|(?!\+)[ -~]{1,11}",
        "is a number of at most 20 digits or a name of at most 11 characters",
    ),
    "sender_ton": (r"[0-6]?", "is empty or a number from 0 to 6"),
    "sender_npi": (r"\d{0,2}", "is empty or a number from 0 to 18"),
    "service_type": (r"[ -~]{0,5}", "has at most 5 characters"),
    "alphabet": (r"gsm7|latin1|ascii", "is gsm7, latin1 or ascii"),
    "text_coding": (r"auto|latin1|ucs2", "is auto, latin1 or ucs2"),
    "concatenation": (r"udh8|udh16|sar|payload", "is udh8, udh16, sar or payload"),
    "registered_delivery": (r"final|failure|all|none", "is final, failure, all or none"),
    "receipt_ids": (r"same|decimal|hex", "is same, decimal or hex"),
    "window": (r"[1-9]\d{0,3}", "is a number of at most four digits"),
    "pace": (r"(?=.*[1-9])\d{1,5}(\.\d{1,3})?", "is a number of messages a second"),
    "enquire_link": (r"[1-9]\d{0,4}", "is a number of seconds"),
    "response_timeout": (r"[1-9]\d{0,3}", "is a number of seconds"),
    "parts_wait": (r"[1-9]\d{0,5}", "is a number of seconds"),
}
"""The form of each setting, and what is wrong where a value has another."""


class Account(Value, frozen=True, kw_only=True):
    """A channel's settings as they are used."""

    host: str
    port: int
    tls: Yes
    tls_ca: str
    system_id: str
    password: str
    system_type: str
    bind: BindType
    address_range: str
    sender: str
    sender_ton: str
    sender_npi: str
    service_type: str
    alphabet: Alphabet
    text_coding: Coding
    concatenation: Concatenation
    registered_delivery: Wanted
    receipt_ids: Ids
    vendor_codes: dict[int, Action]
    receipt_errors: dict[str, Action]
    window: int
    pace: float
    enquire_link: int
    response_timeout: int
    parts_wait: int

    def __repr__(self) -> str:
        return f"Account({self.system_id!r})"


def account(channel: Channel) -> Account:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    given = {each.name: each.default for each in SETTINGS}
    told: Mapping[str, str] = {**channel.settings, **channel.credentials}
    given |= {name: told[name] for name in given if name in told}
    check(given, _FORMS)
    if int(given["port"]) > 65_535:
        raise ValueError("port: is at most 65535")
    maps = {
        "vendor_codes": {int(key): word for key, word in _map("vendor_codes", given).items()},
        "receipt_errors": {_bare(key): word for key, word in _map("receipt_errors", given).items()},
    }
    return msgspec.convert({**given, **maps}, Account, strict=False)


def _map(name: str, given: Mapping[str, str]) -> dict[str, Action]:
    """A map written as `code=ACTION`, separated by spaces or commas."""
    found: dict[str, Action] = {}
    for pair in given[name].replace(",", " ").split():
        code, _, word = pair.partition("=")
        form = r"0x[0-9a-fA-F]{1,8}|\d{1,9}" if name == "vendor_codes" else r"[0-9a-zA-Z]{1,20}"
        if not re.fullmatch(form, code) or word not in Action.__members__:
            raise ValueError(f"{name}: {pair!r} is not a code, `=` and one of {', '.join(Action)}")
        found[str(int(code, 0 if code.startswith("0x") else 10)) if name == "vendor_codes" else code] = (
            Action(word)
        )
    return found


def _bare(error: str) -> str:
    return error.lstrip("0").upper()
