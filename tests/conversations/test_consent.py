"""Flows record what a customer allows, and ask what they have allowed: in the turn, and the same when replayed."""

import inspect
from pathlib import Path

import pytest
from msgspec.structs import replace

from conversations import engine
from conversations.check import check
from conversations.router import Router, compiled
from examples import double_opt_in as example
from examples.double_opt_in import ASKED, CONFIRMED, double_opt_in
from parley import Chat, Flow, On, Talk, Text, Turn, chat, flow, read
from state.model.turn import Permission, Snapshot
from tests.conversations.kit import CUSTOMER, NOW, said

NEW = Snapshot()


class Letters(Flow):
    """Records by words."""

    table = (On("message", "start", "=", do="hear"),)

    def hear(self, turn: Turn) -> None:
        if turn.text == "nothing shown":
            turn.consent("marketing", given=True)
        elif turn.text == "adverts":
            turn.consent("adverts", given=True, text="?")  # type: ignore[arg-type]
        elif turn.text in ("yes", "no"):
            turn.consent("marketing", given=turn.text == "yes", text="Letters?", evidence={"page": 3})
        turn.say("allowed" if turn.allows("marketing") else "not allowed")


async def test_an_inbound_message_records_nothing_by_itself() -> None:
    async with chat(Letters) as c:
        await c.hears("yes please, send me everything")
        c.says("not allowed")
        assert (c.permissions, c.consented("marketing")) == ([], False)


async def test_a_turn_records_what_was_shown_and_said_and_knows_it_from_then_on() -> None:
    async with chat(Letters) as c:
        for word, answer in (("yes", "allowed"), ("and now?", "allowed"), ("no", "not allowed")):
            await c.hears(word)
            c.says(answer)
            c.restarts()
        given, withdrawn = c.permissions
        version = compiled(Letters).version
        assert given == Permission(
            "marketing", True, "Letters?", {"page": 3}, given.event, "Letters", version
        )
        assert (withdrawn.given, c.consented("marketing")) == (False, False)


async def test_what_was_allowed_before_is_known() -> None:
    async with chat(Letters, allows=("marketing",)) as c:
        await c.hears("hi")
        c.says("allowed")
        assert c.consented("marketing")


async def test_of_several_answers_in_one_turn_the_last_counts() -> None:
    async with chat(Letters) as c:
        await c.hears("yes", "no", "yes")
        assert [each.text for each in c.said if isinstance(each, Text)] == [
            "allowed",
            "not allowed",
            "allowed",
        ]
        assert [each.given for each in c.permissions] == [True]


@pytest.mark.parametrize(
    ("word", "why"), [("nothing shown", "`text` is needed"), ("adverts", "'adverts' is no purpose")]
)
async def test_a_permission_without_proof_or_purpose_fails_the_flow(word: str, why: str) -> None:
    async with chat(Letters, may_fail=True) as c:
        await c.hears(word)
        assert c.fault is not None
        assert why in c.fault.reason
        _ = c.said
        assert c.permissions == []


def test_what_a_failing_event_has_recorded_never_happened() -> None:
    class Falls(Flow):
        table = (On("message", "start", "=", do="hear"),)

        def hear(self, turn: Turn) -> None:
            turn.consent("marketing", given=True, text="Letters?")
            raise RuntimeError("oh")

    played = engine.play(NEW, [said("hi")], CUSTOMER, Router([Falls]), NOW, "t")
    assert (played.permissions, played.after.mode) == ((), "parked")


@flow
async def outer(talk: Talk) -> None:
    """Begins the double opt-in, and knows afterwards what came of it."""
    await talk.begin(double_opt_in)
    talk.say("allowed" if talk.allows("marketing") else "not allowed")
    await talk.ask("Anything else?", read.text())
    talk.say("still allowed" if talk.allows("marketing") else "still not allowed")


async def answers(c: Chat, *words: str) -> None:
    for each in words:
        c.restarts()
        await c.hears(each)


