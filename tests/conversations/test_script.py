"""Scripts: one async function a conversation, played again for each event, without a word said or a call made twice."""

from typing import Any

from conversations import engine
from conversations.router import Router
from parley import (
    Effect,
    EffectFailed,
    Location,
    NotUnderstood,
    Reacted,
    Talk,
    Text,
    TimedOut,
    chat,
    days,
    effect,
    flow,
    hours,
    read,
)
from state.model.turn import Snapshot
from tests.conversations.kit import CUSTOMER, NOW, notes, said, words


@effect
async def reserve(call: Effect, people: int) -> str:
    return f"R{people}"


@flow(keywords=("book",), help="I book tables.", busy="One moment.", apology="Oh no.")
async def booking(talk: Talk) -> None:
    """Book a table."""
    people = await talk.ask("For how many people?", read.number(1, 20))
    if not await talk.ask(f"{people} people, right?", read.yes_no()):
        talk.say("Then not.")
        return
    try:
        talk.say(f"Booked: {await talk.do(reserve, people=people)}")
    except EffectFailed as error:
        talk.say(f"Not booked: {error.reason}")


async def test_a_script_is_played_from_question_to_question() -> None:
    async with chat(booking) as c:
        await c.hears("book")
        c.says("For how many people?")
        await c.hears("many")
        c.says("Please type a number from 1 to 20.")
        await c.hears("4")
        c.says("4 people, right?", options=["Yes", "No"])
        assert (c.stands.flow, c.state, len(c.stands.data["entries"])) == ("booking", "4_people_right", 1)
        await c.taps("Yes")
        c.says("Booked: R4")
        assert c.stands == Snapshot(run=1)
        assert [(each.name, each.args) for each in c.called] == [("reserve", {"people": 4})]


async def test_it_is_the_same_after_a_restart_between_any_two_messages() -> None:
    async with chat(booking) as c:
        for word in ("book", "4", "no"):
            c.restarts()
            await c.hears(word)
            said = c.said
        assert said == [Text("Then not.")]


async def test_an_effect_that_fails_is_an_exception() -> None:
    async with chat(booking) as c:
        c.answers("reserve", ConnectionError("full"))
        for word in ("book", "4", "yes"):
            await c.hears(word)
            said = c.said
        assert said == [Text("Not booked: ConnectionError: full")]


def test_a_message_while_an_effect_runs_is_told_so_and_kept_out_of_the_next_question() -> None:
    router, stands = Router([booking]), Snapshot()
    for word in ("book", "4", "yes"):
        stands = engine.play(stands, [said(word)], CUSTOMER, router, NOW, "s").after
    assert stands.state == "do_reserve"
    played = engine.play(stands, [said("hello?")], CUSTOMER, router, NOW, "s")
    assert (words(played), notes(played), played.after.data) == (
        ["One moment."],
        [("", "unanswered")],
        stands.data,
    )


async def test_who_is_not_understood_gets_to_a_person() -> None:
    async with chat(booking) as c:
        await c.hears("book")
        c.says("For how many people?")
        for word in ("a", "b"):
            await c.hears(word)
            c.says("Please type a number from 1 to 20.")
        await c.hears("c")
        c.says("One moment, a colleague will answer.")
        assert (c.mode, c.stands.flow) == ("person", "")


async def test_a_script_may_decide_itself_what_follows_a_limit_and_a_time() -> None:
    @flow
    async def shy(talk: Talk) -> None:
        for _ in range(2):
            try:
                await talk.ask("Number?", read.number(), limit=1, within=hours(1), retry="Hm?")
            except NotUnderstood as error:
                talk.say(f"{error.said} is none.")
            except TimedOut:
                talk.say("Gone?")

    async with chat(shy) as c:
        await c.hears("hi")
        c.says("Number?")
        await c.hears("x")
        c.says("x is none.")
        c.says("Number?")
        await c.later(minutes=59)
        c.says_no_more()
        await c.later(minutes=1)
        c.says("Gone?")
        assert c.stands.flow == ""


async def test_an_answer_ends_the_timers_of_its_question() -> None:
    @flow
    async def quick(talk: Talk) -> None:
        await talk.ask("One?", within=60, remind=30, reminder="Still there?")
        await talk.ask("Two?")

    async with chat(quick) as c:
        await c.hears("hi")
        c.says("One?")
        await c.later(seconds=30)
        c.says("Still there?")
        c.says("One?")
        await c.hears("1")
        c.says("Two?")
        await c.later(days=1)


async def test_a_run_that_nobody_goes_on_with_ends() -> None:
    @flow(expires=days(1))
    async def patient(talk: Talk) -> None:
        try:
            await talk.ask("Well?")
            await talk.ask("And?")
        except TimedOut:
            talk.say("Bye.")

    async with chat(patient) as c:
        await c.hears("hi")
        c.says("Well?")
        await c.later(hours=23)
        await c.hears("well")
        c.says("And?")
        await c.later(hours=23)
        c.says_no_more()
        await c.later(hours=1)
        c.says("Bye.")
        assert c.stands.flow == ""


