"""A session binds, keeps its window and its peace, and says of every message what became of it."""

import pytest

from connectors.link import End, Lost, Step
from connectors.smpp import codec, pdu
from connectors.smpp.pdu import Body
from connectors.smpp.session import Session
from state.model.action import Action
from state.model.event import MessageReceived, Notice, Receipt
from state.model.wire import BadMessage, Sent, Undelivered
from tests.connectors.smpp.talk import bodies, bound, events, message, mobile, octets, session, written

LONG = "x" * 400


def taken(link: Session, step: Step, id: str, now: float = 0.0) -> Step:
    """The SMSC takes what the step wrote."""
    return link.received(octets(pdu.SubmitSmResp(message_id=id), written(step)[-1].sequence), now)


def refused(link: Session, step: Step, status: int, now: float = 0.0) -> Step:
    return link.received(octets(pdu.SubmitSmResp(), written(step)[-1].sequence, status), now)


def until_written(link: Session, step: Step) -> tuple[Step, float]:
    """Let the time pass, from one wake-up to the next, until something is written; and that time."""
    now = 0.0
    while not step.write:
        assert step.wake_at is not None
        assert step.wake_at > now
        now = step.wake_at
        step = link.tick(now)
    return step, now


@pytest.mark.parametrize(
    ("bind", "kind", "answer"),
    [
        ("transceiver", pdu.BindTransceiver, pdu.BindTransceiverResp),
        ("transmitter", pdu.BindTransmitter, pdu.BindTransmitterResp),
        ("receiver", pdu.BindReceiver, pdu.BindReceiverResp),
    ],
)
def test_a_session_binds_as_it_is_set(bind: str, kind: type[Body], answer: type[Body]) -> None:
    link = session(bind=bind)
    (said,) = bodies(link.connected(0))
    assert isinstance(said, kind)
    before = link.ready
    link.received(octets(answer(), 1), 0)
    assert (before, link.ready) == (False, True)
    assert link.room(0) == (0 if bind == "receiver" else 10)


def test_a_bind_that_nobody_answers_ends_the_connection() -> None:
    link = session()
    assert link.connected(100).wake_at == 110
    assert not link.tick(109).close
    assert link.tick(110).close


@pytest.mark.parametrize("status", [0x0D, 0x0E, 0x0F])
def test_a_refused_password_waits_long_and_suspends_at_the_third_time(status: int) -> None:
    link, told, delays = session(), [], []
    for now in range(3):
        link.connected(now)
        step = link.received(octets(pdu.BindTransceiverResp(), now + 1, status), now)
        assert step.close
        told += events(step.arrivals)
        link.disconnected(now)
        delays.append(link.delay)
    assert [each.action for each in told if isinstance(each, Notice)] == ["AUTH", "AUTH", "SUSPEND"]
    assert delays == [60, 120, 240]


def test_a_password_that_stays_wrong_for_weeks_is_tried_every_quarter_of_an_hour() -> None:
    link = session()
    for now in range(2000):
        link.connected(now)
        link.received(octets(pdu.BindTransceiverResp(), now + 1, 0x0E), now)
        link.disconnected(now)
    assert link.delay == 900


def test_a_bind_refused_for_another_reason_is_told_once_at_the_third_time() -> None:
    link, told = session(), []
    for now in range(5):
        link.connected(now)
        told.append(events(link.received(octets(pdu.BindTransceiverResp(), now + 1, 0x05), now).arrivals))
        link.disconnected(now)
    assert [len(each) for each in told] == [0, 0, 1, 0, 0]
    assert link.delay == 16


def test_connections_that_fail_are_tried_again_ever_more_rarely() -> None:
    link, delays = session(), []
    for now in range(8):
        link.disconnected(now)
        delays.append(link.delay)
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]
    link.connected(100)
    link.received(octets(pdu.BindTransceiverResp(), 1), 100)
    link.disconnected(200)
    assert link.delay == 1


def test_a_message_ends_with_the_id_the_smsc_gave_it() -> None:
    link = bound()
    step = link.submit(message("Hi", "m1"), 1)
    assert (link.room(1), step.ends) == (9, ())
    assert taken(link, step, "A1").ends == (End("m1", Sent("A1")),)
    assert link.room(1) == 10


def test_the_parts_of_a_message_go_one_after_the_other_and_give_all_their_ids() -> None:
    link = bound()
    step = link.submit(message(LONG, "m1"), 0)
    for id in ("A", "B"):
        assert len(bodies(step)) == 1
        step = taken(link, step, id)
    assert taken(link, step, "C").ends == (End("m1", Sent("A", more=("B", "C"))),)


def test_no_more_is_under_way_than_the_window_holds() -> None:
    link = bound(window="2")
    first = link.submit(message(id="a"), 0)
    link.submit(message(id="b"), 0)
    assert link.room(0) == 0
    with pytest.raises(Undelivered, match="RETRY no_room"):
        link.submit(message(id="c"), 0)
    taken(link, first, "1")
    assert link.room(0) == 1


