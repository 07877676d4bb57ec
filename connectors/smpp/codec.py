"""SMPP 3.4 PDUs to and from octets, and out of a stream.

A PDU has a header of four numbers (length, command, status, sequence), the fields of its command in a fixed order, and
optional parameters. A response may come without its fields, as it does where its status is an error.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Any, ClassVar, Final

from connectors.smpp import tlv
from connectors.smpp.pdu import BODIES, RESPONSE, Body, Field, Pdu
from connectors.smpp.tlv import BadTlv

_HEADER = Struct(">IIII")
_LENGTH = Struct(">I")
HEADER: Final = _HEADER.size
LONGEST: Final = 72_000
"""Octets of a PDU: a whole `message_payload`, and room for everything else."""


class BadPdu(Exception):
    """A PDU that cannot be read or written; `command` and `sequence` are 0 where even they are not known."""

    status: ClassVar[int] = 0x08
    """The `command_status` that tells the other side."""

    def __init__(self, reason: str, command: int = 0, sequence: int = 0) -> None:
        super().__init__(reason)
        self.command = command
        self.sequence = sequence


class BadLength(BadPdu):
    """The length is none of a PDU: where the next one begins in the stream is not known any more."""

    status = 0x02


class UnknownCommand(BadPdu):
    """There is no such command."""

    status = 0x03


class BadBody(BadPdu):
    """The fields of a PDU do not add up, or one breaks its limit."""

    status = 0x01


def encode(body: Body, sequence: int, status: int = 0) -> bytes:
    """A PDU's octets; raises BadBody naming the field that breaks its limit."""
    if status and body.command & RESPONSE and not body.tlvs:
        return _HEADER.pack(HEADER, body.command, status, sequence)
    try:
        parts = [_written(field, getattr(body, field.name)) for field in body.layout]
        parts.append(tlv.write(body.tlvs))
    except BadTlv as error:
        raise BadBody(str(error), body.command, sequence) from error
    except _Wrong as error:
        raise BadBody(str(error), body.command, sequence) from error
    octets = b"".join(parts)
    length = HEADER + len(octets)
    if length > LONGEST:
        raise BadBody(f"{length} octets are more than {LONGEST}", body.command, sequence)
    return _HEADER.pack(length, body.command, status, sequence) + octets


def decode(frame: bytes) -> Pdu:
    """The PDU in exactly these octets; raises BadLength, UnknownCommand or BadBody."""
    if len(frame) < HEADER:
        raise BadLength(f"{len(frame)} octets are no PDU")
    length, command, status, sequence = _HEADER.unpack_from(frame)
    if length != len(frame):
        raise BadLength(f"{len(frame)} octets say they are {length}", command, sequence)
    kind = BODIES.get(command)
    if kind is None:
        raise UnknownCommand(f"there is no command 0x{command:08X}", command, sequence)
    if length == HEADER and (command & RESPONSE or not kind.layout):
        return Pdu(kind(), sequence, status)
    try:
        return Pdu(_body(kind, frame), sequence, status)
    except (BadTlv, _Wrong) as error:
        raise BadBody(f"{kind.__name__}: {error}", command, sequence) from error


class Frames:
    """PDUs out of a stream: octets in as they come, whole PDUs out. The cost is linear, however the octets are cut."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The PDUs that are whole now; raises BadLength after those before it, and the stream is lost."""
        kept, at = self._kept, 0
        kept += data
        try:
            while len(kept) - at >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(kept, at)
                if not HEADER <= length <= LONGEST:
                    raise BadLength(
                        f"a PDU says it has {length} octets, and {HEADER} to {LONGEST} are allowed"
                    )
                if len(kept) - at < length:
                    break
                at += length
                yield bytes(kept[at - length : at])
        finally:
            del kept[:at]

    @property
    def waiting(self) -> int:
        """Octets of a PDU that is not whole yet."""
        return len(self._kept)


class _Wrong(ValueError):
    """A field breaks its limit."""


def _written(field: Field, value: Any) -> bytes:
    if field.kind == "octet":
        if not 0 <= value <= 255:
            raise _Wrong(f"{field.name}: {value} is not between 0 and 255")
        return bytes((value,))
    if field.kind == "counted":
        if len(value) > field.most:
            raise _Wrong(f"{field.name}: {len(value)} octets are more than {field.most}")
        return bytes((len(value), *value))
    return _text_written(field, value)


def _text_written(field: Field, value: str) -> bytes:
    try:
        octets = value.encode("latin-1")
    except UnicodeEncodeError as error:
        raise _Wrong(f"{field.name}: holds what is not Latin-1") from error
    if b"\0" in octets or len(octets) >= field.most:
        raise _Wrong(f"{field.name}: {len(octets)} octets, {field.most - 1} without a NUL are allowed")
    return octets + b"\0"


def _body(kind: type[Body], frame: bytes) -> Body:
    given: dict[str, Any] = {}
    at = HEADER
    for field in kind.layout:
        given[field.name], at = _read(field, frame, at)
    return kind(**given, tlvs=tlv.read(frame, at))


def _read(field: Field, frame: bytes, at: int) -> tuple[Any, int]:
    if field.kind == "text":
        end = frame.find(b"\0", at, at + field.most)
        if end < 0:
            raise _Wrong(f"{field.name}: no NUL within {field.most} octets")
        return frame[at:end].decode("latin-1"), end + 1
    if at >= len(frame):
        raise _Wrong(f"{field.name}: is missing")
    if field.kind == "octet":
        return frame[at], at + 1
    end = at + 1 + frame[at]
    if end > len(frame):
        raise _Wrong(f"{field.name}: {frame[at]} octets are announced, {len(frame) - at - 1} are left")
    return frame[at + 1 : end], end
