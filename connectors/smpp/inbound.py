"""What a deliver_sm or data_sm says: a customer's message, a part of one, or what became of a message of ours."""

import re
from typing import Final, NamedTuple

from connectors.smpp import receipts, text, tlv
from connectors.smpp.parts import Part, Parts, Whole, spans
from connectors.smpp.pdu import AlertNotification, DataSm, DeliverSm
from connectors.smpp.profile import Account
from connectors.smpp.udh import Headed, Place, by_parameters, unheaded
from state.model.content import Content, Text, Unsupported
from state.model.event import ClientEvent, Event, MessageReceived
from state.model.wire import Problem, Received

_KIND: Final = 0x3C
_UDHI: Final = 0x40
_RECEIPT, _SME_DELIVERED, _SME_SAID, _INTERMEDIATE = 0x04, 0x08, 0x10, 0x20
_GAP: Final = "[…]"
"""Stands in a text where a part never came."""


class Letter(NamedTuple):
    """What is to be stored: events, and the names of the parts to keep and to let go."""

    received: Received
    keep: str = ""
    release: tuple[str, ...] = ()


class Inbound:
    """Reads what arrives on one link; keeps parts of messages until they are whole."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._parts = Parts(account.parts_wait * 1000)

    def read(self, body: DeliverSm | DataSm, at: int, key: str) -> tuple[Letter, ...]:
        """What a PDU says, last; before it what is given up for it. `key` is for what has no name of its own."""
        octets = _octets(body)
        kind = body.esm_class & _KIND
        if kind in (_RECEIPT, _INTERMEDIATE) or _reports(body):
            return (self._receipt(body, octets, at),)
        headed = unheaded(octets) if body.esm_class & _UDHI else Headed(octets)
        placed = headed.place or by_parameters(body.tlvs)
        if kind in (_SME_DELIVERED, _SME_SAID):
            return (self._acknowledged(body, headed, at, key),)
        if placed is None or headed.port:
            return (self._message(body, headed, at, key),)
        return self._part(_part(body, placed, headed), headed, at)

    def restore(self, name: str, body: DeliverSm | DataSm) -> None:
        """Put back a part that was kept under this name."""
        headed = unheaded(_octets(body)) if body.esm_class & _UDHI else Headed(_octets(body))
        placed = headed.place or by_parameters(body.tlvs)
        started = re.search(r"@(\d{1,15}):\d+$", name)
        if placed and started:
            self._parts.take(_part(body, placed, headed), int(started[1]), int(started[1]))

    def late(self, at: int) -> tuple[Letter, ...]:
        """What there is of the messages whose missing parts are waited for no more."""
        return tuple(map(self._whole, self._parts.late(at)))

    @property
    def due(self) -> int:
        """When `late` has something next (milliseconds, UTC); 0: it has nothing."""
        return self._parts.due

    def _part(self, part: Part, headed: Headed, at: int) -> tuple[Letter, ...]:
        whole, given_up = self._parts.take(part, at)
        before = tuple(map(self._whole, given_up))
        if whole.missing:
            return (*before, Letter(Received(problems=_broken(headed)), keep=whole.kept(part.place.number)))
        return (*before, self._whole(whole))

    def _whole(self, whole: Whole) -> Letter:
        """A message of the parts there are; what is missing is marked in the text, and is a problem."""
        said: list[str] = []
        problems: list[Problem] = []
        for span in spans(whole):
            found = text.decoded(*span, self._account.alphabet) if span else _GAP
            said.append(f"[{len(span[0])} octets of data]" if span and found is None else found or "")
        problems += _unread("".join(said))
        if whole.missing:
            numbers = ", ".join(map(str, whole.missing))
            problems.append(Problem("short_message", f"of {whole.total} parts these never came: {numbers}"))
        events = self._said(Text(_clean("".join(said))), whole.source, whole.started, whole.key)
        return Letter(Received(events, problems=tuple(problems)), release=whole.names)

    def _message(self, body: DeliverSm | DataSm, headed: Headed, at: int, key: str) -> Letter:
        found = text.decoded(headed.octets, body.data_coding, self._account.alphabet)
        problems = _broken(headed)
        content: Content
        if found is None or headed.port:
            what = f"port {headed.port}" if headed.port else f"data_coding 0x{body.data_coding:02X}"
            content = Unsupported("binary", f"{what}: {headed.octets.hex()[:400]}")
        else:
            content = Text(_clean(found))
            problems += _unread(found)
        return Letter(Received(self._said(content, _address(body), at, key), problems=problems))

    def _said(self, content: Content, address: str, at: int, key: str) -> tuple[Event, ...]:
        """A customer's message."""
        return (MessageReceived(key=key, at=at, addresses=(address,), provider_id=key, content=content),)

    def _receipt(self, body: DeliverSm | DataSm, octets: bytes, at: int) -> Letter:
        headed = unheaded(octets) if body.esm_class & _UDHI else Headed(octets)
        words = text.decoded(headed.octets, body.data_coding, self._account.alphabet)
        if words is None:
            words = octets.decode("latin-1")
        found = receipts.report(words, body.tlvs, self._account.receipt_ids)
        if found is None:
            why = "a receipt that names no message, or no state that is known"
            return Letter(Received(problems=(Problem("short_message", why),)))
        event = receipts.event(found, at, (_address(body),), self._account.receipt_errors)
        return Letter(Received((event,)))

    def _acknowledged(self, body: DeliverSm | DataSm, headed: Headed, at: int, key: str) -> Letter:
        """A phone's application tells that it read a message, or answers to one (SMPP 3.4, 5.2.12)."""
        words = text.decoded(headed.octets, body.data_coding, self._account.alphabet)
        value = {
            "text": _clean(words or ""),
            "message": tlv.words(body.tlvs, tlv.RECEIPTED_MESSAGE_ID),
            "reference": tlv.number(body.tlvs, tlv.USER_MESSAGE_REFERENCE),
        }
        name = "delivery_acknowledged" if body.esm_class & _KIND == _SME_DELIVERED else "user_acknowledged"
        told = ClientEvent(key=key, at=at, addresses=(_address(body),), event_name=name, value=value)
        return Letter(Received((told,)))