def test_a_message_that_breaks_a_limit_is_refused_before_anything_leaves() -> None:
    link = bound()
    with pytest.raises(BadMessage, match="text"):
        link.submit(message("x" * 1531), 0)
    assert link.room(0) == 10


def test_a_missing_answer_makes_the_outcome_unknown_and_a_late_one_a_receipt() -> None:
    link = bound(response_timeout="30", enquire_link="99")
    step = link.submit(message(id="m1"), 5)
    assert step.wake_at == 35
    assert link.tick(35).ends == (End("m1", Lost("no answer within 30 s")),)
    (told,) = events(taken(link, step, "A1", 40).arrivals)
    assert isinstance(told, Receipt)
    assert (told.message_id, told.provider_id, told.status) == ("m1", "A1", "sent")


def test_a_late_refusal_is_a_failure() -> None:
    link = bound(enquire_link="99")
    step = link.submit(message(id="m1"), 5)
    link.tick(35)
    (told,) = events(refused(link, step, 0x0B, 40).arrivals)
    assert isinstance(told, Receipt)
    assert told.status == "failed"
    assert told.fault
    assert (told.fault.code, told.fault.action) == ("ESME_RINVDSTADR", "FAIL_RCPT")


def test_a_broken_connection_makes_what_is_under_way_unknown() -> None:
    link = bound()
    link.submit(message(id="a"), 0)
    step = link.submit(message(LONG, id="b"), 0)
    taken(link, step, "1")
    assert {end.message for end in link.disconnected(1).ends} == {"a", "b"}
    assert not link.ready


def test_a_throttled_message_comes_back_and_the_pace_is_halved_then_recovers() -> None:
    link = bound(pace="10")
    (end,) = refused(link, link.submit(message(id="m1"), 0), 0x58).ends
    assert isinstance(end.outcome, Undelivered)
    assert end.outcome.action is Action.THROTTLE
    assert end.outcome.retry_after == pytest.approx(0.2)
    assert link.room(0.1) == 0
    assert link.room(0.21) > 0
    link.submit(message(id="m2"), 0.21)
    assert link.room(0.22) == 0  # the second waits as the halved pace says
    link.submit(message(id="m3"), 6)
    assert link.room(6) > 0  # after five seconds all of the pace is there again


def test_a_full_queue_is_a_pause_that_doubles_up_to_thirty_seconds() -> None:
    link, now, waits = bound(enquire_link="9999"), 0.0, []
    for n in range(7):
        (end,) = refused(link, link.submit(message(id=str(n)), now), 0x14, now).ends
        assert isinstance(end.outcome, Undelivered)
        waits.append(end.outcome.retry_after)
        assert link.room(now) == 0
        now += end.outcome.retry_after
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_a_later_part_that_is_throttled_goes_again_alone() -> None:
    link = bound()
    step = taken(link, link.submit(message(LONG, "m1"), 0), "A")
    second = bodies(step)
    waiting = refused(link, step, 0x58)
    assert (waiting.write, waiting.ends) == (b"", ())
    step, now = until_written(link, waiting)
    assert (bodies(step), now) == (second, 1)
    third, _ = until_written(link, taken(link, step, "B", now))
    assert bodies(third) not in ([], second)


def test_a_message_whose_later_part_stays_refused_fails_and_is_not_sent_again_as_a_whole() -> None:
    link, now = bound(enquire_link="9999"), 0.0
    step = taken(link, link.submit(message(LONG, "m1"), 0), "A")
    for _ in range(4):
        step, now = until_written(link, refused(link, step, 0x08, now))
    (end,) = refused(link, step, 0x08, now).ends
    assert isinstance(end.outcome, Undelivered)
    assert (end.outcome.action, end.outcome.code) == (Action.FAIL_MSG, "ESME_RSYSERR")
    assert "part 2 of 3" in end.outcome.reason


def test_a_generic_nack_refuses_the_message_it_answers() -> None:
    link = bound()
    step = link.submit(message(id="m1"), 0)
    (end,) = link.received(octets(pdu.GenericNack(), written(step)[0].sequence, 0x02), 0).ends
    assert isinstance(end.outcome, Undelivered)
    assert end.outcome.code == "ESME_RINVCMDLEN"


def test_silence_is_broken_by_a_question_and_ends_without_an_answer() -> None:
    link = bound(enquire_link="30", response_timeout="10")
    assert link.tick(29).write == b""
    assert bodies(link.tick(30)) == [pdu.EnquireLink()]
    assert not link.tick(39).close
    assert link.tick(40).close


def test_an_answer_to_the_question_is_peace_for_another_while() -> None:
    link = bound(enquire_link="30")
    (asked,) = written(link.tick(30))
    assert link.received(octets(pdu.EnquireLinkResp(), asked.sequence), 31).wake_at == 61
    assert link.tick(60).write == b""


