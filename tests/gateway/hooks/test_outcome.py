"""What follows from an answer, by table."""

import msgspec
import pytest

from gateway.hooks.outcome import DAY_MS, PAUSES, asked_for, end_of
from gateway.wire import Blocked, CutOff, NeverSent, NoAnswer
from state.deliveries import Leased
from state.model.wire import Call, Reply

NOW = 1_700_000_000_000
CALL = Call("hook", "POST", "https://hooks.example/in")


def row(attempt: int = 1, began: int = NOW) -> Leased:
    return Leased("d", "h", "e", "hook.test", "{}", attempt, began, 1)


def due(outcome: Reply | NoAnswer, attempt: int = 1, chance: float = 0.5, began: int = NOW) -> int:
    """Milliseconds until the next try."""
    end = end_of(row(attempt, began), CALL, NOW, outcome, NOW, chance)
    assert end.state == "waiting"
    return end.due_at - NOW


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_taken(status: int) -> None:
    assert end_of(row(), CALL, NOW, Reply(status), NOW, 0.5).state == "delivered"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_every_other_status_is_tried_again(status: int) -> None:
    assert due(Reply(status)) == PAUSES[0] * 1000


@pytest.mark.parametrize("fault", [NeverSent("no"), CutOff("no"), Blocked("no")])
def test_no_answer_is_tried_again(fault: NoAnswer) -> None:
    assert due(fault) == PAUSES[0] * 1000


def test_pauses_grow_and_the_last_stands_for_all_that_follow() -> None:
    found = [due(Reply(500), attempt) // 1000 for attempt in range(1, 10)]
    assert found == [5, 30, 120, 600, 3600, 10800, 18000, 18000, 18000]


def test_a_pause_is_spread_by_a_fifth() -> None:
    assert [due(Reply(500), 2, chance) for chance in (0.0, 0.5, 1.0)] == [24_000, 30_000, 36_000]


@pytest.mark.parametrize(
    ("asks", "waits"),
    [("120", 120_000), ("1", 5_000), ("soon", 5_000), ("-3", 5_000), ("", 5_000), ("99999999999", DAY_MS),
     ("Tue, 14 Nov 2023 22:15:20 GMT", 120_000), ("Tue, 14 Nov 2000 22:15:20 GMT", 5_000)],
)  # fmt: skip
def test_a_longer_pause_that_the_receiver_asks_for_is_kept(asks: str, waits: int) -> None:
    assert due(Reply(503, {"retry-after": asks})) == waits


def test_the_last_try_is_a_day_after_the_first() -> None:
    assert due(Reply(500), 8, began=NOW - DAY_MS + 60_000) == 60_000
    end = end_of(row(12, NOW - DAY_MS), CALL, NOW, Reply(500), NOW, 0.5)
    assert (end.state, end.idle) == ("failed", True)
    assert end.disables == "it took nothing for a day: the last answer was 500"


def test_410_gives_up_at_once() -> None:
    end = end_of(row(), CALL, NOW, Reply(410), NOW, 0.5)
    assert (end.state, end.disables, end.idle) == ("failed", "it answered 410: it wants nothing more", False)


def test_the_start_of_the_answer_is_kept_without_secrets() -> None:
    said = b'{"token": "planted-token-of-theirs", "why": "' + b"x" * 900 + b'"}'
    kept = msgspec.json.decode(end_of(row(), CALL, NOW, Reply(500, {}, said), NOW, 0.5).answer)
    assert (kept["status"], len(kept["answer"])) == (500, 500)
    assert "planted" not in kept["answer"]


@pytest.mark.parametrize("text", ["Fri, 99 Foo 2000", "\u0663", "1e3", "\ud800"])
def test_a_retry_after_that_cannot_be_read_asks_for_nothing(text: str) -> None:
    assert asked_for(text, NOW) == 0
