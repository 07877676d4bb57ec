"""The check finds names that a turn, a talk or the flow has not."""

from typing import Any

from conversations.check import check
from conversations.router import compiled
from parley import STAY, Effect, Flow, On, Talk, Turn, effect, flow, read


class Wrong(Flow):
    table = (On("message", "start", STAY, when="may", do="count_up"), On("done_look", "start", STAY))
    count: int = 0

    def may(self, turn):  # type: ignore[no-untyped-def]
        return bool(turn.txt)

    def count_up(self, turn: Turn) -> None:
        self.count += 1
        self.helped = True
        if self.cuont > 3 and self.helped:  # type: ignore[attr-defined]
            turn.ask("Which?", option={"a": "A"})  # type: ignore[call-arg]
        turn.effect("lok", anything=1)

    @effect
    async def look(call: Effect) -> None: ...


@flow
async def script(talk: Talk) -> None:
    talk.sey("Hello")  # type: ignore[attr-defined]
    await talk.ask("Three?", read.number(), whithin=3)  # type: ignore[call-arg]
    await talk.begin("another", anything=talk.now)


def told(bot: Any) -> list[str]:
    return [
        f"{each.what}; {each.remedy}"
        for each in check(compiled(bot))
        if each.code in ("misspelt", "no_effect")
    ]


def test_what_a_table_s_callbacks_misspell_is_found() -> None:
    assert told(Wrong) == [
        "turn.txt is not there; did you mean 'text'?",
        "self.cuont is not there; did you mean 'count'?",
        "turn.ask takes no option=; did you mean 'options'?",
        "there is no effect 'lok'; there is: look",
    ]


def test_what_a_script_misspells_is_found() -> None:
    assert told(script) == [
        "talk.sey is not there; did you mean 'say'?",
        "talk.ask takes no whithin=; did you mean 'within'?",
    ]