def test_the_smscs_question_is_answered_with_its_number() -> None:
    assert written(bound().received(octets(pdu.EnquireLink(), 77), 0)) == [pdu.Pdu(pdu.EnquireLinkResp(), 77)]


def test_an_unbind_of_the_smsc_is_answered_and_ends_the_connection() -> None:
    step = bound().received(octets(pdu.Unbind(), 5), 0)
    assert (written(step), step.close) == ([pdu.Pdu(pdu.UnbindResp(), 5)], True)


def test_a_stop_waits_for_answers_then_unbinds() -> None:
    link = bound()
    first = link.submit(message(id="m1"), 0)
    assert link.stop(1).write == b""
    assert link.room(1) == 0
    step = taken(link, first, "A1", 2)
    assert bodies(step) == [pdu.Unbind()]
    assert link.received(octets(pdu.UnbindResp(), written(step)[0].sequence), 2).close


def test_an_unbind_without_an_answer_ends_all_the_same() -> None:
    link = bound()
    link.stop(0)
    assert not link.tick(4.9).close
    assert link.tick(5).close


def test_what_arrives_is_to_be_stored_before_its_answer_is_written() -> None:
    raw = octets(mobile(b"Hello"), 9)
    step = bound().received(raw, 1)
    (arrival,) = step.arrivals
    assert (step.write, arrival.raw) == (b"", raw)
    assert codec.decode(arrival.accept) == pdu.Pdu(pdu.DeliverSmResp(), 9)
    assert codec.decode(arrival.refuse) == pdu.Pdu(pdu.DeliverSmResp(), 9, 0x64)


def test_a_message_nobody_can_read_is_kept_as_it_is_and_refused_for_good() -> None:
    raw = octets(mobile(b"Hello"), 9)
    broken = (len(raw) - 3).to_bytes(4, "big") + raw[4:-3]
    (arrival,) = bound().received(broken, 0).arrivals
    assert arrival.raw == broken
    assert [each.where for each in arrival.received.problems] == ["pdu"]
    assert codec.decode(arrival.accept).status == 0x65


def test_a_lost_stream_is_told_and_left() -> None:
    step = bound().received(b"\0\0\0\x05 HTTP/1.1", 0)
    assert (written(step), step.close) == ([pdu.Pdu(pdu.GenericNack(), 0, 2)], True)


@pytest.mark.parametrize(
    ("raw", "status"), [(b"\0\0\0\x10\0\0\0\x77" + bytes(8), 3), (octets(pdu.SubmitSm(), 0), 3)]
)
def test_what_we_do_not_do_is_answered_with_a_nack(raw: bytes, status: int) -> None:
    assert written(bound().received(raw, 0)) == [pdu.Pdu(pdu.GenericNack(), 0, status)]


def test_a_message_before_the_bind_is_refused() -> None:
    link = session()
    link.connected(0)
    step = link.received(octets(mobile(), 4), 0)
    assert (written(step), step.arrivals) == ([pdu.Pdu(pdu.GenericNack(), 4, 4)], ())


def test_two_same_words_are_two_messages() -> None:
    link = bound()
    told = events(link.received(octets(mobile(b"1"), 1) + octets(mobile(b"1"), 2), 0).arrivals)
    assert len({each.key for each in told}) == 2


def test_a_message_sent_again_after_a_break_keeps_its_key_once() -> None:
    link = bound()
    (first,) = events(link.received(octets(mobile(b"1"), 8), 10).arrivals)
    link.disconnected(11)
    link.connected(12)
    link.received(octets(pdu.BindTransceiverResp(), 2), 12)
    again, other = events(link.received(octets(mobile(b"1"), 1) + octets(mobile(b"1"), 2), 13).arrivals)
    assert again.key == first.key
    assert other.key != first.key


def test_words_from_long_before_a_break_are_not_taken_for_the_same() -> None:
    link = bound()
    (first,) = events(link.received(octets(mobile(b"1"), 8), 10).arrivals)
    link.disconnected(20)
    link.connected(21)
    link.received(octets(pdu.BindTransceiverResp(), 2), 21)
    (again,) = events(link.received(octets(mobile(b"1"), 1), 22).arrivals)
    assert isinstance(again, MessageReceived)
    assert again.key != first.key


def test_three_missing_answers_in_silence_end_the_connection() -> None:
    link = bound(response_timeout="5", enquire_link="9999")
    for n in range(3):
        link.submit(message(id=str(n)), 0)
    assert link.tick(5).close


def test_sequence_numbers_come_round() -> None:
    link = bound()
    link._sequence = 0x7FFF_FFFE
    steps = [link.submit(message(id=str(n)), 0) for n in range(2)]
    assert [written(step)[0].sequence for step in steps] == [0x7FFF_FFFF, 1]
