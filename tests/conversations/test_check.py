"""The static check finds what would leave a customer stuck, and says where."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conversations.check import Found, check
from conversations.loading import load_all
from conversations.router import compiled
from examples.orders import Orders
from parley import (
    END,
    STAY,
    WAYS_OUT,
    Effect,
    Flow,
    On,
    Question,
    Talk,
    Text,
    Turn,
    bot_framework,
    effect,
    flow,
)
from state.model.content import Content
from tests.conversations import framework_bots


class Wrong(Flow):
    final = ("done", "lost")
    asks = {"ask": Question("How many?")}
    table = (
        On("message", "start", "ask", say="Hello"),
        On("answered", "ask", "stuck", do="look"),
        On("chosen_x", "island", "done"),
        On("timer_gone", "stuck", STAY),
        On("done_lookupp", "stuck", STAY),
        On("message", "stuck", STAY, do="again"),
    )
    translations = {"de": {"Hello": "Hallo"}, "de-AT": {}}

    def look(self, turn: Turn) -> None:
        turn.effect("lookup")
        turn.timer("nudge", after=1)
        turn.say("Looking")
        if turn.text == "x":
            turn.then("nowhere")

    def again(self, turn: Turn) -> None:
        turn.say(turn.text)

    @effect
    async def lookup(call: Effect) -> None:
        await call.http.request("POST", "https://shop.example/orders")

    @effect
    async def safe(call: Effect) -> None:
        await call.http.request("POST", "https://shop.example/orders", headers={"key": call.key})


class Menu(Flow):
    table = (*WAYS_OUT, On("chosen_tea", "start", END))

    def on_enter_start(self, turn: Turn) -> None:
        turn.ask("What?", {"tea": "Tea", "milk": "Milk"})


@flow(commands=("help",), translations={"de": {}})
async def stubborn(talk: Talk) -> None:
    await talk.ask("Well?")


EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_no_example_leaves_anything_to_mend(example: Path) -> None:
    bots = [compiled(each) for each in load_all(f"examples.{example.stem}")]
    assert [str(each) for bot in bots for each in check(bot)] == []


def line_of(text: str) -> int:
    """The first line of this file that holds a text."""
    with open(__file__) as file:
        return next(number for number, line in enumerate(file, 1) if text in line)


def found(bot: Any, code: str) -> list[tuple[str, int]]:
    return [(each.what, each.place.line) for each in check(compiled(bot)) if each.code == code]


FINDINGS: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "unreachable": (
        Wrong,
        [
            ("no row leads to 'island'", '"island", "done"'),
            ("no row leads to 'done'", 'final = ("done", "lost")'),
            ("no row leads to 'lost'", 'final = ("done", "lost")'),
        ],
    ),
    "dead_end": (
        Wrong,
        [
            ("nothing leads out of 'start'", '"start", "ask"'),
            ("nothing leads out of 'ask'", 'asks = {"ask"'),
            ("nothing leads out of 'stuck'", '"ask", "stuck"'),
        ],
    ),
    "unanswered": (
        Wrong,
        [
            ("no row answers 'done_lookup'", 'turn.effect("lookup")'),
            ("no row answers 'failed_lookup'", 'turn.effect("lookup")'),
            ("no row answers 'timer_nudge'", 'turn.timer("nudge"'),
        ],
    ),
    "never": (
        Wrong,
        [
            ("nothing sets off 'timer_gone'", '"timer_gone"'),
            ("nothing sets off 'done_lookupp'", '"done_lookupp"'),
            ("then('nowhere') finds no row", 'turn.then("nowhere")'),
        ],
    ),
    "no_way_out": (Wrong, [("a customer cannot stop or get to a person", "class Wrong")]),
    "no_key": (Wrong, [("the effect 'lookup' may run twice, and its back-end cannot tell", '"POST", "https://shop')]),
}  # fmt: skip


@pytest.mark.parametrize("code", FINDINGS)
def test_what_is_wrong_is_found_at_its_line(code: str) -> None:
    bot, wanted = FINDINGS[code]
    assert sorted(found(bot, code)) == sorted((what, line_of(text)) for what, text in wanted)


def test_texts_without_a_translation_are_found_in_each_language() -> None:
    missing = [what for what, _ in found(Wrong, "untranslated")]
    assert missing == [
        f"'{text}' is not in {locale}" for text in ("How many?", "Looking") for locale in ("de", "de-AT")
    ]
    assert found(stubborn, "untranslated") == [("'Well?' is not in de", line_of('talk.ask("Well?")'))]


def test_an_option_that_no_row_answers_is_found() -> None:
    assert found(Menu, "unanswered") == [("no row answers the option 'milk'", line_of('{"tea": "Tea"'))]


class Begins(Flow):
    table = (*WAYS_OUT, On("mesage", "start", STAY), On("message", "start", END, do="go"))

    def go(self, turn: Turn) -> None:
        turn.begin(Menu)


def test_a_flow_whose_end_no_row_answers_is_found() -> None:
    assert found(Begins, "unanswered") == [("no row answers 'done_Menu'", line_of("turn.begin(Menu)"))]


def test_a_trigger_that_nothing_sets_off_is_found_with_what_it_may_mean() -> None:
    never = [each for each in check(Begins.plan) if each.code == "never"]
    assert [(each.what, each.place.line, each.remedy) for each in never] == [
        ("nothing sets off 'mesage'", line_of('On("mesage"'), "did you mean 'message'?")
    ]


class Awaits(Flow):
    table = (*WAYS_OUT, On("receipt", "start", STAY), On("message", "start", END))


def test_a_row_for_what_opens_no_turn_is_found() -> None:
    assert found(Awaits, "never") == [("nothing sets off 'receipt'", line_of('On("receipt"'))]


class Payment(Flow):
    table = (
        *WAYS_OUT,
        On("help", "*", STAY, say="It takes a minute."),
        On("message", "start", "pay"),
        On("done_charge", "pay", END),
        On("failed_charge", "pay", END),
    )

    def on_enter_pay(self, turn: Turn) -> None:
        turn.effect("charge")

    @effect
    async def charge(call: Effect) -> None: ...


def test_a_row_that_runs_an_effect_again_is_found() -> None:
    assert found(Payment, "runs_again") == [
        ("'help' enters 'pay' again, which asks for its effect again", line_of('On("help", "*", STAY'))
    ]


def test_a_script_that_lets_nobody_out_is_found() -> None:
    assert [what for what, _ in found(stubborn, "no_way_out")] == [
        "a customer cannot stop or get to a person"
    ]


def test_what_a_channel_cannot_show_is_found() -> None:
    def looks(content: Content) -> Iterator[str]:
        if content == Text("Hello"):
            yield "it is too kind"

    shown = [each for each in check(Wrong.plan, [("sms", looks)]) if each.code == "cannot_show"]
    assert [(each.what, each.place.line) for each in shown] == [
        ("sms cannot show 'Hello' whole: it is too kind", line_of('say="Hello"'))
    ]


def test_a_sound_bot_has_no_errors_and_a_framework_s_is_its_own_affair() -> None:
    assert [each for each in check(Orders.plan) if each.level == "error"] == []
    assert check(bot_framework(framework_bots.EchoBot)) == []


def test_a_finding_is_a_line_as_compilers_write_it() -> None:
    first = next(each for each in check(Wrong.plan) if "stuck" in each.what)
    assert isinstance(first, Found)
    assert str(first).startswith(
        f"{__file__}:{first.place.line}: error: Wrong: nothing leads out of 'stuck'; add"
    )
