"""Optional parameters of SMPP PDUs: tag, length, value (SMPP 3.4, chapter 5.3.2). Read tolerantly, written strictly."""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final, NamedTuple

from state.model.base import Value

_HEAD = Struct(">HH")
LONGEST: Final = 0xFFFF
"""Octets a value can have."""

USER_MESSAGE_REFERENCE: Final = 0x0204
SOURCE_PORT: Final = 0x020A
DESTINATION_PORT: Final = 0x020B
SAR_MSG_REF_NUM: Final = 0x020C
SAR_TOTAL_SEGMENTS: Final = 0x020E
SAR_SEGMENT_SEQNUM: Final = 0x020F
RECEIPTED_MESSAGE_ID: Final = 0x001E
SC_INTERFACE_VERSION: Final = 0x0210
DELIVERY_FAILURE_REASON: Final = 0x0425
NETWORK_ERROR_CODE: Final = 0x0423
MESSAGE_PAYLOAD: Final = 0x0424
ADDITIONAL_STATUS_INFO_TEXT: Final = 0x001D
MESSAGE_STATE: Final = 0x0427
MS_AVAILABILITY_STATUS: Final = 0x0422


class BadTlv(ValueError):
    """The optional parameters do not add up, or a value has not its length."""


class Tlv(Value, frozen=True):
    """One optional parameter."""

    tag: int
    value: bytes = b""


class _Known(NamedTuple):
    """A parameter of the specification: its name, and the fewest and most octets of its value."""

    name: str
    least: int
    most: int


KNOWN: dict[int, _Known] = {
    0x0005: _Known("dest_addr_subunit", 1, 1),
    0x0006: _Known("dest_network_type", 1, 1),
    0x0007: _Known("dest_bearer_type", 1, 1),
    0x0008: _Known("dest_telematics_id", 1, 2),
    0x000D: _Known("source_addr_subunit", 1, 1),
    0x000E: _Known("source_network_type", 1, 1),
    0x000F: _Known("source_bearer_type", 1, 1),
    0x0010: _Known("source_telematics_id", 1, 1),
    0x0017: _Known("qos_time_to_live", 4, 4),
    0x0019: _Known("payload_type", 1, 1),
    ADDITIONAL_STATUS_INFO_TEXT: _Known("additional_status_info_text", 1, 256),
    RECEIPTED_MESSAGE_ID: _Known("receipted_message_id", 1, 65),
    0x0030: _Known("ms_msg_wait_facilities", 1, 1),
    0x0201: _Known("privacy_indicator", 1, 1),
    0x0202: _Known("source_subaddress", 2, 23),
    0x0203: _Known("dest_subaddress", 2, 23),
    USER_MESSAGE_REFERENCE: _Known("user_message_reference", 2, 2),
    0x0205: _Known("user_response_code", 1, 1),
    SOURCE_PORT: _Known("source_port", 2, 2),
    DESTINATION_PORT: _Known("destination_port", 2, 2),
    SAR_MSG_REF_NUM: _Known("sar_msg_ref_num", 2, 2),
    0x020D: _Known("language_indicator", 1, 1),
    SAR_TOTAL_SEGMENTS: _Known("sar_total_segments", 1, 1),
    SAR_SEGMENT_SEQNUM: _Known("sar_segment_seqnum", 1, 1),
    SC_INTERFACE_VERSION: _Known("sc_interface_version", 1, 1),
    0x0302: _Known("callback_num_pres_ind", 1, 1),
    0x0303: _Known("callback_num_atag", 0, 65),
    0x0304: _Known("number_of_messages", 1, 1),
    0x0381: _Known("callback_num", 4, 19),
    0x0420: _Known("dpf_result", 1, 1),
    0x0421: _Known("set_dpf", 1, 1),
    MS_AVAILABILITY_STATUS: _Known("ms_availability_status", 1, 1),
    NETWORK_ERROR_CODE: _Known("network_error_code", 3, 3),
    MESSAGE_PAYLOAD: _Known("message_payload", 0, LONGEST),
    DELIVERY_FAILURE_REASON: _Known("delivery_failure_reason", 1, 1),
    0x0426: _Known("more_messages_to_send", 1, 1),
    MESSAGE_STATE: _Known("message_state", 1, 1),
    0x0501: _Known("ussd_service_op", 1, 1),
    0x1201: _Known("display_time", 1, 1),
    0x1203: _Known("sms_signal", 2, 2),
    0x1204: _Known("ms_validity", 1, 1),
    0x130C: _Known("alert_on_message_delivery", 0, 1),
    0x1380: _Known("its_reply_type", 1, 1),
    0x1383: _Known("its_session_info", 2, 2),
}
"""The parameters of SMPP 3.4; others belong to a vendor and have any length."""


def read(data: bytes, at: int = 0) -> tuple[Tlv, ...]:
    """The parameters from a place on to the end; raises BadTlv where they do not end with it."""
    return tuple(_each(data, at))


def _each(data: bytes, at: int) -> Iterator[Tlv]:
    end = len(data)
    while at < end:
        if end - at < _HEAD.size:
            raise BadTlv(f"{end - at} octets are left, too few for a parameter")
        tag, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if length > end - at:
            raise BadTlv(f"parameter 0x{tag:04X} says {length} octets, {end - at} are left")
        yield Tlv(tag, data[at : at + length])
        at += length


def write(tlvs: Iterable[Tlv]) -> bytes:
    """The parameters as they go out; raises BadTlv where a value has not the length of its kind."""
    return b"".join(_HEAD.pack(each.tag, len(each.value)) + each.value for each in map(_checked, tlvs))


def _checked(tlv: Tlv) -> Tlv:
    known = KNOWN.get(tlv.tag, _Known(f"0x{tlv.tag:04X}", 0, LONGEST))
    if not 0 <= tlv.tag <= LONGEST or not known.least <= len(tlv.value) <= known.most:
        raise BadTlv(f"{known.name} has {len(tlv.value)} octets, not {known.least} to {known.most}")
    return tlv


def find(tlvs: Iterable[Tlv], tag: int) -> bytes | None:
    """The value of the first parameter with a tag; None where there is none."""
    return next((each.value for each in tlvs if each.tag == tag), None)


def number(tlvs: Iterable[Tlv], tag: int) -> int | None:
    """A parameter's value as a number; None where there is none, or it is no number of up to four octets."""
    value = find(tlvs, tag)
    return int.from_bytes(value, "big") if value and len(value) <= 4 else None


def words(tlvs: Iterable[Tlv], tag: int) -> str:
    """A parameter's value as text, up to its NUL; "" where there is none."""
    return (find(tlvs, tag) or b"").partition(b"\0")[0].decode("latin-1").strip()


def octet(tag: int, value: int) -> Tlv:
    """A parameter of one octet."""
    return Tlv(tag, value.to_bytes(1, "big"))


def short(tag: int, value: int) -> Tlv:
    """A parameter of two octets."""
    return Tlv(tag, value.to_bytes(2, "big"))
