"""Bot Framework bots run unchanged: their activities are messages, their state is committed with what they say."""

from typing import Any

import pytest

from conversations import engine
from conversations.router import Router
from conversations.stored import plain_of, value_of
from parley import (
    Choice,
    Chosen,
    ClientEvent,
    FlowError,
    Location,
    Media,
    Option,
    Reacted,
    Text,
    bot_framework,
    chat,
)
from state.model.content import Content
from state.model.turn import Snapshot
from tests.conversations import framework_bots as bots
from tests.conversations.kit import CUSTOMER, NOW, notes, said, words

echo = bot_framework(bots.EchoBot, name="echo")
prompts = bot_framework(bots.PromptBot)
colours = bot_framework(bots.SuggestedActionsBot)
cards = bot_framework(bots.CardsBot)
odd = bot_framework(bots.OddBot, timeout=0.2, apology="Oh no.")


async def test_an_echo_bot_greets_and_echoes() -> None:
    async with chat(echo, name="Ada") as c:
        await c.hears("hi")
        assert c.said == [Text("Hello Ada and welcome!"), Text("Echo: hi")]
        await c.hears("you")
        c.says("Echo: you")


async def test_a_prompting_bot_keeps_its_state_over_restarts() -> None:
    async with chat(prompts) as c:
        talk = {"hi": "What is your name?", "Ada": "Hi Ada. How old are you?", "old": "A number, please."}
        for heard, answer in (talk | {"36": "Ada, 36, 2027, 4."}).items():
            c.restarts()
            await c.hears(heard)
            c.says(answer)


async def test_suggested_actions_are_buttons_and_their_values_come_back() -> None:
    offered = (
        Option("Red", "Red"),
        Option("Blue", "Blue one"),
        Option("value0", "Green"),
        Option("url3", "More", kind="url", url="https://example.org/colours"),
    )
    async with chat(colours) as c:
        await c.hears("hi")
        assert c.said == [Choice("What is your favourite colour?", offered)]
        await c.taps("Blue one")
        assert c.said[0] == Text("Blue is the best colour.")
        await c.taps("Green")
        assert c.said[0] == Text("You posted green.")


PICTURE = Media("image", url="https://example.org/tea.png")
SHOWN: dict[str, list[Content]] = {
    "hero": [Choice("Tea\nGreen\nHot.", (Option("value0", "Buy"),), header=PICTURE)],
    "plain": [Text("Only words")],
    "adaptive": [
        Choice(
            "Your flight\nGate 7\nFrom: AMS",
            (
                Option("value0", "Check in"),
                Option("url1", "Map", kind="url", url="https://example.org/map"),
                Option("value1", "Veg"),
            ),
            header=Media("image", url="https://example.org/plane.png"),
        )
    ],
    "file": [Media("document", url="https://example.org/a.pdf", mime="application/pdf", name="a.pdf")],
    "inline": [Text("a.png")],
    "typing": [Text("Done."), Text("*Bold*", "markdown")],
}


@pytest.mark.parametrize(("asked", "shown"), SHOWN.items(), ids=SHOWN)
async def test_what_a_bot_shows_is_what_we_have_for_it(asked: str, shown: list[Content]) -> None:
    async with chat(cards) as c:
        await c.hears(asked)
        assert c.said == shown


async def test_what_a_customer_sends_is_what_the_framework_has_for_it() -> None:
    async with chat(cards) as c:
        await c.hears(Media("image", url="https://example.org/me.png", mime="image/png", caption="me"))
        c.says("Got image/png https://example.org/me.png (me).")
        await c.hears(Media("audio", ref="a7"))
        c.says("Got audio/* urn:parley:media:a7 ().")
        await c.hears(Location(52.5, 13.4))
        c.says("At 52.5, 13.4.")
        await c.hears("hero")
        _ = c.said
        await c.hears(Chosen("value0", "Buy"))
        c.says("Submitted {'buy': 1}.")


async def test_events_reactions_people_and_the_end() -> None:
    async with chat(odd) as c:
        await c.hears("hi")
        c.says("You said hi.")
        await c.happens(ClientEvent(key="e", at=c.now, event_name="cart", value=3))
        c.says("cart: 3")
        await c.happens(Reacted(key="r", at=c.now, provider_id="r", target="m", emoji="x"))
        c.says("Reacted x.")
        await c.hears("person")
        assert c.mode == "person"
        await c.is_handed_back("done")
        c.says("handoff.status: {'state': 'completed', 'message': 'done'}")
        await c.hears("end")
        c.says("Bye.")
        assert c.stands == Snapshot(run=1)


WRONG = {
    "raise": "OddBot: its turn failed: KeyError: 'nothing there'",
    "wait": "OddBot: its turn failed: TimeoutError: no result within 0.2 seconds",
    "block": "OddBot: its turn failed: TimeoutError: no result within 0.2 seconds",
    "keep": "OddBot: its turn failed: FlowError: a bot's state holds a function, which cannot be kept",
    "large": "OddBot: its turn failed: FlowError: OddBot keeps more than 256000 bytes in one conversation",
}


@pytest.mark.parametrize(("heard", "told"), WRONG.items(), ids=WRONG)
async def test_a_turn_that_fails_parks_with_an_apology_and_holds_nobody_up(heard: str, told: str) -> None:
    async with chat(odd, may_fail=True) as c:
        await c.hears(heard)
        c.says("Oh no.")
    assert c.fault
    assert (c.fault.reason, c.mode) == (told, "parked")
    async with chat(odd) as c:
        await c.hears("hi")
        c.says("You said hi.")


async def test_a_bot_whose_turn_failed_hears_what_comes_next_when_it_goes_on() -> None:
    async with chat(odd, may_fail=True) as c:
        await c.hears("raise")
        c.says("Oh no.")
        c.serve(odd)
        await c.hears("hi")
        c.says("You said hi.")


def test_what_comes_while_a_turn_runs_waits_for_it() -> None:
    router = Router([echo])
    first = engine.play(Snapshot(), [said("1"), said("2")], CUSTOMER, router, NOW, "s")
    assert (len(first.effects), first.after.state, len(first.after.data["waiting"])) == (1, "thinks", 1)
    many = engine.play(first.after, [said("more")] * 20, CUSTOMER, router, NOW, "t")
    assert many.fault
    assert "20 messages wait for a turn that does not end" in many.fault.reason
    assert (words(many)[-1:], notes(first)[0]) == ([many.says[0].content.text], ("posted", ""))  # type: ignore[union-attr]


class Loops:
    """An object of nobody's."""


def test_state_is_plain_data_of_the_bot_s_own_classes_alone() -> None:
    home = bots.__name__
    flow: Any = bots.ConversationFlow(bots.Question.AGE, seen=["a"])
    again = value_of(plain_of({"flow": flow, "many": (1, {2})}), home)
    assert (again["flow"], again["many"]) == (flow, [1, [2]])
    round_about: list[Any] = []
    round_about.append(round_about)
    for wrong, told in (
        (round_about, "refers to itself"),
        (object(), "holds a object"),
        (Loops, "holds a type"),
    ):
        with pytest.raises(FlowError, match=told):
            plain_of(wrong)
    for name in ("subprocess:Popen", "os:system", "tests.conversations.framework_bots:Gone", "x"):
        with pytest.raises(
            FlowError, match=f"a bot's state holds a {name}, which is no class of the bot's own"
        ):
            value_of({"$type": name}, "shop.bot")
