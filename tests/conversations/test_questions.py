"""Questions of a table flow, the words heard everywhere, ways back, and timers of rows."""

from datetime import date

import pytest

from conversations import engine
from conversations.router import Router
from parley import (
    BACK,
    END,
    RESTART,
    STAY,
    WAYS_OUT,
    Chosen,
    Effect,
    Flow,
    FlowError,
    On,
    Option,
    Question,
    Turn,
    chat,
    days,
    effect,
    hours,
    read,
)
from state.model.turn import Snapshot
from tests.conversations.kit import CUSTOMER, NOW, said, words


class Booking(Flow):
    start, final, expires = "people", ("booked",), days(2)
    asks = {
        "people": Question("For how many people?", read.number(1, 20)),
        "day": Question("On which day?", read.day(), retry="Which day, please?", limit=2),
        "size": Question("Which?", read.one_of({"s": "Small", "l": "Large"}), field="table_size"),
    }
    table = (
        *WAYS_OUT,
        On("help", "*", STAY, say="It is easy."),
        On("answered", "people", "day"),
        On("chosen_today", "day", "size"),
        On("answered", "day", "size"),
        On("answered", "size", "booked", do="confirm"),
        On("remind", ("people", "day"), STAY, after=hours(1), say="Still there?"),
    )
    people: int = 0
    day: date | None = None
    table_size: str = ""

    def confirm(self, turn: Turn) -> None:
        turn.say(turn.t("{people}, {day}, {size}", people=self.people, day=self.day, size=self.table_size))


async def test_questions_are_asked_read_and_kept() -> None:
    async with chat(Booking) as c:
        await c.hears("hi")
        c.says("For how many people?")
        await c.hears("many")
        c.says("Please type a number from 1 to 20.")
        c.restarts()
        await c.hears("4")
        c.says("On which day?")
        assert (c.stands.data["people"], c.state) == (4, "day")
        await c.hears("2027-03-01")
        c.says("Which?", options=["Small", "Large"])
        await c.taps("Large")
        c.says("4, March 1, 2027, l")
        assert c.stands == Snapshot(run=1)


async def test_a_row_for_an_option_comes_before_the_reader() -> None:
    async with chat(Booking) as c:
        await c.hears("hi")
        _ = c.said
        await c.hears("4")
        _ = c.said
        await c.hears(Chosen("today", "Today"))
        c.says("Which?")
        assert c.stands.data["day"] is None


async def test_who_is_not_understood_gets_to_a_person_and_is_asked_again_afterwards() -> None:
    async with chat(Booking) as c:
        await c.hears("hi")
        _ = c.said
        await c.hears("4")
        c.says("On which day?")
        await c.hears("hm")
        c.says("Which day, please?")
        await c.hears("what?")
        c.says("One moment, a colleague will answer.")
        assert (c.mode, c.state) == ("person", "day")
        await c.is_handed_back()
        c.says("On which day?")
        assert (c.mode, c.stands.tries) == ("bot", 0)


async def test_a_row_may_take_what_was_not_understood() -> None:
    class Shy(Flow):
        start, final = "age", ("gone",)
        asks = {"age": Question("How old?", read.number(), limit=1)}
        table = (
            On("answered", "age", "gone", say="Fine."),
            On("not_understood", "age", "gone", say="Never mind."),
        )

    async with chat(Shy) as c:
        await c.hears("hi")
        c.says("How old?")
        await c.hears("no")
        c.says("Never mind.")
        assert c.stands.flow == ""


async def test_words_heard_everywhere_go_back_begin_anew_and_end() -> None:
    async with chat(Booking) as c:
        await c.hears("hi")
        _ = c.said
        await c.hears("help")
        c.says("It is easy.")
        c.says("For how many people?")
        await c.hears("4")
        c.says("On which day?")
        await c.hears("2027-03-01")
        _ = c.said
        for heard, asked in (
            ("back", "On which day?"),
            ("Go back!", "For how many"),
            ("back", "For how many"),
        ):
            await c.hears(heard)
            assert str(c.said[0]).count(asked) == 1
        assert c.stands.data["people"] == 4
        await c.hears("restart")
        c.says("For how many people?")
        assert (c.stands.data["people"], c.stands.past) == (0, ())
        await c.hears("stop")
        c.says("All right, we stop here.")
        assert c.stands == Snapshot(run=1)


async def test_a_person_is_a_word_away() -> None:
    async with chat(Booking) as c:
        await c.hears("hi")
        _ = c.said
        await c.hears("agent")
        c.says("One moment, a colleague will answer.")
        assert c.mode == "person"
        await c.is_handed_back()
        c.says("For how many people?")


class Payment(Flow):
    start, final = "pay", ("paid",)
    asks = {"mail": Question("Your address?")}
    table = (
        *WAYS_OUT,
        On("done_charge", "pay", "mail"),
        On("failed_charge", "pay", "paid"),
        On("answered", "mail", "paid"),
    )

    def on_enter_pay(self, turn: Turn) -> None:
        turn.say("One moment.")
        turn.effect("charge")

    @effect
    async def charge(call: Effect) -> None: ...


