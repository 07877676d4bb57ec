"""Long texts go out and come in whole, in every way of cutting them, in any order, and over a restart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.link import Arrival
from connectors.smpp import codec, pdu
from connectors.smpp.codec import Frames
from connectors.smpp.pdu import DeliverSm, SubmitSm
from connectors.smpp.phone import Phones, Way
from connectors.smpp.session import Session
from connectors.smpp.smsc import Smsc
from state.model.content import Text
from state.model.event import MessageReceived
from tests.connectors.smpp.talk import ZERO, bodies, bound, events, message, mobile, octets, session, written

WAYS: list[Way] = ["udh8", "udh16", "sar", "payload"]
TEXTS = {
    "GSM": "The quick brown fox " * 20,
    "escapes": "{[€]}" * 60,
    "UCS-2": "你好，世界。" * 30,
    "emoji": "👩‍👩‍👧‍👦 ok " * 30,
}
LATIN = st.characters(min_codepoint=1, max_codepoint=255)
WORDS = st.text(
    st.sampled_from("ab €{}\n😀") | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9
)
LETTERS = st.builds(lambda words, times: (words * times)[:700], WORDS, st.integers(1, 300))


def sent(link: Session, text: str) -> list[SubmitSm]:
    """All the PDUs of a text, the SMSC taking each."""
    found: list[SubmitSm] = []
    step = link.submit(message(text), 0)
    while not step.ends:
        (one,) = written(step)
        assert isinstance(one.body, SubmitSm)
        found.append(one.body)
        step = link.received(octets(pdu.SubmitSmResp(message_id=str(len(found))), one.sequence), 0)
    return found


def shown(submits: list[SubmitSm]) -> str:
    """What the phone makes of them."""
    phones = Phones()
    *before, last = [phones.shows(each, str(n)) for n, each in enumerate(submits)]
    assert not any(before)
    assert last is not None
    assert isinstance(last.content, Text)
    return last.content.text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_long_text_is_shown_whole(way: Way, text: str) -> None:
    submits = sent(bound(concatenation=way), text)
    assert shown(submits) == text
    assert (len(submits) == 1) is (way == "payload")


@settings(max_examples=60, deadline=None)
@given(LETTERS, st.sampled_from(WAYS), st.sampled_from(["auto", "latin1", "ucs2"]))
def test_any_text_is_shown_as_it_was_written(text: str, way: Way, coding: str) -> None:
    assert shown(sent(bound(concatenation=way, text_coding=coding), text)) == text


@pytest.mark.parametrize(
    ("text", "settings", "coding", "sizes"),
    [
        ("a" * 160, {}, 0, [160]),
        ("a" * 161, {}, 0, [159, 14]),
        ("你" * 70, {}, 8, [140]),
        ("你" * 71, {}, 8, [140, 14]),
        ("a" * 140, {"text_coding": "latin1"}, 3, [140]),
        ("a" * 141, {"text_coding": "latin1"}, 3, [140, 13]),
        ("你" * 70, {"text_coding": "latin1"}, 8, [140]),
        ("a" * 71, {"text_coding": "ucs2"}, 8, [140, 14]),
        ("é" * 141, {"alphabet": "latin1"}, 0, [140, 13]),
        ("a" * 161, {"alphabet": "ascii"}, 0, [159, 14]),
        ("[" * 81, {"alphabet": "ascii"}, 0, [82, 11]),
        ("é", {"alphabet": "ascii"}, 8, [2]),
        ("a" * 161, {"concatenation": "udh16"}, 0, [159, 16]),
        ("a" * 161, {"concatenation": "sar"}, 0, [152, 9]),
    ],
)
def test_a_text_is_coded_and_cut_as_it_is_set(
    text: str, settings: dict[str, str], coding: int, sizes: list[int]
) -> None:
    submits = sent(bound(0, **settings), text)
    assert {each.data_coding for each in submits} == {coding}
    assert [len(each.short_message) for each in submits] == sizes


def test_each_long_message_has_a_reference_of_its_own() -> None:
    link = bound()
    first, second = sent(link, "x" * 200), sent(link, "x" * 200)
    assert first[0].short_message[3] == first[1].short_message[3]
    assert (first[0].short_message[3] + 1) % 256 == second[0].short_message[3]


def parts(text: str, way: Way) -> list[bytes]:
    """The PDUs that an SMSC makes of a phone's long text."""
    return list(Frames().feed(Smsc({}).says("447700900001", text, way=way)))


