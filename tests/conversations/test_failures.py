"""What becomes of a flow that fails, or that has changed under its conversations."""

import re
from typing import ClassVar

import pytest

from parley import STAY, Flow, On, Text, Turn
from state.model.turn import Snapshot
from tests.conversations.kit import Talk, chose, notes, said, words


class Escaped(BaseException):
    """What no `except Exception` catches."""


class Faulty(Flow):
    """Fails in every way, after having decided something."""

    table = (
        On("message", "start", STAY, do="count"),
        On("chosen_raise", "start", "broken"),
        On("chosen_exit", "start", STAY, do="leave"),
        On("chosen_own", "start", STAY, do="escape"),
        On("chosen_field", "start", STAY, do="fill_wrongly"),
        On("chosen_forgotten", "start", STAY, do="keep_undeclared"),
        On("chosen_guard", "start", STAY, when="guess"),
        On("chosen_answer", "start", STAY, do="answer"),
        On("chosen_number", "start", STAY, do="divide"),
    )
    apology = "Oh no."
    count_: int = 0
    share: float = 0.0
    limit: ClassVar[int] = 3

    def count(self, turn: Turn) -> None:
        self.count_ += 1
        turn.say(f"{self.count_}")

    def on_enter_broken(self, turn: Turn) -> None:
        turn.say("You never read this.")
        turn.timer("never", after=1)
        raise KeyError("order")

    def leave(self, turn: Turn) -> None:
        raise SystemExit(3)

    def escape(self, turn: Turn) -> None:
        raise Escaped("through every net")

    def fill_wrongly(self, turn: Turn) -> None:
        self.count_ = "many"  # type: ignore[assignment]

    def keep_undeclared(self, turn: Turn) -> None:
        self.colour = "red"

    def guess(self, turn: Turn) -> str:
        return "perhaps"

    def answer(self, turn: Turn) -> str:
        return "Hello"

    def divide(self, turn: Turn) -> None:
        self.share = float("nan")


HERE = r"test_failures\.py:\d+"
ERRORS = {
    "raise": rf"KeyError: 'order' \({HERE}\)",
    "exit": rf"SystemExit: 3 \({HERE}\)",
    "own": rf"tests.conversations.test_failures.Escaped: through every net \({HERE}\)",
    "field": r"a field of Faulty does not hold what its annotation says: .* got `str` - at `\$.count_` "
    rf"\({HERE} or {HERE}\)",
    "forgotten": r'Faulty.colour would be forgotten: declare it, as in `colour: str = ""` '
    rf"\({HERE}\)",
    "guard": rf"the guard Faulty.guess \({HERE}\) gave a str, not True or False: put bool\(…\) around it",
    "answer": rf"Faulty.answer \({HERE}\) gave a str, which goes nowhere: decide by turn.say\(…\)",
    "number": r"a field of Faulty does not hold what .* `float`, got `null` - at `\$.share` "
    rf"\({HERE}\)",
}


@pytest.mark.parametrize(("option", "told"), ERRORS.items(), ids=ERRORS)
def test_a_flow_that_fails_takes_only_its_own_event_along(option: str, told: str) -> None:
    talk = Talk(Faulty)
    played = talk.play(said("hi"), chose(option), said("hi"))
    assert played.fault is not None
    assert (played.fault.code, played.fault.attribution) == ("flow_error", "ours")
    assert [each.content for each in played.says] == [Text("1"), Text("Oh no.")]
    assert (talk.at.mode, talk.at.state, talk.at.data["count_"], played.timers) == ("parked", "start", 1, ())
    assert (notes(played)[1:], played.left) == ([("", played.fault.reason)], 1)
    assert re.fullmatch(told, played.fault.reason)


def test_a_flow_that_is_not_served_any_more_parks_its_conversations() -> None:
    talk = Talk(Shop, snapshot=Snapshot("Gone", "1", 1, "start"))
    greeting = said("hi")
    played = talk.play(greeting)
    assert played.fault is not None
    assert (played.fault.code, words(played)) == ("flow_changed", [talk.router.apology])
    assert talk.at == Snapshot("Gone", "1", 1, "start", mode="parked", failed=greeting)


class Shop(Flow):
    """Has changed since."""

    table = (On("message", "start", STAY),)
    name: str = ""
    visits: int = 0


CHANGED = {
    "all of it fits": ({"name": "Ada", "visits": 2}, "version changed old->{}", {"name": "Ada", "visits": 2}),
    "a field is gone": ({"name": "Ada", "age": 5}, "version changed old->{}", {"name": "Ada", "visits": 0}),
    "a field has another type": (
        {"name": "Ada", "visits": "two"},
        "version changed old->{}, back to their defaults: visits",
        {"name": "Ada", "visits": 0},
    ),
}


@pytest.mark.parametrize(("stored", "note", "kept"), CHANGED.values(), ids=CHANGED)
def test_a_run_goes_on_in_a_changed_flow_with_what_still_fits(
    stored: dict[str, object], note: str, kept: dict[str, object]
) -> None:
    talk = Talk(Shop, snapshot=Snapshot("Shop", "old", 1, "start", stored))
    assert notes(talk.play(said("nobody"))) == [("message", note.format(Shop.plan.version))]
    assert (talk.at.data, talk.at.version) == (kept, Shop.plan.version)


def test_a_run_whose_state_is_gone_is_parked() -> None:
    played = Talk(Shop, snapshot=Snapshot("Shop", "old", 1, "cellar")).play(said("hi"))
    assert played.fault is not None
    assert (played.fault.code, played.after.state, played.after.mode) == ("flow_changed", "cellar", "parked")
