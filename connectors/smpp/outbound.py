"""A message of ours as submit_sm PDUs: addresses, coding, and the parts of what is too long for one."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from connectors.smpp import text, tlv
from connectors.smpp.pdu import SubmitSm
from connectors.smpp.profile import TEXT, Account
from connectors.smpp.tlv import Tlv
from connectors.sms import headers
from state.model.base import Value
from state.model.content import Content, Text
from state.model.wire import BadMessage, Outbound

_MOST_PARTS: Final = 255
_SHORT_CODE: Final = 6
"""Digits a short code has at most."""
_UDHI: Final = 0x40
_HEADERS: Final = {"udh8": 6, "udh16": 7, "sar": 7, "payload": -1}
"""Octets that a part's place among the others costs; an SMSC makes a header of the `sar` parameters."""
_RECEIPTS: Final = {"final": 0x01, "failure": 0x02, "all": 0x11, "none": 0x00}
_CLASS_0: Final = 0x10
"""The family of data_coding with a class in its lowest two bits; class 0 is shown at once, and not kept."""
_LONGEST_VALIDITY: Final = 30 * 86_400


class Native(Value, frozen=True):
    """The options of `native.smpp`.

    `flash`: shown at once and not kept. `validity`: seconds in which the SMSC may deliver. `priority`: 0 to 3.
    """

    flash: bool = False
    validity: int = 0
    priority: int = 0


def bodies(message: Outbound, account: Account, reference: int) -> tuple[SubmitSm, ...]:
    """The PDUs of a message, in order; `reference` tells its parts from another's. Raises BadMessage."""
    words, options = _words(message.content), _native(message.native)
    common = _common(message, account, options)
    header = _HEADERS[account.concatenation]
    made = text.coded(words, account, header)
    coding = _shown_at_once(made.data_coding) if options.flash else made.data_coding
    if header < 0 and not text.one(words, account):
        payload = (Tlv(tlv.MESSAGE_PAYLOAD, made.pieces[0]),)
        return (SubmitSm(**common, data_coding=coding, tlvs=payload),)
    total = len(made.pieces)
    if total == 1:
        return (SubmitSm(**common, data_coding=coding, short_message=made.pieces[0]),)
    if total > _MOST_PARTS:
        raise BadMessage("text", f"{total} parts are more than {_MOST_PARTS}")
    return tuple(
        SubmitSm(**common, data_coding=coding, **_part(piece, n + 1, total, account, reference))
        for n, piece in enumerate(made.pieces)
    )


def _shown_at_once(data_coding: int) -> int:
    if data_coding & 0x03:
        raise BadMessage("native.smpp.flash", "Latin-1 has no class; text_coding auto or ucs2 has")
    return data_coding | _CLASS_0


def _words(content: Content) -> str:
    if not isinstance(content, Text):
        raise BadMessage("content", f"a short message is text, not {type(content).__name__}")
    if not content.text:
        raise BadMessage("text", "is empty")
    units = text.units(content.text)
    if any("\ud800" <= char <= "\udfff" for char in content.text):
        raise BadMessage("text", "holds half a surrogate pair")
    if units > TEXT:
        raise BadMessage("text", f"{units} septets or code units are more than {TEXT}")
    return content.text


def _native(given: Mapping[str, Any]) -> Native:
    try:
        options = msgspec.convert(dict(given), Native)
    except msgspec.ValidationError as error:
        raise BadMessage("native.smpp", str(error)) from error
    if not 0 <= options.validity <= _LONGEST_VALIDITY:
        raise BadMessage("native.smpp.validity", f"is 0 to {_LONGEST_VALIDITY} seconds")
    if not 0 <= options.priority <= 3:
        raise BadMessage("native.smpp.priority", "is 0 to 3")
    return options


def _common(message: Outbound, account: Account, options: Native) -> dict[str, Any]:
    """The fields that all parts share."""
    if message.reply_to:
        raise BadMessage("reply_to", "a short message quotes none")
    ton, npi, sender = sender_of(account)
    to_ton, to_npi, to = recipient(message.to)
    return {
        "service_type": account.service_type,
        "source_addr_ton": ton,
        "source_addr_npi": npi,
        "source_addr": sender,
        "destination_addr_ton": to_ton,
        "destination_addr_npi": to_npi,
        "destination_addr": to,
        "priority_flag": options.priority,
        "validity_period": _relative(options.validity) if options.validity else "",
        "registered_delivery": _RECEIPTS[account.registered_delivery],
    }


def sender_of(account: Account) -> tuple[int, int, str]:
    """The sender's type, numbering plan and address: by its form, where the settings do not say."""
    number = re.fullmatch(r"\+?[0-9]{2,20}", account.sender)
    ton, npi, bare = _typed(account.sender) if number else (5, 0, account.sender)
    return int(account.sender_ton or ton), int(account.sender_npi or npi), bare


def recipient(to: tuple[str, ...]) -> tuple[int, int, str]:
    """The recipient's type, numbering plan and address, from the first telephone number; raises BadMessage."""
    for urn in to:
        scheme, _, path = urn.partition(":")
        if scheme == "tel" and re.fullmatch(r"\+?[0-9]{2,20}", path):
            return _typed(path)
    raise BadMessage("to", "has no telephone number (tel:+447700900001)")


def _typed(number: str) -> tuple[int, int, str]:
    """Type, numbering plan and digits of a number: international, short code or national."""
    if number.startswith("+"):
        return 1, 1, number[1:]
    if len(number) <= _SHORT_CODE:
        return 3, 0, number
    return (2, 1, number) if number.startswith("0") else (1, 1, number)


def _part(piece: bytes, number: int, total: int, account: Account, reference: int) -> dict[str, Any]:
    """What marks a part: a header before its text, or parameters."""
    match account.concatenation:
        case "sar":
            marks = (
                tlv.short(tlv.SAR_MSG_REF_NUM, reference & 0xFFFF),
                tlv.octet(tlv.SAR_TOTAL_SEGMENTS, total),
                tlv.octet(tlv.SAR_SEGMENT_SEQNUM, number),
            )
            return {"short_message": piece, "tlvs": marks}
        case "udh16":
            head = bytes((6, 8, 4, reference >> 8 & 0xFF, reference & 0xFF, total, number))
        case _:
            head = headers.header(reference, total, number)
    return {"esm_class": _UDHI, "short_message": head + piece}


def _relative(seconds: int) -> str:
    """A span of time as SMPP writes it (7.1.1), in whole minutes."""
    days, rest = divmod(-(-seconds // 60), 24 * 60)
    return f"0000{days:02}{rest // 60:02}{rest % 60:02}00000R"
