"""What a turn decides about timers, effects and what comes next, over several events."""

from pathlib import Path

import pytest

from conversations.steps import STEPS
from parley import STAY, Flow, On, Turn, effect
from parley import Effect as Call
from state.model.turn import SetTimer
from tests.conversations.kit import NOW, Talk, chose, done, fired, notes, said, words


class Clock(Flow):
    """Sets and takes back timers and asks for effects."""

    table = (
        On("message", "start", STAY, do="act"),
        On("timer_nudge", "start", STAY, say="Still there?"),
        On("done_lookup", "start", STAY, say="Found."),
        On("chosen_end", "start", "end"),
    )
    final = ("end",)

    def act(self, turn: Turn) -> None:
        if turn.text == "set":
            turn.timer("nudge", after=1)
        elif turn.text == "look":
            turn.effect("lookup")
        else:
            turn.cancel("nudge")

    @effect
    async def lookup(call: Call) -> None: ...


SET = (SetTimer("nudge", NOW + 1000),)
TIMERS: dict[str, tuple[list[str], tuple[SetTimer, ...], tuple[str, ...]]] = {
    "set": (["set"], SET, ()),
    "set and taken back": (["set", "cancel"], (), ("nudge",)),
    "taken back and set": (["cancel", "set"], SET, ("nudge",)),
}


@pytest.mark.parametrize(("texts", "timers", "cancels"), TIMERS.values(), ids=TIMERS)
def test_what_was_decided_last_about_a_timer_holds(
    texts: list[str], timers: tuple[SetTimer, ...], cancels: tuple[str, ...]
) -> None:
    played = Talk(Clock).play(*(said(text) for text in texts))
    assert (played.timers, played.cancels) == (timers, cancels)


def test_a_run_takes_its_timers_and_results_along_when_it_ends() -> None:
    talk = Talk(Clock)
    assert talk.play(said("set"), said("look"), chose("end")).timers == ()
    talk.play(said("hi"))
    played = talk.play(fired("nudge", run=1), done("lookup", run=1))
    assert (played.says, notes(played)) == ((), [("", "of an ended run")] * 2)
    assert words(talk.play(fired("nudge", run=2), done("lookup", run=2))) == ["Still there?", "Found."]


def test_each_effect_of_a_turn_has_a_key_of_its_own_which_says_who_asked() -> None:
    first = Talk(Clock).play(said("look"), said("look")).effects
    assert [(call.key, call.flow, call.run) for call in first] == [
        ("t0.0.0", "Clock", 1),
        ("t0.1.0", "Clock", 1),
    ]


class Chain(Flow):
    """Goes on by itself."""

    table = (
        On("message", "start", "weigh"),
        On("heavy", "weigh", "start", when="is_heavy", say="Too heavy."),
        On("light", "weigh", "start", say="Fine."),
        On("again", "start", STAY, do="repeat"),
        On("chosen_loop", "start", STAY, do="repeat"),
        On("chosen_lost", "start", STAY, do="lose"),
    )

    def is_heavy(self, turn: Turn) -> bool:
        return len(turn.text) > 5

    def on_enter_weigh(self, turn: Turn) -> None:
        turn.then("heavy" if self.is_heavy(turn) else "light")

    def repeat(self, turn: Turn) -> None:
        turn.then("again")

    def lose(self, turn: Turn) -> None:
        turn.then("heavy")


def test_a_state_may_go_on_at_once_by_another_trigger() -> None:
    played = Talk(Chain).play(said("stone"), said("mountain"))
    assert words(played) == ["Fine.", "Too heavy."]
    assert [step.trigger for step in played.steps] == ["message", "light", "message", "heavy"]


LOOPS = {
    "a loop": (
        "loop",
        f"Chain: one event sets off {STEPS} triggers: where does 'again' end?",
        'turn.then("again")',
    ),
    "a trigger of another state": (
        "lost",
        "Chain: then('heavy') finds no row that passes in state 'start'",
        'turn.then("heavy")',
    ),
}


@pytest.mark.parametrize(("option", "told", "line"), LOOPS.values(), ids=LOOPS)
def test_going_on_is_bounded_and_must_lead_somewhere(option: str, told: str, line: str) -> None:
    number = next(
        each for each, text in enumerate(Path(__file__).read_text().splitlines(), 1) if line in text
    )
    fault = Talk(Chain).play(chose(option)).fault
    assert fault is not None
    assert (fault.code, fault.reason) == ("flow_error", f"{told} (test_decisions.py:{number})")
