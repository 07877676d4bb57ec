"""A flow that waits under another one, or for a person, loses nothing, and nothing of it happens to the other."""

from typing import Any

from conversations import engine
from conversations.router import Router
from parley import STAY, Effect, Flow, On, Question, Talk, TimedOut, Turn, chat, effect, flow, hours
from state.model.event import EffectDone
from state.model.turn import Snapshot
from tests.conversations.kit import CUSTOMER, NOW, handed_back, said, words


@flow(keywords=("faq",))
async def faq(talk: Talk) -> None:
    try:
        await talk.ask("What do you want to know?")
        talk.say("42.")
    except TimedOut:
        talk.say("Never mind.")


@flow(interruption="interrupt")
async def nap(talk: Talk) -> None:
    talk.say("Good night.")
    await talk.sleep(hours(1))
    talk.say("Good morning.")


@flow(interruption="interrupt")
async def offer(talk: Talk) -> None:
    try:
        await talk.ask("Do you want it?", within=hours(1))
    except TimedOut:
        talk.say("Too late.")


class Nudge(Flow):
    start, interruption = "start", "interrupt"
    table = (On("message", "start", STAY, do="wind"), On("timer_up", "start", STAY, say="Time is up."))

    def wind(self, turn: Turn) -> None:
        turn.timer("up", hours(1))


class Calendar(Flow):
    start, final, expires, events = "day", ("done",), hours(1), ("never",)
    asks = {"day": Question("Which day?")}
    table = (On("answered", "day", "done"),)


class Visit(Flow):
    start, final = "day", ("done",)
    asks = {"sure": Question("Sure?")}
    table = (
        On("message", "day", STAY, do="pick"),
        On("done_Calendar", "day", "sure"),
        On("answered", "sure", "done", say="Done."),
    )

    def pick(self, turn: Turn) -> None:
        turn.begin(Calendar)


@effect
async def fetch(call: Effect) -> None: ...


@flow(interruption="interrupt", busy="One moment.")
async def order(talk: Talk) -> None:
    talk.say(f"It is {await talk.do(fetch)}.")


async def test_a_sleep_that_is_over_under_another_flow_ends_after_it() -> None:
    async with chat(nap, faq) as c:
        await c.hears("hi")
        c.says("Good night.")
        await c.hears("faq")
        c.says("What do you want to know?")
        c.restarts()
        await c.later(hours=2)
        await c.hears("all")
        c.says("42.")
        c.says("Good morning.")


async def test_a_sleep_lasts_no_longer_for_another_flow() -> None:
    async with chat(nap, faq) as c:
        await c.hears("hi")
        c.says("Good night.")
        await c.hears("faq")
        c.says("What do you want to know?")
        await c.later(minutes=20)
        await c.hears("all")
        c.says("42.")
        await c.later(minutes=39)
        c.says_no_more()
        await c.later(minutes=1)
        c.says("Good morning.")


async def test_a_question_times_out_in_its_own_flow_alone() -> None:
    async with chat(offer, faq) as c:
        await c.hears("hi")
        c.says("Do you want it?")
        await c.hears("faq")
        c.says("What do you want to know?")
        await c.later(hours=2)
        await c.hears("all")
        c.says("42.")
        c.says("Do you want it?")
        await c.later(hours=1)
        c.says("Too late.")


async def test_a_timer_of_a_callback_s_own_waits_for_its_flow() -> None:
    async with chat(Nudge, faq) as c:
        await c.hears("hi")
        await c.hears("faq")
        c.says("What do you want to know?")
        await c.later(hours=2)
        await c.hears("all")
        c.says("42.")
        c.says("Time is up.")


async def test_the_end_by_silence_of_a_flow_is_not_that_of_the_one_that_began_it() -> None:
    async with chat(Visit, Calendar) as c:
        await c.hears("hi")
        c.says("Which day?")
        await c.hears("Monday")
        c.says("Sure?")
        await c.later(days=3)
        await c.hears("yes")
        c.says("Done.")


def result(stands: Snapshot, value: Any) -> EffectDone:
    """The result that a run of `order` waits for, as the gateway tells it."""
    key = (stands.stack or (stands,))[0].data["key"]
    return EffectDone(
        key="r", at=NOW, effect="fetch", effect_id="e", result=value, run=1, call=key, flow="order"
    )


def test_a_result_that_comes_under_another_flow_is_met_after_it() -> None:
    router, stands = Router([order, faq]), Snapshot()
    for heard in ("hi", "faq"):
        stands = engine.play(stands, [said(heard)], CUSTOMER, router, NOW, heard).after
    held = engine.play(stands, [result(stands, "on its way")], CUSTOMER, router, NOW, "r")
    assert [step.note for step in held.steps] == ["a flow waits for it"]
    assert words(engine.play(held.after, [said("all")], CUSTOMER, router, NOW, "all")) == [
        "42.",
        "It is on its way.",
    ]


def test_a_result_that_comes_while_a_person_answers_is_met_when_they_give_back() -> None:
    router = Router([order])
    stands = engine.play(Snapshot(), [said("hi")], CUSTOMER, router, NOW, "hi").after
    taken = Snapshot(stands.flow, stands.version, stands.run, stands.state, stands.data, "person")
    held = engine.play(taken, [result(taken, "lost")], CUSTOMER, router, NOW, "r")
    assert held.says == ()
    assert words(engine.play(held.after, [handed_back()], CUSTOMER, router, NOW, "b")) == ["It is lost."]
