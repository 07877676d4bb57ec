"""The test kit: what fits passes, what does not fails with the talk so far."""

from typing import Any

import pytest

from conversations.errors import FlowError
from parley import Choice, Effect, Flow, Media, On, OptedOut, Text, Turn, chat, days, effect, hours

PICTURE = Media("image", ref="1", caption="Look")


class Shop(Flow):
    table = (
        On("message", "start", "menu"),
        On("opt_out", "menu", "menu", say="As you like."),
        On("chosen_track", "menu", "looking"),
        On("done_lookup", "looking", "menu", do="tell"),
        On("failed_lookup", "looking", "menu", do="fail"),
        On("timer_nudge", "menu", "menu", say="Still there?"),
        On("media", "menu", "menu", say="A picture!"),
        On("message", "menu", "broken", do="breaks"),
        On("handed_back", "menu", "menu", say="Back."),
    )

    def on_enter_menu(self, turn: Turn) -> None:
        if turn.text == "person":
            turn.hand_over("wanted")
        turn.ask(f"How can I help, {turn.customer.name}?", {"track": "Track", "more": "More"})
        turn.timer("nudge", after=hours(24))

    def on_enter_looking(self, turn: Turn) -> None:
        turn.effect("lookup", order="17")

    def tell(self, turn: Turn) -> None:
        turn.say(f"It is {turn.result}.")

    def fail(self, turn: Turn) -> None:
        turn.say(str(turn.fault and turn.fault.reason))

    def breaks(self, turn: Turn) -> None:
        raise KeyError(turn.text)

    @effect
    async def lookup(call: Effect, order: str) -> str:
        found = await call.get_json(f"https://shop.example/{order}")
        return str(found)


async def test_a_whole_conversation() -> None:
    async with chat(Shop, name="Bo", channel="sms") as c:
        await c.hears("hi")
        c.says("How can I help, Bo?", options=["Track", "More"])
        assert (c.state, c.mode, c.customer.channel_type) == ("menu", "bot", "sms")
        c.answers("lookup", "on its way")
        await c.taps("Track")
        c.says("It is on its way.")
        assert isinstance(c.said[0], Choice)
        await c.hears(PICTURE)
        c.says("A picture!")
        _ = c.said
        assert [(each.name, each.args) for each in c.called] == [("lookup", {"order": "17"})]
    assert c.transcript.splitlines()[:5] == [
        "> hi",
        "< How can I help, Bo?",
        "  [Track]",
        "  [More]",
        "> Track",
    ]


async def test_time_passes_timer_by_timer() -> None:
    async with chat(Shop) as c:
        await c.starts()
        c.says_no_more()
        await c.hears("hi")
        assert len(c.said) == 1
        begun = c.now
        await c.later(days=3)
        assert [each.text for each in c.said if isinstance(each, Text)] == ["Still there?"] * 3
        assert c.now - begun == days(3) * 1000


async def test_effects_answer_as_they_are_told() -> None:
    def looked_up(order: str) -> dict[str, str]:
        return {"order": order}

    async def later(order: str) -> str:
        return order

    wanted: list[tuple[Any, str]] = [
        (looked_up, "It is {'order': '17'}."),
        (later, "It is 17."),
        (LookupError("no such order"), "LookupError: no such order"),
        (lambda order: 1 / 0, "ZeroDivisionError: division by zero"),
        ((1, 2), "It is [1, 2]."),
    ]
    async with chat(Shop) as c:
        await c.hears("hi")
        for result, words in wanted:
            _ = c.said
            c.answers("lookup", result)
            await c.taps("track")
            c.says(words)
        _ = c.said


async def test_there_is_no_network_unless_it_is_given() -> None:
    async with chat(Shop) as c:
        await c.hears("hi")
        _ = c.said
        await c.taps("track")
        assert "GET https://shop.example/17: tests have no network; say what it answers" in str(c.said[0])


async def test_events_and_people() -> None:
    async with chat(Shop) as c:
        await c.hears("hi")
        _ = c.said
        await c.happens(OptedOut(key="o", at=c.now))
        c.says("As you like.")
        _ = c.said
        c.restarts()
        await c.is_handed_back("done")
        c.says("Back.")
        _ = c.said


