"""Counting in memory: what is counted of what happens, how much is kept, and that nothing is told twice."""

from typing import Any

import msgspec
import pytest

from gateway.often import Often
from gateway.traffic import Traffic, range_of
from state.inbox import Arrived
from state.known import NOBODY, Known, Touch
from state.model.content import Text
from state.model.event import Event, MessageReceived, Receipt
from state.model.receipts import Fault
from state.outbox import Leased, Talk
from state.traffic import HOUR, Counted

PHONE = "tel:+14155550100"


def row(to: str = PHONE, known: Known = NOBODY, last_in: int = 0, attempt: int = 0, part: int = 0) -> Leased:
    talk = Talk("c", last_in, "", msgspec.json.encode([to]).decode())
    return Leased("m", 0, "k", "wa", "message", "queued", "", 0, attempt, 1, part, talk, None, known)


def touch(purpose: str = "service", digest: str = "d" * 64) -> Touch:
    return Touch(1, purpose, digest, "m")


def told(traffic: Traffic, now: int = HOUR) -> dict[str, int]:
    return {each.kind: each.n for each in traffic.take(now)}


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        ("accepted", ["accepted"]),
        ("fail_rcpt", ["failed"]),
        ("warn", ["failed", "complaints"]),
        ("consent", ["failed", "opt_outs"]),
        ("retry", []),
        ("throttle", []),
        ("suspended", []),
    ],
)
def test_the_end_of_a_send_is_counted(outcome: str, counted: list[str]) -> None:
    traffic = Traffic()
    traffic.ended("wa", outcome)
    assert told(traffic) == dict.fromkeys(counted, 1)
    assert told(traffic) == {}


@pytest.mark.parametrize(
    ("how", "counted"),
    [
        ({}, {"unasked": 1, "new_recipients": 1}),
        ({"last_in": 5}, {"unasked": 1}),
        ({"known": Known("c", 0, touches=(touch(),))}, {"unasked": 1}),
        ({"attempt": 1}, {}),
        ({"part": 1}, {}),
    ],
)
def test_a_message_that_nobody_asked_for_is_counted_once(how: Any, counted: dict[str, int]) -> None:
    traffic = Traffic()
    traffic.leaves(row(**how), touch())
    traffic.leaves(row(**how), None)
    assert told(traffic) == counted


def test_the_same_text_to_strangers_and_codes_to_a_range_are_told_when_they_are_many() -> None:
    traffic = Traffic()
    traffic.take(HOUR)
    for n in range(12):
        traffic.leaves(row(f"tel:+1415555{n:04}"), touch("one_time_codes"))
    first = told(traffic)
    assert (first["code:1415555"], first["codes"], first[f"same:{'d' * 16}"]) == (12, 12, 12)
    traffic.leaves(row(), touch("one_time_codes"))
    assert told(traffic) == {
        "unasked": 1, "codes": 1, "new_recipients": 1, "code:1415555": 1, f"same:{'d' * 16}": 1,
    }  # fmt: skip
    traffic.take(3 * HOUR)
    traffic.leaves(row(), touch("one_time_codes"))
    assert "code:1415555" not in told(traffic, 3 * HOUR)


def test_what_comes_in_is_counted_and_an_answer_belongs_to_its_range() -> None:
    traffic = Traffic()
    fault = Fault("30007", "filtered", "WARN")
    said: Any = {"addresses": (PHONE,), "at": 1}
    events: list[Event] = [
        MessageReceived(key="a", provider_id="a", content=Text("hi"), **said),
        Receipt(key="b", provider_id="b", status="delivered", **said),
        Receipt(key="c", provider_id="c", status="failed", fault=fault, **said),
    ]
    arrived = [Arrived(each, "wa", "default") for each in events]
    traffic.came(arrived)
    assert told(traffic) == {"inbound": 1, "delivered": 1, "failed": 1, "complaints": 1}
    traffic.leaves(row(), touch("one_time_codes"))
    traffic.came(arrived[:1])
    assert told(traffic)["answer:1415555"] == 1


def test_what_could_not_be_written_waits() -> None:
    traffic = Traffic()
    traffic.count("wa", "inbound", 2)
    traffic.put_back(traffic.take(HOUR))
    traffic.count("wa", "inbound")
    assert traffic.take(HOUR) == [Counted("wa", "inbound", 3)]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (PHONE, "1415555"),
        ("whatsapp:4915112345678", "4915112"),
        ("telegram:4915112345678", ""),
        ("whatsapp-bsuid:US.1", ""),
        ("tel:BANK", ""),
    ],
)
def test_the_range_of_a_number_is_its_first_seven_digits(address: str, found: str) -> None:
    assert range_of(["mailto:ann@example.com", address]) == found


def test_often_keeps_the_frequent_in_bounded_memory_and_never_counts_too_many() -> None:
    often = Often(8, 10)
    for n in range(1_000):
        often.add("same")
        often.add(f"once {n}")
    more = often.more()
    assert set(more) == {"same"}
    assert 1_000 - 2_000 // 9 <= more["same"] <= 1_000
    assert often.more() == {}


def test_codes_that_are_used_are_counted_with_their_range_once_there_are_five() -> None:
    traffic = Traffic()
    traffic.take(HOUR)
    for n in range(4):
        traffic.used("wa", [f"tel:+1415555{n:04}"])
    traffic.used("wa", ["inapp:ann"])
    assert told(traffic) == {"used": 5}
    traffic.used("wa", [PHONE], 2)
    assert told(traffic) == {"used": 2, "used:1415555": 6}
    assert told(traffic, 2 * HOUR) == {}
