"""What callbacks see of a turn, and what they decide in it."""

from collections.abc import Callable
from typing import cast

import pytest

from conversations.effects import effect
from conversations.errors import FlowError, TooManySteps
from conversations.turn import DECISIONS, Origin, Turn
from parley import Chosen, Effect, Location, Media, Option, Text, days, hours, minutes
from state.model.cause import of_flow
from state.model.content import Choice
from state.model.event import Event
from state.model.turn import EffectCall, Say, SetTimer
from tests.conversations.kit import CUSTOMER, NOW, done, failed, said


@effect
async def lookup(call: Effect, order: str) -> str:
    return order


def turn(event: Event) -> Turn:
    return Turn(event, CUSTOMER, NOW, Origin("Bot", 3, "key", {"lookup": lookup}))


def test_a_turn_shows_what_the_customer_sent() -> None:
    chosen, picture, place = Chosen("a", "Apples"), Media("image", ref="1", caption=" Look "), Location(1, 2)
    assert (turn(said(" hi ")).text, turn(said(chosen)).text, turn(said(picture)).text) == (
        "hi",
        "Apples",
        "Look",
    )
    assert (turn(said(chosen)).choice, turn(said("a")).choice) == ("a", "")
    assert (turn(said(picture)).media, turn(said(place)).location) == (picture, place)


def test_a_turn_shows_how_an_effect_ended() -> None:
    ended, broken = turn(done("lookup", {"n": 1})), turn(failed("lookup"))
    assert (ended.result, ended.fault, ended.text, ended.media) == ({"n": 1}, None, "", None)
    assert (broken.result, broken.fault and broken.fault.reason) == (None, "no answer")


def test_what_is_said_keeps_its_order_and_may_quote() -> None:
    now = turn(said("hi"))
    now.say("Hello.", reply_to="p1")
    now.ask("Which?", {"a": "Apples", "b": "Beans"})
    now.ask("Which?", [Option("a", "Apples", "green ones")])
    assert now.says == [
        Say(Text("Hello."), "p1", cause=of_flow("Bot")),
        Say(Choice("Which?", (Option("a", "Apples"), Option("b", "Beans"))), cause=of_flow("Bot")),
        Say(Choice("Which?", (Option("a", "Apples", "green ones"),)), cause=of_flow("Bot")),
    ]


def test_timers_are_counted_from_the_time_given() -> None:
    now = turn(said("hi"))
    now.timer("nudge", after=minutes(5))
    now.timer("late", after=hours(1) + days(1))
    now.timer("nudge", after=1.5)
    assert list(now.timers.values()) == [SetTimer("nudge", NOW + 1500), SetTimer("late", NOW + 90_000_000)]


def test_a_timer_taken_back_in_the_same_turn_is_not_set() -> None:
    now = turn(said("hi"))
    now.timer("nudge", after=5)
    now.cancel("nudge")
    assert (now.timers, list(now.cancels)) == ({}, ["nudge"])


def test_effects_carry_keys_that_are_the_same_for_the_same_turn() -> None:
    calls = []
    for _ in range(2):
        now = turn(said("hi"))
        now.effect("lookup", order="4")
        now.effect("lookup", order="5")
        calls.append(now.effects)
    assert (
        calls[0]
        == calls[1]
        == [
            EffectCall("lookup", {"order": "4"}, "key.0", "Bot", 3),
            EffectCall("lookup", {"order": "5"}, "key.1", "Bot", 3),
        ]
    )


def ask_wrongly(now: Turn) -> None:
    now.ask("Which?", {"a": cast("str", 1)})


WRONG: dict[str, tuple[Callable[[Turn], None], type[Exception], str]] = {
    "no content": (lambda now: now.say(cast("str", 5)), TypeError, "int cannot be said"),
    "content made wrong": (ask_wrongly, TypeError, r"Choice cannot be said: .* got `int`"),
    "half a letter": (lambda now: now.say("\ud83d"), TypeError, "Text cannot be said"),
    "an unknown effect": (lambda now: now.effect("find"), FlowError, "Bot has no effect 'find': declare it"),
    "an effect's missing argument": (lambda now: now.effect("lookup"), TypeError, "'order'"),
    "an argument that is no JSON": (lambda now: now.effect("lookup", order=now), TypeError, "Turn"),
    "a timer in the past": (lambda now: now.timer("late", after=-1), ValueError, "timer 'late': -1 seconds"),
    "a timer nobody will see": (lambda now: now.timer("late", after=days(4000)), ValueError, "ten years"),
    "a timer without a name": (lambda now: now.timer("", after=1), ValueError, "a timer's name is a word"),
    "a timer of half a letter": (lambda now: now.cancel("\ud83d"), ValueError, "surrogates"),
}


@pytest.mark.parametrize(("do", "kind", "told"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_stored_is_refused_where_it_is_written(
    do: Callable[[Turn], None], kind: type[Exception], told: str
) -> None:
    with pytest.raises(kind, match=told):
        do(turn(said("hi")))


def say_for_ever(now: Turn) -> None:
    while True:
        now.say("again")


def test_a_loop_that_does_not_end_is_stopped() -> None:
    with pytest.raises(TooManySteps, match=f"more than {DECISIONS} things: is this a loop"):
        say_for_ever(turn(said("hi")))
