"""Long short messages are put together again, whatever order, repetition or loss their pieces have."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.pieces import GAP, Joined, joined
from state.conversations import Taken
from state.model.content import Content, Text, Unsupported
from state.model.event import Event, MessageReceived, Part, Reacted, TimerFired
from state.model.turn import Snapshot
from state.turned import PIECES

DAY = 24 * 3_600_000
PHONE = "tel:+447700900001"


def piece(number: int, total: int, text: str, ref: str = "42", key: str = "") -> MessageReceived:
    key = key or f"{ref}.{number}.{text}"
    return MessageReceived(
        key=key,
        at=number,
        addresses=(PHONE,),
        provider_id=key,
        content=Text(text),
        part=Part(ref, number, total),
    )


def said(text: str) -> MessageReceived:
    return MessageReceived(key=text, at=9, addresses=(PHONE,), provider_id=text, content=Text(text))


class Lane:
    """A conversation's turns without a store: what waits goes from one to the next."""

    def __init__(self) -> None:
        self.pieces, self.now, self.count = "", 1_000, 0
        self.heard: list[str] = []

    def turn(self, *events: Event, met: int | None = None) -> Joined:
        numbered = []
        for event in events:
            self.count += 1
            numbered.append((f"e{self.count}", event))
        taken = Taken("c", 1, "k", "sms", Snapshot(), 0, 0, (), 0, "", tuple(numbered), pieces=self.pieces)
        found = joined(taken, self.now)
        heard = found.events[:met]
        self.pieces = found.held(heard, self.pieces).pieces
        self.heard += [_words(event.content) for _, event in heard if isinstance(event, MessageReceived)]
        return found


def _words(content: Content) -> str:
    assert isinstance(content, Text)
    return content.text


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_pieces_make_one_message_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    lane = Lane()
    for number in order:
        assert lane.heard == []
        lane.turn(piece(number, 3, f"<{number}>"))
    assert (lane.heard, lane.pieces) == (["<1><2><3>"], "")


def test_pieces_of_one_turn_are_one_message_among_the_others() -> None:
    lane = Lane()
    found = lane.turn(said("before"), piece(2, 2, "B"), said("between"), piece(1, 2, "A"), said("after"))
    assert lane.heard == ["before", "between", "AB", "after"]
    assert [event_id for event_id, _ in found.events] == ["e1", "e3", "e4", "e5"]
    assert found.absorbed == ("e2",)


def test_the_whole_is_told_by_its_first_piece() -> None:
    lane = Lane()
    lane.turn(piece(2, 2, "B"))
    ((_, whole),) = lane.turn(piece(1, 2, "A")).events
    assert whole == replace(piece(1, 2, "A"), content=Text("AB"), at=2, part=None)


def test_messages_of_other_references_are_kept_apart() -> None:
    lane = Lane()
    lane.turn(piece(1, 2, "A", "1"), piece(1, 2, "X", "2"))
    lane.turn(piece(2, 2, "Y", "2"))
    lane.turn(piece(2, 2, "B", "1"))
    assert lane.heard == ["XY", "AB"]


def test_a_reference_that_comes_round_begins_a_new_message() -> None:
    lane = Lane()
    lane.turn(piece(1, 2, "old"))
    lane.turn(piece(1, 2, "new "))
    lane.turn(piece(2, 2, "words"))
    assert lane.heard == ["old" + GAP, "new words"]


def test_the_same_piece_again_changes_nothing() -> None:
    lane = Lane()
    for _ in range(3):
        lane.turn(piece(1, 2, "A"))
    lane.turn(piece(2, 2, "B"))
    assert lane.heard == ["AB"]


def test_what_is_not_whole_after_a_day_stands_for_itself() -> None:
    lane = Lane()
    lane.turn(piece(2, 4, "B"))
    due = TimerFired(key="timer:1", at=1, timer=PIECES)
    lane.turn(due)
    assert (lane.heard, bool(lane.pieces)) == ([], True)
    lane.now += DAY
    lane.turn(due)
    assert (lane.heard, lane.pieces) == ([GAP + "B" + GAP], "")
    assert lane.turn(due).absorbed


def test_what_a_parked_flow_did_not_hear_waits_on_whole() -> None:
    lane = Lane()
    lane.turn(piece(1, 2, "A"))
    lane.turn(piece(2, 2, "B"), met=0)
    assert lane.heard == []
    lane.turn(piece(2, 2, "B"))
    assert (lane.heard, lane.pieces) == (["AB"], "")


def test_a_piece_that_holds_no_words_leaves_a_mark() -> None:
    lane = Lane()
    lane.turn(replace(piece(1, 2, ""), content=Unsupported("binary")), piece(2, 2, "B"))
    assert lane.heard == [GAP + "B"]


def test_what_waits_is_bounded_and_not_lost() -> None:
    lane = Lane()
    for n in range(25):
        lane.now += 1
        lane.turn(piece(1, 2, f"{n}", ref=str(n)))
    assert lane.heard == [f"{n}{GAP}" for n in range(5)]


def test_events_without_pieces_are_not_touched() -> None:
    events: tuple[Event, ...] = (said("hi"), Reacted(key="r", at=1, provider_id="r", target="m"))
    lane = Lane()
    assert [event for _, event in lane.turn(*events).events] == list(events)


@given(st.permutations([(ref, number) for ref in "abc" for number in (1, 2, 3)]), st.lists(st.integers(1, 3)))
def test_all_is_heard_once_in_any_order_and_any_batches(
    order: list[tuple[str, int]], sizes: list[int]
) -> None:
    lane, left = Lane(), [piece(number, 3, f"{ref}{number}", ref) for ref, number in order]
    for size in [*sizes, len(left)]:
        lane.turn(*left[:size])
        left = left[size:]
    assert (sorted(lane.heard), lane.pieces) == (["a1a2a3", "b1b2b3", "c1c2c3"], "")
