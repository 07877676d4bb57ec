"""Whatever bot, whatever is said, wherever the process dies: all comes out as if it had not."""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations import engine
from conversations.loading import Source
from parley import Chosen, Location
from tests.conversations.random_bots import Sub, companies, scripts, tables
from tests.conversations.world import World

SAID = st.sampled_from(
    ("hello", "4", "3", "many", "stop", "back", "restart", "agent", Chosen("x", "This"), Location(1, 2))
)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), SAID),
        *[st.tuples(st.just("talk"), SAID)] * 4,
        st.tuples(st.just("wait"), st.sampled_from((1, 30, 100, 90_000))),
        st.tuples(st.just("settle")),
        st.tuples(st.just("hand_back")),
        st.tuples(st.just("fail")),
    ),
    min_size=6,
    max_size=14,
)
KILLS = st.lists(st.booleans(), min_size=10, max_size=40)


@pytest.fixture(autouse=True, scope="module")
def short_chains() -> Iterator[None]:
    """Bots that are made up often go round in circles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "CHAIN", 10)
        yield


def lived(bots: Sequence[Source], moves: Sequence[tuple[Any, ...]], kills: Iterator[bool]) -> World:
    world = World(lambda: (*bots, Sub), kills)
    world.hear("hello")
    for name, *given_ in moves:
        getattr(world, name)(*given_)
    world.settle()
    return world


def same_though_killed(bots: Sequence[Source], moves: Sequence[tuple[Any, ...]], kills: list[bool]) -> World:
    whole = lived(bots, moves, repeat(False))
    killed = lived(bots, moves, chain(kills, repeat(False)))
    assert killed.kept == whole.kept
    assert killed.back_end.orders == whole.back_end.orders
    assert killed.back_end.calls >= whole.back_end.calls
    return whole


@given(tables(), MOVES, KILLS)
@settings(max_examples=300, deadline=None)
def test_a_table_that_is_killed_anywhere_comes_to_the_same(
    bot: Source, moves: list[tuple[Any, ...]], kills: list[bool]
) -> None:
    same_though_killed([bot], moves, kills)


@given(scripts(), MOVES, KILLS)
@settings(max_examples=300, deadline=None)
def test_a_script_that_is_killed_anywhere_comes_to_the_same(
    bot: Source, moves: list[tuple[Any, ...]], kills: list[bool]
) -> None:
    same_though_killed([bot], moves, kills)


BETWEEN = st.lists(
    st.one_of(
        *[st.tuples(st.just("talk"), st.sampled_from(("other", "sub", "4", "hello")))] * 3,
        st.tuples(st.just("hear"), st.sampled_from(("other", "sub"))),
        st.tuples(st.just("wait"), st.sampled_from((1, 30, 100, 1_000))),
        st.tuples(st.just("settle")),
        st.tuples(st.just("hand_back")),
        st.tuples(st.just("fail")),
    ),
    min_size=6,
    max_size=14,
)


def test_bots_that_come_in_between_and_are_killed_anywhere_come_to_the_same() -> None:
    """Flows that wait for one another, keep what comes for them, and are put off, by turns."""
    waited = list[int]()

    @given(companies(), BETWEEN, KILLS)
    @settings(max_examples=200, deadline=None)
    def lives(bots: Sequence[Source], moves: list[tuple[Any, ...]], kills: list[bool]) -> None:
        waited.append(same_though_killed(bots, moves, kills).kept.deepest)

    lives()
    assert sum(depth > 0 for depth in waited) > len(waited) // 5
