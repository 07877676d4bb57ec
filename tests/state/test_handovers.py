"""Who is told when a person is to answer, and when the bot answers again."""

import pytest

from state.handovers import told_asks
from state.model.event import Event, HandedBack
from state.model.turn import Mode, Snapshot
from tests.state.acts import message

BACK = HandedBack(key="b", at=1, note="paid")
OVER, AGAIN = ("conversation.handed_over", "asks"), ("conversation.handed_back", "paid")
CASES: dict[str, tuple[Mode, Mode, list[Event], list[tuple[str, str]]]] = {
    "the bot hands over": ("bot", "person", [message("m")], [OVER]),
    "a person hands back": ("person", "bot", [BACK, message("m")], [AGAIN]),
    "what is handed back is handed over again": ("person", "person", [BACK], [AGAIN, OVER]),
    "the customer speaks to a person": ("person", "person", [message("m")], []),
    "the bot answers": ("bot", "bot", [message("m")], []),
    "the bot fails when it gets it back": ("person", "parked", [BACK], []),
}


@pytest.mark.parametrize(("before", "after", "met", "wanted"), CASES.values(), ids=CASES)
def test_each_change_of_who_answers_is_told(
    before: Mode, after: Mode, met: list[Event], wanted: list[tuple[str, str]]
) -> None:
    stood = Snapshot("f", mode=before, reason="asked" if before == "person" else "")
    stands = Snapshot("f", mode=after, reason="asks" if after == "person" else "")
    asks = told_asks(("c", "p", "wa", "default"), stood, stands, met, 1)
    assert [row[1] for _, row in asks] == [kind for kind, _ in wanted]
    assert all(f'"reason":"{reason}"' in row[5] for (_, row), (_, reason) in zip(asks, wanted, strict=True))
