"""How a conversation goes: what begins a run, what stays with it, who answers, and when a person does."""

import pytest
from msgspec.structs import replace

from parley import STAY, ClientEvent, Flow, On, Reacted, Started, Turn
from state.model.turn import Snapshot
from tests.conversations.kit import NOW, Talk, chose, done, fired, handed_back, notes, said, words


class Greeter(Flow):
    """Greets, then answers."""

    table = (
        On("message", "hall", "room", when="is_named", do="keep", say="Come in."),
        On("message", "hall", STAY),
        On("message", "room", "out", say="Bye."),
    )
    start = "hall"
    final = ("out",)
    name: str = ""
    visits: int = 0

    def is_named(self, turn: Turn) -> bool:
        return turn.text.istitle()

    def keep(self, turn: Turn) -> None:
        self.name, self.visits = turn.text, self.visits + 1

    def on_enter_hall(self, turn: Turn) -> None:
        turn.say("Who are you?")

    def on_exit_room(self, turn: Turn) -> None:
        turn.say(f"It was nice, {self.name}.")


class Eager(Greeter):
    """Greets and answers at once."""

    answers_first_message = True


class Echo(Flow):
    """Has no greeting."""

    table = (On("message", "start", STAY, do="answer"), On("event_ping", "start", STAY, say="pong"))
    count: int = 0

    def answer(self, turn: Turn) -> None:
        self.count += 1
        turn.say(f"{self.count}: {turn.text}")


BEGINNINGS: dict[str, tuple[type[Flow], list[str], list[tuple[str, str]]]] = {
    "a start state that greets has answered": (Greeter, ["Who are you?"], [("", "begins")]),
    "a flow may greet and answer": (
        Eager,
        ["Who are you?", "Come in."],
        [("", "begins"), ("message", "")],
    ),
    "without a greeting the rows answer": (Echo, ["1: Ada"], [("message", "")]),
}


@pytest.mark.parametrize(("flow", "spoken", "journal"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_first_message_begins_a_run(
    flow: type[Flow], spoken: list[str], journal: list[tuple[str, str]]
) -> None:
    played = Talk(flow).play(said("Ada"))
    assert (words(played), notes(played), played.after.run) == (spoken, journal, 1)


def test_an_opened_conversation_is_greeted_and_the_message_then_answered() -> None:
    talk = Talk(Greeter)
    assert words(talk.play(Started(key="s", at=NOW))) == ["Who are you?"]
    assert words(talk.play(said("Ada"))) == ["Come in."]


def test_fields_stay_with_the_run_and_end_with_it() -> None:
    talk = Talk(Greeter)
    talk.play(said("hi"), said("Ada"))
    assert talk.at.data == {"name": "Ada", "visits": 1}
    assert words(talk.play(said("bye"))) == ["Bye.", "It was nice, Ada."]
    assert replace(talk.at, paced=0) == Snapshot(run=1)
    talk.play(said("hi"))
    assert (talk.at.run, talk.at.data) == (2, {"name": "", "visits": 0})


def test_rows_are_tried_in_order_until_a_guard_lets_one_pass() -> None:
    talk = Talk(Greeter)
    assert words(talk.play(said("hi"), said("nobody"), said("Ada"))) == [
        "Who are you?",
        "Who are you?",
        "Come in.",
    ]


def test_an_old_button_that_no_row_knows_is_no_error() -> None:
    talk = Talk(Echo)
    assert words(talk.play(chose("track"))) == ["1: Track"]
    played = talk.play(Reacted(key="r", at=NOW, provider_id="p", target="t", emoji="👍"))
    assert (played.says, notes(played), played.fault) == ((), [("", "unanswered")], None)
    assert words(talk.play(ClientEvent(key="e", at=NOW, event_name="ping"))) == ["pong"]


def test_the_fallback_hears_unanswered_messages_and_nothing_else() -> None:
    class Deaf(Flow):
        table = (On("location", "start", STAY, say="There you are."),)

        def fallback(self, turn: Turn) -> None:
            turn.say("Where are you?")

    talk = Talk(Deaf)
    assert notes(talk.play(said("hi"))) == [("", "unanswered")]
    assert words(talk.play(said("hi"), fired("nudge"), done("lookup"))) == ["Where are you?"]


def test_events_outside_any_run_begin_none() -> None:
    talk = Talk(Echo)
    assert notes(talk.play(fired("nudge"), done("lookup"), handed_back())) == [("", "no flow answers")] * 3
    assert talk.at == Snapshot()


class Desk(Flow):
    """Hands over and takes back."""

    table = (
        On("message", "start", "person", do="call"),
        On("handed_back", "person", "start", say="I am back."),
    )

    def call(self, turn: Turn) -> None:
        turn.hand_over("wants to talk")
        turn.timer("late", after=60)


def test_while_a_person_answers_events_are_noted_and_no_trigger_runs() -> None:
    talk = Talk(Desk)
    assert notes(talk.play(said("help"))) == [("message", "handed over: wants to talk")]
    played = talk.play(said("hello?"), fired("late"))
    assert (played.says, notes(played), talk.at.mode) == ((), [("", "a person answers")] * 2, "person")


def test_a_conversation_handed_back_goes_on_with_its_trigger() -> None:
    talk = Talk(Desk)
    talk.play(said("help"))
    assert words(talk.play(handed_back())) == ["I am back."]
    assert (talk.at.mode, talk.at.state) == ("bot", "start")


def test_a_run_may_end_with_a_person_and_the_next_message_begins_anew() -> None:
    class Leaves(Flow):
        table = (On("message", "start", STAY, do="leave"),)

        def leave(self, turn: Turn) -> None:
            turn.hand_over("")
            turn.end()

    talk = Talk(Leaves)
    talk.play(said("hi"))
    assert talk.at == Snapshot(run=1, mode="person")
    assert notes(talk.play(handed_back())) == [("", "no flow answers")]
    assert talk.play(said("hi")).after.run == 2
