"""The check finds names that a turn, a talk or the flow has not."""

from typing import Any

import pytest

from conversations.check import check
from conversations.router import compiled
from parley import STAY, Effect, Flow, On, Talk, Turn, chat, effect, flow, read


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


@flow
async def careless(talk):  # type: ignore[no-untyped-def]
    talk.ask("One?")
    two = talk.ask("Two?")
    talk.say(two)
    if talk.do(nothing):
        talk.say(talk.t("{x}", x=talk.begin("another")))
    if int(talk.ask("How many?")):
        talk.say("Some")
    three = talk.ask("Three?")
    five = await talk.ask("Five?")
    four = [talk.ask(each) for each in ("a", "b")]
    return await three, [await each for each in four], await asked(talk, talk.sleep(1)), five


async def asked(talk: Talk, what: Any) -> Any:
    return await what


@effect
async def nothing(call: Effect) -> None: ...


def test_what_is_not_awaited_is_found_and_nothing_else() -> None:
    first = careless.function.__code__.co_firstlineno
    found = [each for each in check(compiled(careless)) if each.code == "unawaited"]
    assert [(each.place.line - first, each.what) for each in found] == [
        (2, "talk.ask waits for nothing"),
        (3, "talk.ask waits for nothing"),
        (5, "talk.do waits for nothing"),
        (6, "talk.begin waits for nothing"),
        (7, "talk.ask waits for nothing"),
    ]


class Keeps(Flow):
    table = (On("message", "start", STAY, do="count_up"), On("done_look", "start", STAY))
    count = 0
    said: str = ""

    def count_up(self, turn: Turn) -> None:
        self.count += 1
        self.said = turn.text
        self.helped, self.price = True, 1.5
        self.last = None
        turn.effect("look", m=1)
        turn.effect("look")
        turn.effect("look", n=1)
        turn.effect("look", **{"n": 1})

    @effect
    async def look(call: Effect, n: int, more: str = "") -> None: ...


def test_what_would_be_forgotten_and_what_an_effect_does_not_take_is_found() -> None:
    found = [each for each in check(compiled(Keeps)) if each.code in ("forgotten", "no_argument")]
    assert [f"{each.what}; {each.remedy}" for each in found] == [
        "self.count would be forgotten; declare it, as in `count: int = 0`",
        'self.helped would be forgotten; declare it, as in `helped: str = ""`',
        'self.price would be forgotten; declare it, as in `price: str = ""`',
        'self.last would be forgotten; declare it, as in `last: str = ""`',
        "the effect 'look' takes no m=; it takes: n, more",
        "the effect 'look' needs n=; it takes: n, more",
    ]
    first = Keeps.count_up.__code__.co_firstlineno
    assert [each.place.line - first for each in found] == [1, 3, 3, 4, 5, 6]


class Counts(Flow):
    table = (On("message", "start", STAY, do="count_up"),)
    count = 0

    def count_up(self, turn: Turn) -> None:
        self.count += 1


async def test_so_it_is_told_at_run_time() -> None:
    async with chat(Counts) as c:
        with pytest.raises(AssertionError, match="forgotten: declare it, as in `count: int = 0`"):
            await c.hears("hi")


@flow
async def hasty(talk: Talk) -> None:
    talk.ask(
        "One?",
    )
    await talk.ask("Two?")


async def test_what_is_not_awaited_is_told_with_its_own_line() -> None:
    line = hasty.function.__code__.co_firstlineno + 2
    told = rf"talk\.ask waits for nothing: write `await` before it \(test_misspelt\.py:{line}\)"
    async with chat(hasty) as c:
        with pytest.raises(AssertionError, match=told):
            await c.hears("hi")