def said(arrivals: tuple[Arrival, ...]) -> list[str]:
    found = [each.content for each in events(arrivals) if isinstance(each, MessageReceived)]
    return [each.text for each in found if isinstance(each, Text)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_customers_long_text_is_one_message(way: Way, text: str) -> None:
    arrivals = bound().received(b"".join(reversed(parts(text, way))), 0).arrivals
    assert said(arrivals) == [text]
    assert all(codec.decode(each.accept).status == 0 for each in arrivals)


@settings(max_examples=60, deadline=None)
@given(LETTERS, st.sampled_from(WAYS), st.randoms())
def test_parts_in_any_order_and_twice_make_one_message(text: str, way: Way, random: object) -> None:
    frames = parts(text, way)
    again = frames + frames if len(frames) > 1 else frames
    random.shuffle(again)  # type: ignore[attr-defined]
    arrivals = bound().received(b"".join(again), 0).arrivals
    assert len({each.key for each in events(arrivals)}) == 1
    assert set(said(arrivals)) == {text.replace("\0", "")}


def test_parts_are_kept_until_the_whole_is_stored() -> None:
    link = bound()
    *kept, last = link.received(b"".join(parts("x" * 400, "udh8")), 0).arrivals
    assert all(each.keep and not each.received.events for each in kept)
    assert {each.keep for each in kept} < set(last.release)


def test_what_was_kept_and_cannot_be_read_is_left_alone() -> None:
    link = session()
    link.restore({"a@1:1": b"", "b@2:1": octets(mobile()), "c": octets(pdu.EnquireLink())}, 0)
    assert link.connected(0).arrivals == ()


def test_parts_survive_a_restart() -> None:
    first, second, third = parts("abc" * 120, "udh16")
    kept = {each.keep: each.raw for each in bound().received(second + first, 5).arrivals}
    link = session()
    link.restore(kept, 1000)
    link.connected(1000)
    link.received(octets(pdu.BindTransceiverResp(), 1), 1000)
    (whole,) = link.received(third, 1001).arrivals
    assert said((whole,)) == ["abc" * 120]
    assert set(kept) < set(whole.release)


def test_a_whole_message_that_could_not_be_stored_is_made_again_from_its_last_part() -> None:
    link, frames = bound(), parts("x" * 400, "sar")
    first = link.received(b"".join(frames), 0).arrivals[-1]
    (again,) = link.received(frames[-1], 30).arrivals
    assert again.received == first.received


def test_a_part_that_comes_again_much_later_begins_another_message() -> None:
    link, frames = bound(), parts("x" * 200, "sar")
    link.received(b"".join(frames), 0)
    (arrival,) = link.received(frames[0], 601).arrivals
    assert arrival.keep
    assert not arrival.received.events


def test_what_never_came_is_marked_after_the_time_is_up() -> None:
    link = bound(parts_wait="60", enquire_link="9999")
    frames = parts("a" * 152 + "b" * 152 + "c" * 96, "udh8")
    step = link.received(frames[0] + frames[2], 10)
    assert step.wake_at == 70
    assert link.tick(69).arrivals == ()
    (given_up,) = link.tick(70).arrivals
    assert said((given_up,)) == ["a" * 152 + "[…]" + "c" * 96]
    assert "these never came: 2" in given_up.received.problems[0].why
    assert set(given_up.release) == {each.keep for each in step.arrivals}
    assert [each.at for each in events((given_up,))] == [ZERO + 10_000]


def test_a_reference_used_again_for_another_text_begins_another_message() -> None:
    link = bound()
    old, new = parts("a" * 200, "udh8"), parts("b" * 200, "udh8")
    link.received(old[0], 0)
    assert said(link.received(new[0], 1).arrivals) == ["a" * 152 + "[…]"]
    assert said(link.received(new[1], 2).arrivals) == ["b" * 200]


def test_an_escape_and_a_pair_cut_in_two_are_read_whole() -> None:
    head = bytes((5, 0, 3, 7, 2))
    for octets_, coding, text in ((b"a\x1be", 0, "a€"), ("a😀".encode("utf-16-be"), 8, "a😀")):
        cut = 2 if coding == 0 else 4
        pieces = (octets_[:cut], octets_[cut:])
        raw = b"".join(
            octets(mobile(head + bytes((n + 1,)) + piece, esm_class=0x40, data_coding=coding), n + 1)
            for n, piece in enumerate(pieces)
        )
        assert said(bound().received(raw, 0).arrivals) == [text]


@pytest.mark.parametrize("place", [(0, 1), (2, 0), (2, 3), (1, 1)])
def test_a_place_that_is_none_makes_a_message_of_its_own(place: tuple[int, int]) -> None:
    raw = octets(mobile(bytes((5, 0, 3, 7, *place)) + b"Hi", esm_class=0x40))
    assert said(bound().received(raw, 0).arrivals) == ["Hi"]


@pytest.mark.parametrize("octets_", [b"\x20abc", b"\x05\0\x09abc", b"\x03\0\x03\x01"])
def test_a_header_that_does_not_add_up_is_a_problem(octets_: bytes) -> None:
    (arrival,) = bound().received(octets(mobile(octets_, esm_class=0x40)), 0).arrivals
    assert arrival.received.problems
    assert arrival.received.events


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=254),
    st.text(LATIN, max_size=20),
    st.integers(0, 255),
)
def test_any_message_is_read_and_answered(esm: int, coding: int, text: bytes, source: str, ton: int) -> None:
    body = DeliverSm(
        source_addr=source, source_addr_ton=ton, esm_class=esm, data_coding=coding, short_message=text
    )
    (arrival,) = bound().received(octets(body), 0).arrivals
    assert arrival.accept
    assert arrival.received.events or arrival.received.problems or arrival.keep
    columns = [word for each in events((arrival,)) for word in (each.key, *each.addresses)]
    assert not [word for word in columns if "\0" in word or len(word) > 1000]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=100) | st.just(octets(mobile())), max_size=8))
def test_any_stream_ends_in_steps(chunks: list[bytes]) -> None:
    link = bound()
    for n, chunk in enumerate(chunks):
        if link.received(chunk, n).close:
            break
    assert bodies(link.disconnected(9)) == []
