"""PDUs are read and written to the octet, within their limits, however the stream is cut."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.smpp import codec, pdu, tlv
from connectors.smpp.codec import BadBody, BadLength, BadPdu, Frames, UnknownCommand
from connectors.smpp.pdu import BODIES, Body, SubmitSm
from connectors.smpp.tlv import BadTlv, Tlv

VECTORS = {
    "00000022000000090000000000000001677731007365637265743038000034000000": (
        pdu.BindTransceiver(system_id="gw1", password="secret08"),
        1,
        0,
    ),
    "0000003300000004000000000000000200050041434D4500010134343737303039303030303100000000000001000000024869": (
        SubmitSm(
            source_addr_ton=5,
            source_addr="ACME",
            destination_addr_ton=1,
            destination_addr_npi=1,
            destination_addr="447700900001",
            registered_delivery=1,
            short_message=b"Hi",
        ),
        2,
        0,
    ),
    "0000003D00000004000000000000000300050041434D45000101343437373030393030303031004000000000010008000C"
    "0500032A0201006800E94F60": (
        SubmitSm(
            source_addr_ton=5,
            source_addr="ACME",
            destination_addr_ton=1,
            destination_addr_npi=1,
            destination_addr="447700900001",
            esm_class=0x40,
            registered_delivery=1,
            data_coding=8,
            short_message=b"\x05\0\x03\x2a\x02\x01" + "hé你".encode("utf-16-be"),
        ),
        3,
        0,
    ),
    "000000A500000005000000000000004D00010134343737303039303030303100050041434D45000400000000000000006469643A"
    "304131423243207375623A30303120646C7672643A303031207375626D697420646174653A3236303130323033303420646F6E65"
    "20646174653A3236303130323033303520737461743A44454C49565244206572723A30303020746578743A4869001E0007304131"
    "423243000427000102": (
        pdu.DeliverSm(
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="447700900001",
            destination_addr_ton=5,
            destination_addr="ACME",
            esm_class=4,
            short_message=b"id:0A1B2C sub:001 dlvrd:001 submit date:2601020304 done date:2601020305"
            b" stat:DELIVRD err:000 text:Hi",
            tlvs=(Tlv(0x001E, b"0A1B2C\0"), Tlv(0x0427, b"\x02")),
        ),
        77,
        0,
    ),
    "00000010000000150000000000000004": (pdu.EnquireLink(), 4, 0),
    "00000010800000040000005800000002": (pdu.SubmitSmResp(), 2, 0x58),
}
KINDS = sorted(BODIES.values(), key=lambda kind: kind.command)
LATIN = st.characters(min_codepoint=1, max_codepoint=255)


@pytest.mark.parametrize(("octets", "body", "sequence", "status"), [(h, *v) for h, v in VECTORS.items()])
def test_a_known_pdu_is_read_and_written_to_the_octet(
    octets: str, body: Body, sequence: int, status: int
) -> None:
    raw = bytes.fromhex(octets)
    assert codec.decode(raw) == pdu.Pdu(body, sequence, status)
    assert codec.encode(body, sequence, status) == raw


@st.composite
def anything(draw: st.DrawFn) -> Body:
    """Any PDU that is within its limits."""
    kind = draw(st.sampled_from(KINDS))
    fields = {
        field.name: draw(
            {
                "octet": st.integers(0, 255),
                "text": st.text(LATIN, max_size=max(field.most - 1, 0)),
                "counted": st.binary(max_size=field.most),
            }[field.kind]
        )
        for field in kind.layout
    }
    vendor = st.builds(Tlv, st.integers(0x1400, 0x3FFF), st.binary(max_size=40))
    payload = st.builds(Tlv, st.just(tlv.MESSAGE_PAYLOAD), st.binary(max_size=2000))
    return kind(**fields, tlvs=tuple(draw(st.lists(vendor | payload, max_size=3))))


@given(anything(), st.integers(0, 2**32 - 1))
def test_what_is_written_is_read_again(body: Body, sequence: int) -> None:
    assert codec.decode(codec.encode(body, sequence)) == pdu.Pdu(body, sequence)


@given(st.lists(anything(), max_size=5), st.data())
def test_a_stream_gives_the_same_pdus_however_it_is_cut(bodies: list[Body], data: st.DataObject) -> None:
    stream = b"".join(codec.encode(body, n) for n, body in enumerate(bodies))
    frames, found, at = Frames(), [], 0
    while at < len(stream):
        end = at + data.draw(st.integers(1, max(1, len(stream) // 3)))
        found += [codec.decode(frame).body for frame in frames.feed(stream[at:end])]
        at = end
    assert found == bodies
    assert frames.waiting == 0


@settings(max_examples=300)
@given(st.sampled_from(KINDS), st.binary(max_size=200), st.integers(0, 0x67))
def test_any_body_is_read_or_named_as_bad(kind: type[Body], rest: bytes, status: int) -> None:
    head = (16 + len(rest), kind.command, status, 7)
    frame = b"".join(each.to_bytes(4, "big") for each in head) + rest
    found: BadBody | None = None
    try:
        assert codec.decode(frame).sequence == 7
    except BadBody as error:
        found = error
    assert found is None or (found.command, found.sequence) == (kind.command, 7)


@given(anything(), st.data())
def test_a_pdu_with_a_broken_octet_is_read_or_named_as_bad(body: Body, data: st.DataObject) -> None:
    raw = bytearray(codec.encode(body, 1))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(BadPdu):
        codec.decode(bytes(raw))


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_stream_gives_whole_frames_or_a_bad_length(chunks: list[bytes]) -> None:
    frames = Frames()
    with suppress(BadLength):
        for chunk in chunks:
            for frame in frames.feed(chunk):
                assert int.from_bytes(frame[:4], "big") == len(frame)


@pytest.mark.parametrize("length", [0, 1, 15, codec.LONGEST + 1, 2**32 - 1])
def test_a_length_that_is_none_is_named_after_the_pdus_before_it(length: int) -> None:
    good = codec.encode(pdu.EnquireLink(), 1)
    stream = Frames().feed(good + length.to_bytes(4, "big") + b"x" * 20)
    assert next(stream) == good
    with pytest.raises(BadLength, match=f"says it has {length} octets"):
        next(stream)


def test_a_long_pdu_that_comes_octet_by_octet_costs_no_more_than_its_length() -> None:
    raw = codec.encode(pdu.DataSm(tlvs=(Tlv(tlv.MESSAGE_PAYLOAD, b"x" * 65_535),)), 1)
    frames, began = Frames(), time.process_time()
    assert [frame for n in range(len(raw)) for frame in frames.feed(raw[n : n + 1])] == [raw]
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("source_addr", "1" * 21, "source_addr: 21 octets, 20 without"),
        ("source_addr", "1\x002", "source_addr: 3 octets"),
        ("source_addr", "你", "source_addr: holds what is not Latin-1"),
        ("service_type", "ABCDEF", "service_type: 6 octets, 5 without"),
        ("validity_period", "1" * 17, "validity_period: 17 octets"),
        ("short_message", b"x" * 255, "short_message: 255 octets are more than 254"),
        ("data_coding", 256, "data_coding: 256 is not between"),
        ("esm_class", -1, "esm_class: -1 is not between"),
        ("tlvs", (Tlv(tlv.MESSAGE_STATE, b"12"),), "message_state has 2 octets, not 1 to 1"),
        ("tlvs", (Tlv(tlv.SAR_MSG_REF_NUM, b"1"),), "sar_msg_ref_num has 1 octets"),
    ],
)
def test_a_field_beyond_its_limit_is_not_written(field: str, value: object, words: str) -> None:
    with pytest.raises(BadBody, match=words):
        codec.encode(SubmitSm(**{field: value}), 9)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "error", "status"),
    [
        (b"", BadLength, 2),
        (b"\0\0\0\x10", BadLength, 2),
        (b"\0\0\0\x11\0\0\0\x15" + bytes(8), BadLength, 2),
        (b"\0\0\0\x10\0\0\0\x77" + bytes(8), UnknownCommand, 3),
        (b"\0\0\0\x10\0\0\0\x04" + bytes(8), BadBody, 1),
        (b"\0\0\0\x13\0\0\0\x15" + bytes(8) + b"\0\1\0", BadBody, 1),
        (b"\0\0\0\x15\0\0\0\x15" + bytes(8) + b"\0\1\0\x02x", BadBody, 1),
    ],
)
def test_what_is_no_pdu_says_what_is_wrong(raw: bytes, error: type[BadPdu], status: int) -> None:
    with pytest.raises(error) as caught:
        codec.decode(raw)
    assert caught.value.status == status


def test_a_response_may_come_without_its_fields() -> None:
    assert codec.decode(b"\0\0\0\x10\x80\0\0\x04" + bytes(4) + b"\0\0\0\x05") == pdu.Pdu(
        pdu.SubmitSmResp(), 5
    )


def test_a_password_shows_nowhere() -> None:
    for body in (pdu.BindReceiver(system_id="gw1", password="secret08"), pdu.Outbind(password="secret08")):
        assert "secret08" not in repr(pdu.Pdu(body, 1))


@pytest.mark.parametrize(
    ("value", "number", "words"),
    [(b"\x02", 2, "\x02"), (b"\x00\x2a", 42, ""), (b"", None, ""), (b"A1\0", 4272384, "A1")],
)
def test_an_optional_parameter_is_read_as_what_is_wanted(
    value: bytes, number: int | None, words: str
) -> None:
    assert (tlv.number((Tlv(1, value),), 1), tlv.words((Tlv(1, value),), 1)) == (number, words)


def test_parameters_that_do_not_add_up_are_named() -> None:
    with pytest.raises(BadTlv, match="parameter 0x001E says 7 octets, 1 are left"):
        tlv.read(b"\0\x1e\0\x07A")
