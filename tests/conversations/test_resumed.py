"""A conversation that a fault has parked goes on with the message that met the fault, then with what came meanwhile."""

from collections.abc import Callable

import pytest

from conversations.loading import Source
from conversations.router import APOLOGY
from parley import Flow, On, Question, Talk, Turn, chat, flow


def table(names: dict[str, str]) -> Source:
    class Taxi(Flow):
        start, final = "where", ("done",)
        asks = {"where": Question("Where to?"), "when": Question("When?")}
        table = (On("answered", "where", "when", do="note"), On("answered", "when", "done", do="order"))
        where: str = ""

        def note(self, turn: Turn) -> None:
            turn.say(names[self.where])

        def order(self, turn: Turn) -> None:
            turn.say(f"{turn.answer}: it comes.")

    return Taxi


def script(names: dict[str, str]) -> Source:
    @flow
    async def taxi(talk: Talk) -> None:
        talk.say(names[await talk.ask("Where to?")])
        talk.say(f"{await talk.ask('When?')}: it comes.")

    return taxi


@pytest.mark.parametrize("written", [table, script], ids=["table", "script"])
async def test_the_message_that_met_the_fault_is_played_first(
    written: Callable[[dict[str, str]], Source],
) -> None:
    async with chat(written({}), may_fail=True) as c:
        await c.hears("hi")
        c.says("Where to?")
        await c.hears("Street")
        c.says(APOLOGY)
        await c.is_resumed()
        c.says(APOLOGY)
        await c.hears("Soon")
        c.serve(written({"Street": "Main Street."}))
        await c.is_resumed()
        c.says("Main Street.")
        c.says("When?")
        c.says("Soon: it comes.")
        assert (c.state, c.stands.failed) == ("", None)
