"""SMPP 3.4 PDUs as values (chapters 4 and 5.2): a class a command, with its fields in the order of the wire."""

from typing import ClassVar, Final, NamedTuple

from connectors.smpp.tlv import Tlv
from state.model.base import Value

RESPONSE: Final = 0x8000_0000
"""The bit of the command that makes it a response."""


class Field(NamedTuple):
    """A field on the wire: a number of one octet, a NUL-terminated text with `most` octets, or counted octets."""

    name: str
    kind: str
    most: int = 0


def _octet(name: str) -> Field:
    return Field(name, "octet", 255)


def _text(name: str, most: int) -> Field:
    return Field(name, "text", most)


def _address(name: str, most: int = 21) -> tuple[Field, ...]:
    return (_octet(f"{name}_ton"), _octet(f"{name}_npi"), _text(name, most))


_COUNTED = Field("short_message", "counted", 254)


class Body(Value, frozen=True, kw_only=True):
    """What a command says; `tlvs` are its optional parameters."""

    command: ClassVar[int] = 0
    layout: ClassVar[tuple[Field, ...]] = ()

    tlvs: tuple[Tlv, ...] = ()


class _Bind(Body, frozen=True, kw_only=True):
    layout: ClassVar[tuple[Field, ...]] = (
        _text("system_id", 16), _text("password", 9), _text("system_type", 13), _octet("interface_version"),
        _octet("addr_ton"), _octet("addr_npi"), _text("address_range", 41),
    )  # fmt: skip

    system_id: str = ""
    password: str = ""
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(system_id={self.system_id!r})"


class BindReceiver(_Bind, frozen=True, kw_only=True):
    """We want to be sent messages."""

    command: ClassVar[int] = 0x01


class BindTransmitter(_Bind, frozen=True, kw_only=True):
    """We want to send messages."""

    command: ClassVar[int] = 0x02


class BindTransceiver(_Bind, frozen=True, kw_only=True):
    """We want to do both."""

    command: ClassVar[int] = 0x09


class _BindResp(Body, frozen=True, kw_only=True):
    layout: ClassVar[tuple[Field, ...]] = (_text("system_id", 16),)

    system_id: str = ""


class BindReceiverResp(_BindResp, frozen=True, kw_only=True):
    """The answer to a bind as receiver."""

    command: ClassVar[int] = RESPONSE | 0x01


class BindTransmitterResp(_BindResp, frozen=True, kw_only=True):
    """The answer to a bind as transmitter."""

    command: ClassVar[int] = RESPONSE | 0x02


class BindTransceiverResp(_BindResp, frozen=True, kw_only=True):
    """The answer to a bind as transceiver."""

    command: ClassVar[int] = RESPONSE | 0x09


class Outbind(Body, frozen=True, kw_only=True):
    """The SMSC has called us and wants us to bind as receiver."""

    command: ClassVar[int] = 0x0B
    layout: ClassVar[tuple[Field, ...]] = (_text("system_id", 16), _text("password", 9))

    system_id: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Outbind(system_id={self.system_id!r})"


class Unbind(Body, frozen=True, kw_only=True):
    """This side wants to end the session."""

    command: ClassVar[int] = 0x06


class UnbindResp(Body, frozen=True, kw_only=True):
    """The session may end."""

    command: ClassVar[int] = RESPONSE | 0x06


class EnquireLink(Body, frozen=True, kw_only=True):
    """Are you there?"""

    command: ClassVar[int] = 0x15


class EnquireLinkResp(Body, frozen=True, kw_only=True):
    """Yes."""

    command: ClassVar[int] = RESPONSE | 0x15


class GenericNack(Body, frozen=True, kw_only=True):
    """A PDU could not be read."""

    command: ClassVar[int] = RESPONSE


class _Short(Body, frozen=True, kw_only=True):
    layout: ClassVar[tuple[Field, ...]] = (
        _text("service_type", 6), *_address("source_addr"), *_address("destination_addr"), _octet("esm_class"),
        _octet("protocol_id"), _octet("priority_flag"), _text("schedule_delivery_time", 17),
        _text("validity_period", 17), _octet("registered_delivery"), _octet("replace_if_present_flag"),
        _octet("data_coding"), _octet("sm_default_msg_id"), _COUNTED,
    )  # fmt: skip

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    destination_addr_ton: int = 0
    destination_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


class SubmitSm(_Short, frozen=True, kw_only=True):
    """A message from us."""

    command: ClassVar[int] = 0x04


