"""The bots of `examples/` and of this room's page do what they say."""

import re
from pathlib import Path
from typing import Any

import pytest

from conversations.chat import chat
from conversations.engine import run_effect
from examples.orders import Orders
from examples.showcase import STORY, Showcase
from parley import Chosen, Media, Text
from state.model.content import Choice
from state.model.turn import SetTimer
from tests.conversations.kit import NOW, Talk, chose, done, failed, fired, handed_back, said, words
from tests.conversations.test_effects import BackEnd

ROOT = Path(__file__).parents[2]
HELP = "How can I help?"


async def test_an_order_is_looked_up_and_told() -> None:
    talk = Talk(Orders)
    assert words(talk.play(said("hi"))) == [HELP]
    asked = talk.play(chose("track"))
    assert (words(asked), asked.timers) == (
        ["Please type your order number."],
        (SetTimer("nudge", NOW + 300_000),),
    )
    assert words(talk.play(said("my order"))) == ["An order number has digits only."]
    (call,) = talk.play(said("17")).effects
    result = await run_effect(talk.router, call.flow, call.name, call.args, call.key, BackEnd())
    assert words(talk.play(done("lookup", result))) == ["Order 17 is on its way.", HELP]


def test_a_shop_that_does_not_answer_is_told() -> None:
    talk = Talk(Orders)
    talk.play(said("hi"), chose("track"), said("17"))
    assert words(talk.play(failed("lookup"))) == ["Our shop does not answer just now.", HELP]


def test_a_silent_customer_is_asked_once() -> None:
    talk = Talk(Orders)
    talk.play(said("hi"), chose("track"))
    asked = talk.play(fired("nudge"))
    assert (words(asked), asked.timers) == (["Still there?", HELP], ())


def test_a_person_takes_over_and_gives_back() -> None:
    talk = Talk(Orders)
    assert words(talk.play(said("hi"), chose("agent"))) == [HELP, "One moment, a colleague will answer."]
    assert (talk.at.mode, talk.play(said("hello")).says) == ("person", ())
    assert words(talk.play(handed_back())) == [HELP]


def test_the_buttons_offered_are_those_that_are_answered() -> None:
    talk = Talk(Orders)
    (menu,) = talk.play(said("hi")).says
    assert isinstance(menu.content, Choice)
    for option in menu.content.options:
        played = Talk(Orders, snapshot=talk.at).play(said(Chosen(option.id)))
        assert [step.trigger for step in played.steps] == [f"chosen_{option.id}"]


SHOWN = {
    "picture": Media("image", url="/static/sample.png", caption="Our van"),
    "story": Text(STORY, stream=True),
}


@pytest.mark.parametrize(("word", "content"), SHOWN.items(), ids=SHOWN)
def test_the_chat_page_s_bot_shows_what_is_asked_for(word: str, content: Media | Text) -> None:
    talk = Talk(Showcase)
    assert talk.play(said(word)).says[0].content == content
    assert talk.play(said(word.title())).says[0].content == content


async def test_the_demonstration_answers_who_opens_it_without_a_word() -> None:
    async with chat(Showcase, channel="telegram") as c:
        await c.starts()
        c.says("How can I help? I can also tell you a story: write “story”.")


def test_the_sample_is_read_at_a_glance_and_its_picture_is_served() -> None:
    assert len((ROOT / "examples" / "orders.py").read_text().splitlines()) <= 40
    assert (ROOT / "gateway" / "pages" / "static" / "sample.png").is_file()


PAGE = (ROOT / "conversations" / "README.md").read_text()
FIRST = ["For how many people?", "A number, please.", "A table for 4. See you!", "For how many people?"]
SECOND = ["For how many people?", "On which day?", "A table for 4 on Friday.", "For how many people?"]


@pytest.mark.parametrize(
    ("place", "lines", "typed", "spoken"),
    [(0, 15, ["hi", "many", "4", "hi"], FIRST), (1, 20, ["hi", "4", "Friday", "hi"], SECOND)],
)
def test_the_first_bots_of_the_page_work_as_they_stand(
    place: int, lines: int, typed: list[str], spoken: list[str]
) -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[place]
    assert len(code.splitlines()) <= lines
    names: dict[str, Any] = {"__name__": "bot"}
    exec(code, names)
    talk = Talk(names["Booking"])
    assert [word for text in typed for word in words(talk.play(said(text)))] == spoken
