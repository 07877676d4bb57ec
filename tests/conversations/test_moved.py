"""A run of another version stands somewhere in this one, or it is told why not."""

import pytest

from conversations import engine
from conversations.router import Router
from conversations.script import Script
from parley import Flow, FlowChanged, FlowError, On, Question, Standing, Talk, flow, moved, read
from state.model.turn import Snapshot
from tests.conversations.kit import CUSTOMER, NOW, said


class Shop(Flow):
    start, final = "name", ("done",)
    asks = {"name": Question("Name?"), "age": Question("Age?", read.number())}
    table = (On("answered", "name", "age"), On("answered", "age", "done"))
    name: str = ""
    age: int = 0


class Next(Shop):
    @staticmethod
    def migrate(old: Standing) -> Standing:
        assert old.version == "one"
        return Standing("age", {"name": old.data["title"]})


class Wrong(Shop):
    @staticmethod
    def migrate(old: Standing) -> Standing:
        return old.state  # type: ignore[return-value]


@flow
async def one(talk: Talk) -> None:
    await talk.ask("One?")
    await talk.ask("Two?")


def test_states_and_fields_keep_where_they_fit() -> None:
    stood = Standing("age", {"name": "Ann", "gone": 0}, "one")
    assert moved(Shop, stood) == Standing("age", {"name": "Ann"}, Shop.plan.version)


@pytest.mark.parametrize(
    ("stood", "told"),
    [
        (Standing("town", {}), "Shop has no state 'town' to go on in"),
        (Standing("done", {}), "Shop has no state 'done' to go on in"),
        (Standing("age", {"age": "old"}, "one"), "Shop cannot keep age of one"),
        (Standing("age", {"count": 2}, "one"), "Shop has no field count any more, which one has filled"),
    ],
)
def test_what_does_not_fit_is_told(stood: Standing, told: str) -> None:
    with pytest.raises(FlowChanged, match=told):
        moved(Shop, stood)


def test_migrate_decides_where_a_run_stands() -> None:
    assert moved(Next, Standing("x", {"title": "Ann"}, "one")).data == {"name": "Ann"}
    with pytest.raises(KeyError):
        moved(Next, Standing("x", {}, "one"))
    with pytest.raises(FlowError, match=r"Wrong\.migrate gave a str, not a Standing"):
        moved(Wrong, Standing("x"))


def asking(words: str, name: str) -> Script:
    @flow
    async def asks(talk: Talk) -> None:
        await talk.ask(words, name=name)
        await talk.ask("Two?")

    return asks


def test_a_question_with_a_name_may_have_other_words() -> None:
    for name, fits in (("people", True), ("", False)):
        old, new = asking("How many?", name), asking("For how many?", name)
        stands = engine.play(Snapshot(), [said("hi")], CUSTOMER, Router([old]), NOW, "s").after
        stands = engine.play(stands, [said("4")], CUSTOMER, Router([old]), NOW, "s").after
        stood = Standing(stands.state, stands.data, old.version)
        if fits:
            assert moved(new, stood).state == "two"
        else:
            with pytest.raises(FlowChanged, match="step 1 is now 'for_how_many'"):
                moved(new, stood)


def test_a_script_moves_where_it_would_have_done_the_same() -> None:
    stands = Snapshot()
    for word in ("hi", "1"):
        stands = engine.play(stands, [said(word)], CUSTOMER, Router([one]), NOW, "s").after
    stood = Standing(stands.state, stands.data, "another")
    assert moved(one, stood) == Standing("two", stands.data, one.version)
    stood.data["mark"] += 1
    with pytest.raises(
        FlowChanged, match=r"one changed \(another->.*\) before where this run stands: step 2"
    ):
        moved(one, stood)