class DeliverSm(_Short, frozen=True, kw_only=True):
    """A message or a receipt for us."""

    command: ClassVar[int] = 0x05


class _Identified(Body, frozen=True, kw_only=True):
    layout: ClassVar[tuple[Field, ...]] = (_text("message_id", 65),)

    message_id: str = ""


class SubmitSmResp(_Identified, frozen=True, kw_only=True):
    """The answer to a message of ours, with the SMSC's id of it."""

    command: ClassVar[int] = RESPONSE | 0x04


class DeliverSmResp(_Identified, frozen=True, kw_only=True):
    """Our answer; its `message_id` stays empty."""

    command: ClassVar[int] = RESPONSE | 0x05


class DataSm(Body, frozen=True, kw_only=True):
    """A message either way with its text among the optional parameters."""

    command: ClassVar[int] = 0x103
    layout: ClassVar[tuple[Field, ...]] = (
        _text("service_type", 6), *_address("source_addr", 65), *_address("destination_addr", 65),
        _octet("esm_class"), _octet("registered_delivery"), _octet("data_coding"),
    )  # fmt: skip

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    destination_addr_ton: int = 0
    destination_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0


class DataSmResp(_Identified, frozen=True, kw_only=True):
    """The answer to a data_sm."""

    command: ClassVar[int] = RESPONSE | 0x103


class AlertNotification(Body, frozen=True, kw_only=True):
    """A phone that was away can be reached again; there is no answer to it."""

    command: ClassVar[int] = 0x102
    layout: ClassVar[tuple[Field, ...]] = (*_address("source_addr", 65), *_address("esme_addr", 65))

    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: str = ""


class QuerySm(Body, frozen=True, kw_only=True):
    """What became of a message?"""

    command: ClassVar[int] = 0x03
    layout: ClassVar[tuple[Field, ...]] = (_text("message_id", 65), *_address("source_addr"))

    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""


class QuerySmResp(Body, frozen=True, kw_only=True):
    """What became of it."""

    command: ClassVar[int] = RESPONSE | 0x03
    layout: ClassVar[tuple[Field, ...]] = (
        _text("message_id", 65), _text("final_date", 17), _octet("message_state"), _octet("error_code"),
    )  # fmt: skip

    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0


class CancelSm(Body, frozen=True, kw_only=True):
    """Do not deliver a message any more."""

    command: ClassVar[int] = 0x08
    layout: ClassVar[tuple[Field, ...]] = (
        _text("service_type", 6), _text("message_id", 65), *_address("source_addr"), *_address("destination_addr"),
    )  # fmt: skip

    service_type: str = ""
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    destination_addr_ton: int = 0
    destination_addr_npi: int = 0
    destination_addr: str = ""


class CancelSmResp(Body, frozen=True, kw_only=True):
    """The answer to a cancel_sm."""

    command: ClassVar[int] = RESPONSE | 0x08


class ReplaceSm(Body, frozen=True, kw_only=True):
    """Deliver another text in a message's place."""

    command: ClassVar[int] = 0x07
    layout: ClassVar[tuple[Field, ...]] = (
        _text("message_id", 65), *_address("source_addr"), _text("schedule_delivery_time", 17),
        _text("validity_period", 17), _octet("registered_delivery"), _octet("sm_default_msg_id"), _COUNTED,
    )  # fmt: skip

    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


class ReplaceSmResp(Body, frozen=True, kw_only=True):
    """The answer to a replace_sm."""

    command: ClassVar[int] = RESPONSE | 0x07


Bind = BindReceiver | BindTransmitter | BindTransceiver
BindResp = BindReceiverResp | BindTransmitterResp | BindTransceiverResp

BODIES: dict[int, type[Body]] = {
    each.command: each
    for each in (
        GenericNack, BindReceiver, BindReceiverResp, BindTransmitter, BindTransmitterResp, BindTransceiver,
        BindTransceiverResp, Outbind, Unbind, UnbindResp, EnquireLink, EnquireLinkResp, SubmitSm, SubmitSmResp,
        DeliverSm, DeliverSmResp, DataSm, DataSmResp, AlertNotification, QuerySm, QuerySmResp, CancelSm, CancelSmResp,
        ReplaceSm, ReplaceSmResp,
    )
}  # fmt: skip
"""Every command there is here, by its number."""


class Pdu(Value, frozen=True):
    """A PDU: what it says, its sequence number, and its status (0 but in responses)."""

    body: Body
    sequence: int
    status: int = 0