def test_who_asks_for_a_person_is_not_charged_twice() -> None:
    router, stands = Router([Payment]), Snapshot()
    for key, heard in enumerate(("hi", "agent")):
        played = engine.play(stands, [said(heard)], CUSTOMER, router, NOW, str(key))
        stands = played.after
    assert (words(played), played.effects, stands.mode) == (
        ["One moment, a colleague will answer."],
        (),
        "person",
    )


async def test_what_an_effect_did_is_not_done_again_on_the_way_back() -> None:
    async with chat(Payment) as c:
        await c.hears("hi")
        c.says("One moment.")
        c.says("Your address?")
        await c.hears("back")
        c.says("Your address?")
        assert len(c.called) == 1


def test_there_is_no_way_back_into_an_effect_that_runs() -> None:
    router = Router([Payment])
    stands = engine.play(Snapshot(), [said("hi")], CUSTOMER, router, NOW, "1").after
    assert engine.play(stands, [said("back")], CUSTOMER, router, NOW, "2").effects == ()


class Greeter(Flow):
    start, final = "hello", ("done",)
    asks = {"name": Question("Your name?")}
    table = (
        *WAYS_OUT,
        On("on", "hello", "name"),
        On("answered", "name", "bye"),
        On("message", "bye", "done"),
    )

    def on_enter_hello(self, turn: Turn) -> None:
        turn.say("Hello!")
        turn.then("on")

    def on_enter_bye(self, turn: Turn) -> None:
        turn.say("Anything else?")


async def test_a_start_that_goes_on_at_once_can_be_begun_anew() -> None:
    async with chat(Greeter) as c:
        for heard in ("hi", "restart"):
            await c.hears(heard)
            c.says("Hello!")
            c.says("Your name?")
        await c.hears("Ada")
        c.says("Anything else?")
        await c.hears("back")
        c.says("Your name?")


async def test_a_row_s_timer_comes_once_for_each_silence_and_ends_with_its_state() -> None:
    async with chat(Booking) as c:
        await c.hears("hi")
        _ = c.said
        await c.later(hours=5)
        c.says("Still there?")
        c.says("For how many people?")
        c.says_no_more()
        await c.hears("many")
        _ = c.said
        await c.later(minutes=59)
        await c.hears("4")
        _ = c.said
        await c.hears("2027-03-01")
        _ = c.said
        await c.later(hours=47)
        c.says_no_more()
        assert c.state == "size"
        await c.later(hours=1)
        assert c.stands.flow == ""


class Menu(Flow):
    start = "menu"
    table = (
        On("chosen_more", "menu", "more"),
        On("chosen_up", "more", BACK, say="Up."),
        On("chosen_again", "more", RESTART),
        On("chosen_bye", "*", END, say="Bye."),
    )

    def on_enter_menu(self, turn: Turn) -> None:
        turn.ask("Menu", [Option("more", "More"), Option("bye", "Bye")])

    def on_enter_more(self, turn: Turn) -> None:
        turn.ask("More", [Option("up", "Up"), Option("again", "Again"), Option("bye", "Bye")])


async def test_moves_may_be_rows_of_one_s_own() -> None:
    async with chat(Menu) as c:
        await c.hears("hi")
        c.says("Menu")
        for tap, said in (
            ("more", ["More"]),
            ("up", ["Up.", "Menu"]),
            ("more", ["More"]),
            ("again", ["Menu"]),
        ):
            await c.taps(tap)
            for words in said:
                c.says(words)
        await c.taps("bye")
        c.says("Bye.")
        assert c.stands.flow == ""


ROW = On("answered", "age", "gone")
ASKS = {"age": Question("How old?")}
WRONG = {
    "no question": ({"asks": {"age": "How old?"}}, r"Bot.asks\['age'\] is no question: write Question"),
    "no such state": ({"asks": {"agee": ASKS["age"]}}, "nothing is asked in 'agee'; did you mean 'age'?"),
    "a final state": ({"asks": {"gone": ASKS["age"]}}, "nothing is asked in 'gone'"),
    "no answer": (
        {"table": (On("stop", "age", "gone"),)},
        r"no row takes the answer in 'age': add On\(\"answered\", 'age', …\)",
    ),
    "an unheard row": (
        {"table": (ROW, On("message", "age", "gone"))},
        r"On\('message', 'age', 'gone'\) is never heard: 'age' asks",
    ),
}


@pytest.mark.parametrize(("change", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_question_is_told(change: dict[str, object], told: str) -> None:
    body = {"start": "age", "final": ("gone",), "table": (ROW,), "asks": ASKS, **change}
    with pytest.raises(FlowError, match=told):
        type("Bot", (Flow,), body)