async def test_several_messages_in_one_turn() -> None:
    class Count(Flow):
        table = (On("message", "start", "start", do="count"),)
        heard: int = 0

        def count(self, turn: Turn) -> None:
            self.heard += 1
            turn.say(f"{self.heard}: {turn.text}")

    async with chat(Count) as c:
        await c.hears("a", "b")
        assert c.said == [Text("1: a"), Text("2: b")]


async def _unread(c: Any) -> None:
    await c.hears("hi")


async def _other(c: Any) -> None:
    await c.hears("hi")
    c.says("Hello?")


async def _nothing(c: Any) -> None:
    c.says("Hello?")


async def _options(c: Any) -> None:
    await c.hears("hi")
    c.says("How can I help, Ada?", options=["Track"])


async def _tap(c: Any) -> None:
    await c.hears("hi")
    _ = c.said
    await c.taps("Pay")


async def _hears_on(c: Any) -> None:
    await c.hears("hi")
    await c.hears("hi")


async def _fails(c: Any) -> None:
    await c.hears("hi")
    _ = c.said
    await c.hears("break")


FAILS = {
    "something was not looked at": (_unread, "it also said 'How can I help, Ada.'; wanted: 'nothing more'"),
    "something else was said": (_other, "it said 'How can I help, Ada.'; wanted: 'Hello.'"),
    "nothing was said": (_nothing, "nothing more was said; wanted: 'Hello.'"),
    "other options": (_options, "the options are .'Track', 'More'.; wanted: .'Track'.\n  so far:\n    > hi"),
    "no such option": (_tap, "there is no option 'Pay'; wanted: .'Track', 'More'."),
    "too early": (_hears_on, "it also said"),
    "the flow fails": (
        _fails,
        r"the flow failed: KeyError: 'break' \(test_chat.py:\d+\); wanted: 'no failure'",
    ),
}


@pytest.mark.parametrize(("play", "told"), FAILS.values(), ids=FAILS)
async def test_what_does_not_fit_fails_with_the_talk_so_far(play: Any, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        async with chat(Shop) as c:
            await play(c)


async def test_a_failure_may_be_what_is_tested() -> None:
    async with chat(Shop, may_fail=True) as c:
        await c.hears("hi")
        _ = c.said
        await c.hears("break")
        c.says("Sorry, something went wrong on our side. Somebody will look at it.")
    assert c.fault
    assert (c.mode, c.fault.code) == ("parked", "flow_error")


async def test_effects_that_set_off_one_another_end() -> None:
    class Endless(Flow):
        table = (On("message", "start", "start", do="again"), On("done_step", "start", "start", do="again"))

        def again(self, turn: Turn) -> None:
            turn.effect("step")

        @effect
        async def step(call: Effect) -> None: ...

    with pytest.raises(AssertionError, match="50 effects set off one another"):
        async with chat(Endless) as c:
            await c.hears("hi")


async def test_the_transcript_tells_what_happened_beside_what_was_said() -> None:
    async with chat(Shop) as c:
        await c.hears("person")
        _ = c.said
        await c.later(minutes=90)
        await c.later(days=2)
        c.restarts()
        await c.is_handed_back("paid")
        _ = c.said
    lines = [each for each in c.transcript.splitlines() if each[0] in "~>"]
    assert lines == ["> person", "~ a person: wanted", "~ 90m", "~ 48h", "~ restart", "~ back: paid"]


async def test_an_effect_that_no_flow_has_cannot_be_answered() -> None:
    with pytest.raises(AssertionError, match=r"there is no effect 'lokup'; wanted: \['lookup'\]"):
        chat(Shop).answers("lokup", 1)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([Shop], r"one by one, as in chat\(Booking, Menu\)"),
        (test_events_and_people, "test_events_and_people is no flow: put @flow"),
        (int, "int is no flow: derive it from Flow"),
    ],
)
def test_what_is_no_flow_is_told(given: Any, told: str) -> None:
    with pytest.raises(FlowError, match=told):
        chat(given)