async def test_only_the_second_yes_is_a_consent() -> None:
    async with chat(double_opt_in) as c:
        await answers(c, "offers")
        c.says(ASKED)
        await answers(c, "yes")
        c.says(CONFIRMED)
        assert not c.consented("marketing")
        first = c.now
        await c.later(hours=1)
        await answers(c, "yes")
        c.says("Thank you. Our offers will come here.")
        (made,) = c.permissions
        assert (made.text, made.evidence) == (f"{ASKED} {CONFIRMED}", {"first_yes_at": first})
        await answers(c, "offers")
        c.says("You get our offers already. Write STOP to end them.")


@pytest.mark.parametrize("words", [("no",), ("yes", "no")])
async def test_a_no_is_no_consent(words: tuple[str, ...]) -> None:
    async with chat(double_opt_in) as c:
        await c.hears("offers")
        _ = c.said
        for each in words:
            await c.hears(each)
            last = c.said[-1]
        assert (last, c.permissions) == (Text("All right, none will come."), [])


async def test_who_never_confirms_has_not_consented() -> None:
    async with chat(double_opt_in) as c:
        await c.hears("offers")
        _ = c.said
        await c.hears("yes")
        _ = c.said
        await c.later(days=3)
        c.says("All right, none will come.")
        assert c.permissions == []


async def test_the_flow_that_began_it_knows_at_once_and_the_same_when_it_is_played_again() -> None:
    async with chat(outer, double_opt_in) as c:
        await c.hears("hi")
        _ = c.said
        await answers(c, "yes")
        _ = c.said
        await answers(c, "yes")
        c.says("Thank you. Our offers will come here.")
        c.says("allowed")
        c.says("Anything else?")
        await answers(c, "no")
        c.says("still allowed")
        assert len(c.permissions) == 1


async def test_what_changes_outside_while_a_script_waits_is_known_from_the_next_event_on() -> None:
    @flow
    async def asks(talk: Talk) -> None:
        talk.say(f"{talk.allows('marketing')}")
        await talk.ask("One?", read.text())
        talk.say(f"{talk.allows('marketing')} {talk.customer.allows}")
        await talk.ask("Two?", read.text())
        talk.say(f"{talk.allows('marketing')}")

    async with chat(asks) as c:
        seen = list[str]()
        for allows in ((), ("marketing",), ()):
            c.customer = replace(c.customer, allows=allows)
            await answers(c, "on")
            seen += [each.text for each in c.said if isinstance(each, Text)]
    assert [each for each in seen if not each.endswith("?")] == ["False", "True ('marketing',)", "False"]


async def test_a_way_back_forgets_what_was_known_after_it() -> None:
    @flow
    async def asks(talk: Talk) -> None:
        await talk.ask("One?", read.text())
        await talk.ask("Two, as you allow it?" if talk.allows("marketing") else "Two?", read.text())

    async with chat(asks) as c:
        await c.hears("hi")
        c.says("One?")
        c.customer = replace(c.customer, allows=("marketing",))
        await answers(c, "1")
        c.says("Two, as you allow it?")
        c.customer = replace(c.customer, allows=())
        await answers(c, "back")
        c.says("One?")
        await answers(c, "1")
        c.says("Two?")
        await answers(c, "2")


def test_the_example_is_short_and_has_nothing_to_mend() -> None:
    assert len(Path(inspect.getsourcefile(example) or "").read_text().splitlines()) <= 40
    assert check(compiled(double_opt_in)) == []


async def test_marketing_of_a_script_says_so() -> None:
    @flow
    async def sells(talk: Talk) -> None:
        talk.say("Half price!", purpose="marketing")
        await talk.ask("", read.text())

    played = engine.play(NEW, [said("hi")], CUSTOMER, Router([sells]), NOW, "t")
    assert [each.cause.purpose for each in played.says] == ["marketing"]
