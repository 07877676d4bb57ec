"""A flow says that a one-time code was used: once, however often it is played."""

from typing import Any

from conversations import engine
from conversations.router import Router
from parley import Flow, On, Talk, Turn, flow, read
from state.model.turn import Played, Snapshot
from tests.conversations.kit import CUSTOMER, NOW, said


class Door(Flow):
    """Takes a code, and fails at a wrong one."""

    table = (On("message", "start", "=", do="check"),)

    def check(self, turn: Turn) -> None:
        if turn.text.startswith("4711"):
            turn.code_used()
        if turn.text.endswith("!"):
            raise RuntimeError("oh")


@flow
async def door(talk: Talk) -> None:
    """The same as a script, which is played again from its start with each answer."""
    await talk.ask("Your code?", read.text())
    talk.code_used()
    await talk.ask("And your name?", read.text())
    talk.say("Come in.")


def played(bot: Any, *words: str) -> list[Played]:
    """Each of the words in a turn of its own."""
    found, stands = [], Snapshot()
    for n, each in enumerate(words):
        found.append(engine.play(stands, [said(each)], CUSTOMER, Router([bot]), NOW, f"t{n}"))
        stands = found[-1].after
    return found


def test_a_flow_says_that_codes_were_used() -> None:
    assert [each.codes for each in played(Door, "4711", "12")] == [1, 0]


def test_what_a_failing_event_has_said_of_a_code_never_happened() -> None:
    (turn,) = played(Door, "4711!")
    assert (turn.codes, turn.after.mode) == (0, "parked")


def test_a_script_says_it_once_though_it_is_played_again_with_each_answer() -> None:
    assert [each.codes for each in played(door, "hi", "4711", "Ann")] == [0, 1, 0]
