"""Receipts are read in all the forms that are met; every error and every status has its action."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.smpp import codes, receipts, tlv
from connectors.smpp.receipts import Ids, Report
from connectors.smpp.tlv import Tlv
from state.model.action import Action
from state.model.event import Receipt
from state.model.receipts import ReceiptStatus
from tests.connectors.smpp.talk import bound, events, mobile, octets

DATES = "submit date:2601020304 done date:2601020305"
FORMS = [
    (f"id:0A1B2C sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:Hi", "DELIVRD", None),
    ("id:0A1B2C sub:001 submit date:260102030405 done date:260102030506 stat:UNDELIV err:001 Text:", "UNDELIV", 1),
    ("ID:0A1B2C SUB:001 DLVRD:000 SUBMIT DATE:2601020304 DONE DATE:2601020305 STAT:EXPIRED ERR:027", "EXPIRED", 27),
    ("id: 0A1B2C submit date: 2601020304 done date: 2601020305 stat: REJECTD err: 069", "REJECTD", 69),
    (f"id:0A1B2C {DATES} stat:ACCEPTD err:0", "ACCEPTD", None),
    ("id:0A1B2C dlvrd:001 submit_date:2601020304 done_date:2601020305 stat:ENROUTE err:000 text:x", "ENROUTE", None),
    ("id:0A1B2C,sub:001,dlvrd:001,stat:DELETED,err:000,text:", "DELETED", None),
    ("id:0A1B2C stat:DELIVERED", "DELIVRD", None),
    ("id:0A1B2C stat:Delivered to handset err:000", "DELIVRD", None),
    ("id:0A1B2C stat:UNDELIVERABLE err:6", "UNDELIV", 6),
    ("id:0A1B2C stat:FAILED err:1F", "UNDELIV", None),
    ("id:0A1B2C status:UNKNOWN error:032", "UNKNOWN", 32),
    ("id:0A1B2C stat:2 err:000", "DELIVRD", None),
    ("id:0A1B2C sub:000 dlvrd:000 stat:SKIPPED err:", "SKIPPED", None),
    ('id:"0A1B2C" sub:001 stat:REJECTED err:012', "REJECTD", 12),
    ("id:0A1B2C\r\nstat:BUFFERED\r\n", "ENROUTE", None),
    ("id:0A1B2C sub:001 dlvrd:001 stat:DELIVRD err:000 text:id:999 stat:UNDELIV", "DELIVRD", None),
    ("stat:DELIVRD err:000 id:0A1B2C", "DELIVRD", None),
]  # fmt: skip
STATES = [
    (0, "sent"), (1, "sent"), (2, "delivered"), (3, "failed"), (4, "failed"), (5, "failed"), (6, "sent"), (7, "sent"),
    (8, "failed"), (9, "failed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "state", "error"), FORMS)
def test_a_receipts_text_is_read(text: str, state: str, error: int | None) -> None:
    found = receipts.report(text, ())
    assert found is not None
    assert (found.id, found.state, found.error) == ("0A1B2C", state, error)


@pytest.mark.parametrize(
    "text",
    ["", "Hello", "id: stat:DELIVRD", "stat:DELIVRD", "id:1", "id:1 stat:WHATEVER", "text:id:1 stat:DELIVRD"],
)
def test_what_names_no_message_or_no_state_is_no_report(text: str) -> None:
    assert receipts.report(text, ()) is None


def parameters(id: str, state: int, network: bytes = b"") -> tuple[Tlv, ...]:
    found = (Tlv(tlv.RECEIPTED_MESSAGE_ID, id.encode() + b"\0"), tlv.octet(tlv.MESSAGE_STATE, state))
    return (*found, Tlv(tlv.NETWORK_ERROR_CODE, network)) if network else found


def test_the_parameters_go_before_the_text() -> None:
    found = receipts.report("id:X stat:UNDELIV err:001", parameters("A1", 2))
    assert found is not None
    assert (found.id, found.state) == ("A1", "DELIVRD")


def test_the_parameters_alone_are_enough_and_tell_the_networks_error() -> None:
    assert receipts.report("", parameters("A1", 5, b"\x03\0\x1b")) == Report("A1", "UNDELIV", 27, "27")


@pytest.mark.parametrize(
    ("ids", "answer", "receipt"),
    [
        ("same", "0A1B2C", "0A1B2C"),
        ("same", "3f2504e0-4f89-11d3", "3f2504e0-4f89-11d3"),
        ("decimal", "0A1B2C", "662316"),
        ("decimal", "0a1b2c", "0000662316"),
        ("hex", "662316", "A1B2C"),
        ("hex", "662316", "000a1b2c"),
        ("decimal", "no-number", "no-number"),
    ],
)
def test_an_id_is_the_same_in_an_answer_and_its_receipt(ids: Ids, answer: str, receipt: str) -> None:
    kept = receipts.canonical(answer, ids, receipt=False)
    found = receipts.report(f"id:{receipt} stat:DELIVRD", ())
    assert found is not None
    assert receipts.canonical(receipt, ids, receipt=True) == kept


def test_where_forms_differ_the_texts_id_is_the_one_the_setting_speaks_of() -> None:
    found = receipts.report("id:662316 stat:DELIVRD", parameters("0A1B2C", 2), "decimal")
    assert found is not None
    assert found.id == receipts.canonical("0A1B2C", "decimal", receipt=False)


@pytest.mark.parametrize(("state", "status"), STATES)
def test_a_state_is_a_status(state: int, status: ReceiptStatus) -> None:
    raw = octets(mobile(b"", esm_class=0x04, tlvs=parameters("A1", state)))
    (told,) = events(bound().received(raw, 0).arrivals)
    assert isinstance(told, Receipt)
    assert (told.provider_id, told.status, bool(told.fault)) == ("A1", status, status == "failed")
    assert told.addresses == ("tel:+447700900001",)


@pytest.mark.parametrize("esm_class", [0x00, 0x04, 0x20])
def test_a_receipt_is_known_by_its_mark_or_by_its_parameters(esm_class: int) -> None:
    raw = octets(mobile(b"", esm_class=esm_class, tlvs=parameters("A1", 2)))
    assert [type(each) for each in events(bound().received(raw, 0).arrivals)] == [Receipt]


def test_a_customer_cannot_forge_a_receipt() -> None:
    (told,) = events(bound().received(octets(mobile(b"id:A1 stat:DELIVRD err:000")), 0).arrivals)
    assert not isinstance(told, Receipt)


def test_the_same_receipt_has_the_same_key() -> None:
    raw = octets(mobile(b"id:A1 stat:DELIVRD err:000", esm_class=4))
    one, two = events(bound().received(raw + raw, 0).arrivals)
    assert one.key == two.key == "dlr:A1:DELIVRD"


def test_a_receipt_that_says_nothing_is_a_problem_and_is_taken() -> None:
    (arrival,) = bound().received(octets(mobile(b"delivered!", esm_class=4)), 0).arrivals
    assert [each.where for each in arrival.received.problems] == ["short_message"]
    assert arrival.accept


@pytest.mark.parametrize(
    ("error", "action"),
    [("001", "FAIL_RCPT"), ("009", "FAIL_RCPT"), ("011", "FAIL_RCPT"), ("013", "FAIL_RCPT"), ("006", "RETRY"),
     ("027", "RETRY"), ("031", "RETRY"), ("032", "RETRY"), ("099", "FAIL_MSG"), ("000", "FAIL_MSG"), ("5", "SUSPEND"),
     ("0x1F", "CONSENT")],
)  # fmt: skip
def test_an_error_of_a_receipt_has_its_action(error: str, action: str) -> None:
    link = bound(receipt_errors="5=SUSPEND 0x1F=CONSENT")
    raw = octets(mobile(f"id:A1 stat:UNDELIV err:{error}".encode(), esm_class=4))
    (told,) = events(link.received(raw, 0).arrivals)
    assert isinstance(told, Receipt)
    assert told.fault
    assert told.fault.action == action


TABLE = {
    Action.FAIL_MSG: [0x01, 0x02, 0x03, 0x06, 0x07, 0x0C, *range(0x33, 0x35), 0x40, 0x42, 0x43, 0x44, 0x61, 0x62, 0x63,
                      0x65, 0x66, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0x400, 0x4FF, 0x1234],
    Action.RETRY: [0x04, 0x08, 0x64],
    Action.CONFIG: [0x05, 0x0A, 0x15, 0x48, 0x49, 0x50, 0x51, 0x53, 0x54, 0x55],
    Action.FAIL_RCPT: [0x0B],
    Action.AUTH: [0x0D, 0x0E, 0x0F],
    Action.THROTTLE: [0x14, 0x58],
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "action"), [(code, action) for action, found in TABLE.items() for code in found]
)
def test_a_status_has_its_action(status: int, action: Action) -> None:
    assert codes.undelivered(status, {}, 1).action is action


@pytest.mark.parametrize("status", [0x45, 0xFE, 0xFF])
def test_a_failure_without_a_cause_is_tried_twice(status: int) -> None:
    actions = [codes.undelivered(status, {}, attempt).action for attempt in (1, 2, 3)]
    assert actions == [Action.RETRY, Action.RETRY, Action.FAIL_MSG]


def test_the_makers_own_statuses_mean_what_the_channel_says() -> None:
    vendor = {0x40B: Action.CONSENT, 0x58: Action.SUSPEND}
    assert codes.undelivered(0x40B, vendor, 1).action is Action.CONSENT
    assert codes.undelivered(0x58, vendor, 1).action is Action.SUSPEND
    assert "vendor_codes" in codes.undelivered(0x40C, {}, 1).reason


def test_every_status_of_the_specification_has_a_rule() -> None:
    assert set(codes.NAMES) - {0} == set(codes.RULES)


@given(st.text(max_size=300), st.binary(max_size=70), st.sampled_from(["same", "decimal", "hex"]))
def test_any_text_is_a_report_or_none(text: str, id: bytes, ids: Ids) -> None:
    found = receipts.report(text, (Tlv(tlv.RECEIPTED_MESSAGE_ID, id),), ids)
    assert found is None or (found.state in codes.STATUSES and 0 < len(found.id) <= 200)


def test_every_word_for_a_state_is_one_that_has_a_status() -> None:
    assert set(codes.WORDS.values()) == set(codes.STATES.values()) == set(codes.STATUSES)
