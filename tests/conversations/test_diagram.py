"""Diagrams of flows, as Mermaid text and as SVG, with how many run in each state."""

from xml.etree import ElementTree

import pytest

from conversations.bot import Bot
from conversations.diagram import mermaid, svg
from conversations.router import compiled
from examples.orders import Orders
from parley import BACK, END, STAY, WAYS_OUT, EffectFailed, Flow, On, Talk, bot_framework, flow, read
from tests.conversations import framework_bots


class Tea(Flow):
    final = ("done",)
    table = (
        *WAYS_OUT,
        On("chosen_a", "start", "kind", when="may"),
        On("chosen_b", "start", "kind"),
        On("message", "kind", STAY),
        On("undo", "kind", BACK),
        On("message: odd", "kind", "done"),
        On("bye", "kind", END),
    )

    def may(self, turn: object) -> bool:
        return True


@flow
async def straight(talk: Talk) -> None:
    await talk.ask("One <b>?")
    await talk.sleep(1)
    await talk.ask("Two?")


@flow
async def dinner(talk: Talk) -> None:
    if await talk.ask("Hungry?", read.yes_no()):
        while True:
            dish: str = await talk.ask("Which dish?")
            try:
                await talk.begin("kitchen", dish=dish)
            except EffectFailed:
                talk.say("Sold out.")
                continue
            break
        for _ in range(2):
            await talk.ask("Something to drink?", name="drink")
    else:
        await talk.sleep(1)
        return
    talk.say(await talk.hand_over("bye"))


def test_a_script_that_branches_and_goes_round_is_drawn_as_it_runs() -> None:
    described = dinner.describe()
    assert described.states == ("hungry", "which_dish", "kitchen", "drink", "sleep", "bye")
    assert [(source, row.target) for row in described.rows for source in row.sources] == [
        ("hungry", "which_dish"),
        ("which_dish", "kitchen"),
        ("kitchen", "which_dish"),
        ("kitchen", "drink"),
        ("drink", "drink"),
        ("hungry", "sleep"),
        ("sleep", END),
        ("drink", "bye"),
        ("kitchen", "bye"),
        ("bye", END),
    ]


def test_a_table_as_mermaid() -> None:
    assert mermaid(Tea.describe(), {"kind": 12}).splitlines() == [
        "stateDiagram-v2",
        '    state "start" as s0',
        '    state "kind (12)" as s1',
        '    state "done" as s2',
        "    [*] --> s0",
        "    s0 --> s1: chosen_a [may], chosen_b",
        "    s1 --> s1: message, undo",
        "    s1 --> s2: message- odd",
        "    s1 --> [*]: bye",
        "    s2 --> [*]",
    ]


def test_a_script_as_mermaid_is_what_it_waits_for_in_order() -> None:
    lines = mermaid(straight.describe()).splitlines()
    assert lines[1:4] == ['    state "one_b" as s0', '    state "sleep" as s1', '    state "two" as s2']
    assert lines[-1] == "    s2 --> [*]: then"


@pytest.mark.parametrize("bot", [Tea.plan, Orders.plan, straight, bot_framework(framework_bots.EchoBot)])
def test_a_drawing_is_sound_and_names_every_state(bot: Bot) -> None:
    described = bot.describe()
    drawn = ElementTree.fromstring(svg(described, {described.start: 3}))
    words = {each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {*described.states} - {described.start} <= words
    assert f"{described.start} (3)" in words
    assert compiled(Tea) is Tea.plan