def alert(body: AlertNotification, at: int, key: str) -> Received:
    """A phone that was away can be reached again, or cannot."""
    state = tlv.number(body.tlvs, tlv.MS_AVAILABILITY_STATUS) or 0
    value = {0: "available", 1: "denied", 2: "unavailable"}.get(state, str(state))
    who = _urn(body.source_addr_ton, body.source_addr)
    return Received((ClientEvent(key=key, at=at, addresses=(who,), event_name="reachable", value=value),))


def _part(body: DeliverSm | DataSm, place: Place, headed: Headed) -> Part:
    to = re.sub(r"[^!-~]", "", body.destination_addr)
    return Part(_address(body), to, place, headed.octets, body.data_coding)


def _octets(body: DeliverSm | DataSm) -> bytes:
    """The message, from wherever it is."""
    short = body.short_message if isinstance(body, DeliverSm) else b""
    return short or tlv.find(body.tlvs, tlv.MESSAGE_PAYLOAD) or b""


def _reports(body: DeliverSm | DataSm) -> bool:
    """Whether it is a receipt, though not marked as one: it tells a message's state, which no customer can."""
    return body.esm_class & _KIND == 0 and all(
        tlv.find(body.tlvs, tag) for tag in (tlv.RECEIPTED_MESSAGE_ID, tlv.MESSAGE_STATE)
    )


def _address(body: DeliverSm | DataSm) -> str:
    return _urn(body.source_addr_ton, body.source_addr)


def _urn(ton: int, address: str) -> str:
    """A customer's address: international numbers with their plus, whatever the SMSC calls an unknown type."""
    bare = re.sub(r"[^!-~]", "", address).removeprefix("+")
    if ton in (0, 1) and bare.startswith("00"):
        bare = bare[2:]
    digits = re.fullmatch(r"[1-9][0-9]{6,14}", bare)
    plus = digits and (ton == 1 or address.startswith("+") or (ton == 0 and len(bare) >= 8))
    return f"tel:+{bare}" if plus else f"tel:{bare}"


def _clean(words: str) -> str:
    """Text without NULs, which some senders end theirs with, and no store takes."""
    return words.replace("\0", "")


def _broken(headed: Headed) -> tuple[Problem, ...]:
    return (Problem("short_message", headed.broken),) if headed.broken else ()


def _unread(words: str) -> tuple[Problem, ...]:
    return (
        (Problem("short_message", "some octets are no characters of their data_coding"),)
        if "\ufffd" in words
        else ()
    )