async def test_time_and_chance_are_the_same_when_it_is_played_again() -> None:
    seen: list[tuple[int, float]] = []

    @flow
    async def lucky(talk: Talk) -> None:
        at, luck = talk.now, talk.random.random()
        await talk.sleep(hours(2))
        await talk.ask(f"{luck}?")
        seen.append((talk.now - at, luck - talk.random.random()))
        await talk.ask("Go on?")
        seen.append((talk.now - at, 0))

    async with chat(lucky) as c:
        await c.hears("hi")
        await c.later(hours=3)
        first = c.said
        await c.later(hours=1)
        await c.hears("yes")
        c.says("Go on?")
        await c.hears("yes")
        assert [type(each) for each in first] == [Text]
        assert (seen[0], seen[1], seen[2][0]) == (seen[0], seen[0], hours(4) * 1000)
        assert seen[0][1] != 0


async def test_a_person_takes_over_and_gives_back_with_a_note() -> None:
    @flow
    async def helped(talk: Talk) -> None:
        note = await talk.hand_over("it is about money")
        talk.say(f"Settled: {note}")
        await talk.ask("More?")

    async with chat(helped) as c:
        await c.hears("hi")
        assert c.mode == "person"
        await c.hears("are you there?")
        c.says_no_more()
        await c.is_handed_back("paid")
        c.says("Settled: paid")
        c.says("More?")
        await c.hears("agent")
        c.says("One moment, a colleague will answer.")
        assert (c.mode, c.state) == ("person", "more")
        await c.is_handed_back()
        c.says("More?")


@flow(help="It is easy.")
async def two(talk: Talk) -> None:
    talk.say("Hello.")
    one = await talk.ask("One?", read.number())
    await talk.ask(f"Two, after {one}?")
    talk.say("Done.")


async def test_help_is_given_and_the_question_asked_again() -> None:
    async with chat(two) as c:
        await c.hears("hi")
        c.says("Hello.")
        c.says("One?")
        await c.hears("HELP!")
        c.says("It is easy.")
        c.says("One?")


async def test_a_customer_goes_back_begins_anew_and_stops() -> None:
    async with chat(two) as c:
        await c.hears("hi")
        assert c.said == [Text("Hello."), Text("One?")]
        await c.hears("back")
        c.says("One?")
        await c.hears("1")
        c.says("Two, after 1?")
        await c.hears("zurück")
        c.says("One?")
        await c.hears("2")
        c.says("Two, after 2?")
        await c.hears("start over")
        c.says("Hello.")
        c.says("One?")
        await c.hears("stop")
        c.says("All right, we stop here.")
        assert c.stands == Snapshot(run=1)


async def test_there_is_no_way_back_behind_what_a_back_end_did() -> None:
    @flow
    async def paid(talk: Talk) -> None:
        await talk.ask("How many?", read.number())
        await talk.do(reserve, people=1)
        await talk.ask("Receipt?", read.yes_no())

    async with chat(paid) as c:
        for word in ("hi", "1"):
            await c.hears(word)
            last = c.said
        await c.hears("back")
        assert c.said == last
        assert len(c.called) == 1


async def test_a_script_may_hear_the_words_itself() -> None:
    @flow(commands=())
    async def echo(talk: Talk) -> None:
        while True:
            talk.say(await talk.ask(""))

    async with chat(echo) as c:
        await c.hears("hi")
        for word in ("stop", "agent", "help"):
            await c.hears(word)
            c.says(word)


async def test_a_script_may_be_a_part_of_another() -> None:
    @flow
    async def name(talk: Talk) -> str:
        return await talk.ask("Your name?")

    @flow
    async def whole(talk: Talk) -> None:
        talk.say(f"{talk.opening} to you, {await name(talk)}.")

    async with chat(whole) as c:
        await c.hears("Hi")
        c.says("Your name?")
        await c.hears("Ada")
        c.says("Hi to you, Ada.")


async def test_answers_keep_their_type() -> None:
    found: list[Any] = []

    @flow
    async def typed(talk: Talk) -> None:
        for reader in (read.day(), read.amount(), read.location(), read.anything(), read.text()):
            found.append(await talk.ask("?", reader))

    async with chat(typed, locale="de") as c:
        await c.hears("hi")
        for answer in ("2027-03-01", "1,5", Location(1, 2), Location(3, 4), "x"):
            found.clear()
            _ = c.said
            await c.hears(answer)
    assert [str(each) for each in found[:2]] == ["2027-03-01", "1.5"]
    assert found[2:] == [Location(1, 2), Location(3, 4), "x"]


async def test_what_does_not_belong_to_the_question_is_noted() -> None:
    async with chat(booking) as c:
        await c.hears("book")
        c.says("For how many people?")
        before = c.stands
        await c.happens(Reacted(key="r", at=NOW, provider_id="1", target="2", emoji="x"))
        assert c.stands == before


def test_what_stands_in_a_finally_runs_when_the_script_ends_and_not_when_it_waits() -> None:
    @flow
    async def tidy(talk: Talk) -> None:
        try:
            await talk.ask("One?")
        finally:
            talk.say("Bye.")

    router = Router([tidy])
    first = engine.play(Snapshot(), [said("hi")], CUSTOMER, router, NOW, "s")
    second = engine.play(first.after, [said("1")], CUSTOMER, router, NOW, "s")
    assert (words(first), words(second), second.fault) == (["One?"], ["Bye."], None)
