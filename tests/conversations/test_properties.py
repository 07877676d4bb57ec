"""Whatever comes, in whatever order: a turn never raises, and does not depend on how events were bundled."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.orders import Orders
from parley import STAY, Choice, Chosen, Flow, Location, Media, On, Turn, effect
from parley import Effect as Call
from state.model import event as happened
from state.model.content import Content, Text
from state.model.event import Event
from state.model.receipts import Fault
from state.model.turn import Played, Snapshot
from tests.conversations.kit import Talk

NAMES = ("menu", "number", "looking", "nudge", "lookup", "track", "agent", "end", "fail", "loop")


class Wild(Flow):
    """Does what the customer types, be it wise or not."""

    table = (
        On("message", "start", STAY, when="is_short", do="act"),
        On("message", ("start", "other"), "other", do="act"),
        On("chosen_end", "*", "end"),
        On("timer_nudge", "other", "start", do="act"),
        On("done_lookup", "*", STAY, do="act"),
        On("loop", "*", STAY, do="act"),
    )
    final = ("end",)
    count: int = 0
    words: list[str] = []

    def is_short(self, turn: Turn) -> bool:
        return len(turn.text) < 3

    def act(self, turn: Turn) -> None:
        self.count += 1
        self.words = [*self.words, turn.text][-3:]
        turn.say(f"{self.count} {turn.text or turn.result}")
        actions: dict[str, Any] = {
            "nudge": lambda: turn.timer("nudge", after=self.count),
            "number": lambda: turn.cancel("nudge"),
            "lookup": lambda: turn.effect("lookup", word=turn.text),
            "agent": lambda: turn.hand_over(turn.text),
            "end": turn.end,
            "loop": lambda: turn.then("loop"),
            "fail": lambda: int("none"),
        }
        actions.get(turn.text, lambda: None)()

    @effect
    async def lookup(call: Call, word: str) -> str:
        return word


def contents() -> st.SearchStrategy[Content]:
    typed: st.SearchStrategy[Content] = st.builds(
        Text, st.sampled_from(NAMES) | st.text(max_size=5) | st.integers(0, 99).map(str)
    )
    chosen: st.SearchStrategy[Content] = st.builds(
        Chosen, st.sampled_from(("track", "picture", "agent", "end", "x"))
    )
    others: list[Content] = [Location(1, 2), Media("image", ref="r"), Choice("odd", ())]
    return typed | chosen | st.sampled_from(others)


def events() -> st.SearchStrategy[Event]:
    base = {"key": st.uuids().map(str), "at": st.integers(0, 2**41)}
    fault = st.none() | st.builds(Fault, st.text(max_size=3))
    names, runs = st.sampled_from(NAMES), st.integers(0, 3)
    return st.one_of(
        st.builds(happened.MessageReceived, **base, provider_id=st.text(max_size=3), content=contents()),
        st.builds(happened.TimerFired, **base, timer=names, run=runs),
        st.builds(
            happened.EffectDone,
            **base,
            effect=names,
            effect_id=st.just("e"),
            result=st.dictionaries(st.sampled_from(("order", "state")), st.text(max_size=3)) | st.none(),
            fault=fault,
            run=runs,
        ),
        st.builds(happened.HandedBack, **base),
        st.builds(happened.Started, **base),
        st.builds(happened.Reacted, **base, provider_id=st.just("p"), target=st.just("t")),
        st.builds(happened.ClientEvent, **base, event_name=names),
        st.builds(happened.OptedOut, **base),
    )


def snapshots() -> st.SearchStrategy[Snapshot]:
    return st.builds(
        Snapshot,
        flow=st.sampled_from(("", "Wild", "Orders", "Gone")),
        version=st.sampled_from(("old", Wild.plan.version, Orders.plan.version)),
        run=st.integers(0, 3),
        state=st.sampled_from(("", "start", "other", "menu", "number", "end", "gone")),
        data=st.dictionaries(st.sampled_from(("count", "words", "odd")), st.integers() | st.text(max_size=2)),
        mode=st.sampled_from(("bot", "person", "parked")),
    )


FLOWS = st.sampled_from((Wild, Orders))


@given(snapshots(), st.lists(events(), max_size=8))
@settings(max_examples=150, deadline=None)
def test_no_state_and_no_events_raise_out_of_a_turn(snapshot: Snapshot, waiting: list[Event]) -> None:
    talk = Talk(Wild, Orders, snapshot=snapshot)
    played = talk.play(*waiting)
    assert msgspec.json.decode(msgspec.json.encode(played), type=Played) == played
    assert (played.fault is not None) <= (talk.at.mode == "parked")


@given(FLOWS, st.lists(events(), max_size=10))
@settings(max_examples=150, deadline=None)
def test_events_played_one_by_one_and_together_come_to_the_same(
    flow: type[Flow], waiting: list[Event]
) -> None:
    together, one_by_one = Talk(flow), Talk(flow)
    at_once = together.play(*waiting)
    each = [one_by_one.play(event) for event in waiting]
    assert together.at == one_by_one.at
    assert at_once.says == tuple(said for played in each for said in played.says)
    assert at_once.steps == tuple(step for played in each for step in played.steps)
    assert len(at_once.effects) == sum(len(played.effects) for played in each)
