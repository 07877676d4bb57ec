"""Two machines that answer each other are stopped; a customer who reads fast is not."""

from typing import Any

import pytest
from msgspec.structs import replace

from conversations import engine
from conversations.chat import chat
from parley import STAY, WAYS_OUT, Effect, Flow, On, Turn, effect, flow
from state.model.turn import Snapshot
from tests.conversations.kit import NOW, Talk, done, fired, said, words

SECOND = 1000
MINUTE = 60 * SECOND


class Echo(Flow):
    """Says it again."""

    table = (*WAYS_OUT, On("message", "start", STAY, do="again"))
    apology = "Please wait."

    def again(self, turn: Turn) -> None:
        turn.say(turn.text)


@flow(commands=(), apology="Please wait.")
async def parrot(talk: Any) -> None:
    """Says it again, for ever."""
    heard = talk.opening
    while True:
        heard = await talk.ask(heard)


class Circle(Flow):
    """Asks a back-end again whenever it has answered."""

    table = (
        On("message", "start", STAY, do="look"),
        On("done_lookup", "start", STAY, do="look"),
        On("timer_soon", "start", STAY, do="set"),
    )

    def look(self, turn: Turn) -> None:
        turn.effect("lookup")

    def set(self, turn: Turn) -> None:
        turn.timer("soon", 1)

    @effect
    async def lookup(call: Effect) -> None:
        return None


class Many(Echo):
    """Says it again, as often as is asked for."""

    messages_a_minute = 0


BEGUN = Snapshot("Circle", Circle.plan.version, 1, "start")


@pytest.mark.parametrize("bot", [Echo, parrot], ids=["table", "script"])
def test_a_machine_that_answers_every_second_is_stopped_within_two_minutes(bot: Any) -> None:
    talk, count = Talk(bot), 0
    while talk.at.mode == "bot":
        count += 1
        played = talk.play(said("I am away."), now=NOW + count * SECOND)
    assert 30 < count < 120
    assert words(played) == ["Please wait."]
    assert played.fault
    assert " says more than 30 messages a minute" in played.fault.reason


def test_it_goes_on_once_it_is_let() -> None:
    talk = Talk(Echo)
    talk.play(*(said("I am away.") for _ in range(31)))
    assert talk.at.mode == "parked"
    stands = replace(talk.at, mode="bot")
    later = Talk(Echo, snapshot=stands).play(said("Still there?"), now=NOW + MINUTE)
    assert words(later) == ["I am away.", "Still there?"]
    assert Talk(Echo, snapshot=stands).play(said("Still there?"), now=NOW + SECOND).fault


def test_a_customer_who_reads_a_message_every_three_seconds_reads_on() -> None:
    talk = Talk(Echo)
    for count in range(500):
        assert words(talk.play(said("next"), now=NOW + count * 3 * SECOND)) == ["next"]


def test_what_was_said_in_one_turn_counts_each() -> None:
    heard = [said(str(count)) for count in range(40)]
    talk = Talk(Echo)
    played = talk.play(*heard)
    assert words(played) == [*map(str, range(30)), "Please wait."]
    assert played.left == 9


def test_a_bot_may_have_no_limit() -> None:
    assert not Talk(Many).play(*(said(str(count)) for count in range(1000))).fault


async def test_in_a_test_no_time_passes_so_nothing_is_counted() -> None:
    async with chat(Echo) as c:
        for count in range(100):
            await c.hears(str(count))
            c.says(str(count))


def test_effects_that_set_off_one_another_come_to_an_end() -> None:
    talk, count = Talk(Circle, snapshot=BEGUN), 0
    played = talk.play(said("hi"))
    while played.effects:
        count += 1
        played = talk.play(done("lookup", run=1))
    assert count == engine.CHAIN
    assert played.fault
    assert played.fault.reason == "Circle: 1000 effects have set off one another: where does it end?"


def test_a_message_in_between_begins_the_count_anew() -> None:
    talk = Talk(Circle, snapshot=replace(BEGUN, chain=engine.CHAIN - 1))
    talk.play(said("hi"))
    assert talk.at.chain == 0
    assert talk.play(done("lookup", run=1)).effects


def test_timers_that_set_themselves_without_a_word_come_to_an_end() -> None:
    talk, count = Talk(Circle, snapshot=BEGUN), 0
    while talk.at.mode == "bot":
        count += 1
        talk.play(fired("soon"), now=NOW + count * SECOND)
    assert 30 < count < 120
