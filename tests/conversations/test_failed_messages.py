"""A flow that is told of its messages that failed, and what the test kit plays of receipts."""

import pytest

from conversations.engine import play
from conversations.router import Router
from parley import STAY, Flow, On, Question, Turn, chat
from state.model.event import Event, MessageFailed, Notice, Receipt, ReceiptUpTo, Typing
from state.model.receipts import Fault
from tests.conversations.kit import CUSTOMER, NOW, notes, said, words


class Parcel(Flow):
    """Hears of failures."""

    table = (
        On("message", "start", STAY, say="Your parcel is here."),
        On("message_failed", "*", "lost", do="note"),
        On("message", "lost", ".", say="Found."),
    )

    def note(self, turn: Turn) -> None:
        turn.say(f"{turn.fault.code}: {turn.fault.reason}" if turn.fault else "?")


class Deaf(Flow):
    """Hears of none."""

    final = ("done",)
    asks = {"start": Question("Which parcel?")}
    table = (On("answered", "start", "done", say="Thank you."),)


async def test_a_flow_with_a_row_for_it_is_told_of_a_failure() -> None:
    async with chat(Parcel) as c:
        await c.hears("hi")
        c.says("Your parcel is here.")
        await c.fails("blocked", code="blocked")
        c.says("blocked: blocked")
        assert c.state == "lost"


class Errand(Parcel):
    """Lets another flow ask."""

    table = (On("message", "start", STAY, do="ask"), *Parcel.table[1:])

    def ask(self, turn: Turn) -> None:
        turn.say("Your parcel is here.")
        turn.begin(Deaf)


def test_a_flow_that_waits_is_told_when_it_goes_on() -> None:
    router = Router([Errand, Deaf])
    begun = play(router.bots[0].begin(1), [said("hi")], CUSTOMER, router, NOW, "s")
    event = MessageFailed(key="f", at=NOW, message_id="m", fault=Fault("c"), cause=begun.says[0].cause)
    waits = play(begun.after, [event], CUSTOMER, router, NOW, "t")
    assert (waits.says, notes(waits)) == ((), [("", "a flow waits for it")])
    after = play(waits.after, [said("the red one")], CUSTOMER, router, NOW, "u")
    assert words(after) == ["Thank you.", "c: "]
    assert (after.after.flow, after.after.state, after.after.stack) == ("Errand", "lost", ())


async def test_an_answer_to_a_failure_that_fails_too_opens_no_turn() -> None:
    async with chat(Parcel) as c:
        await c.hears("hi")
        c.says("Your parcel is here.")
        await c.fails()
        c.says("undeliverable: the number is not reached")
        await c.fails()
        assert len(c.transcript.splitlines()) == 3


async def test_a_flow_without_a_row_for_it_hears_nothing_of_a_failure() -> None:
    async with chat(Deaf) as c:
        await c.hears("hi")
        c.says("Which parcel?")
        before = c.stands
        await c.fails()
        assert c.stands == before


async def test_a_failure_without_a_message_is_no_test() -> None:
    with pytest.raises(AssertionError, match="no message is left that could fail"):
        await chat(Parcel).fails()


@pytest.mark.parametrize(
    "event",
    [
        Receipt(key="k", at=1, provider_id="p", status="delivered"),
        ReceiptUpTo(key="k", at=1, status="read", until=1),
        Notice(key="k", at=1, code="c"),
        Typing(key="k", at=1),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_what_no_flow_gets_cannot_happen_in_a_talk(event: Event) -> None:
    with pytest.raises(ValueError, match=r"no flow gets it: see chat\.fails"):
        await chat(Parcel).happens(event)


def test_a_failure_of_a_run_or_a_flow_that_has_ended_changes_nothing() -> None:
    router = Router([Parcel])
    begun = play(router.bots[0].begin(2), [said("hi")], CUSTOMER, router, NOW, "s")
    (say,) = begun.says
    for cause, note in (
        (say.cause.__class__(flow="Parcel", run=1), "of an ended run"),
        (say.cause.__class__(flow="Other", run=2), "of an ended flow"),
    ):
        event = MessageFailed(key="f", at=NOW, message_id="m", fault=Fault("c"), cause=cause)
        played = play(begun.after, [event], CUSTOMER, router, NOW, "t")
        assert (played.after, notes(played)) == (begun.after, [("", note)])
