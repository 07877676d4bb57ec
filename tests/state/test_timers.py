"""Timers fire once, when they are due, and end with their flow run."""

import asyncio

from msgspec.structs import replace

from state import timers
from state.model.event import TimerFired
from state.model.turn import Played, SetTimer, Snapshot
from state.store import Store
from state.turned import Turned, commit
from tests.state.acts import accept, count, message, rows, take, turned

SOON = (SetTimer("nag", 10), SetTimer("close", 20))


async def play(store: Store, key: str, played: Played, urn: str = "tel:1") -> Turned:
    """Let a customer write and a turn decide something."""
    await accept(store, message(key, urn))
    (taken,) = await take(store)
    turn = replace(turned(taken), played=played)
    await store.write(commit, turn)
    return turn


def run(number: int, *timers: SetTimer, cancels: tuple[str, ...] = ()) -> Played:
    return Played(Snapshot("f", "1", number), timers=timers, cancels=cancels)


SECOND_TURNS = [
    ("kept", run(1), [("close", 20), ("nag", 10)]),
    ("replaced", run(1, SetTimer("nag", 30)), [("close", 20), ("nag", 30)]),
    ("cancelled", run(1, cancels=("close",)), [("nag", 10)]),
    ("set twice", run(1, SetTimer("nag", 30), SetTimer("nag", 40)), [("close", 20), ("nag", 40)]),
    ("cancelled and set", run(1, SetTimer("nag", 30), cancels=("nag",)), [("close", 20), ("nag", 30)]),
    ("ended with the run", run(2), []),
    ("ended, and new ones set", run(2, SetTimer("nag", 30)), [("nag", 30)]),
]


async def test_timers_are_kept_by_name_until_their_run_ends(store: Store) -> None:
    left: dict[str, list[tuple[str, int]]] = {}
    for n, (why, second, _) in enumerate(SECOND_TURNS):
        await play(store, f"a{n}", run(1, *SOON), f"tel:{n}")
        turn = await play(store, f"b{n}", second, f"tel:{n}")
        found = await rows(store, "timer.conversation timer.name timer.due_at")
        left[why] = [(name, due) for owner, name, due in found if owner == turn.taken.id]
    assert left == {why: expected for why, _, expected in SECOND_TURNS}


async def test_a_due_timer_is_an_event_of_its_conversation_once(store: Store) -> None:
    turn = await play(store, "m1", run(1, *SOON))
    fired = await asyncio.gather(store.write(timers.fire, 15), store.write(timers.fire, 15))
    assert max(fired) == 1
    assert await store.write(timers.fire, 15) == 0
    (taken,) = await take(store)
    assert taken.id == turn.taken.id
    ((_, event),) = taken.events
    assert isinstance(event, TimerFired)
    assert (event.timer, event.run, event.at) == ("nag", 1, 10)
    assert await store.read(timers.NEXT) == [(20,)]


async def test_timers_fire_in_the_order_they_are_due(store: Store) -> None:
    await play(store, "m1", run(1, SetTimer("c", 30), SetTimer("a", 10), SetTimer("b", 20)))
    assert await store.write(timers.fire, 30) == 3
    (taken,) = await take(store)
    assert [getattr(event, "timer", "") for _, event in taken.events] == ["a", "b", "c"]
    assert await store.read(timers.NEXT) == [(None,)]


async def test_two_nodes_fire_each_timer_once(stores: tuple[Store, Store]) -> None:
    for n in range(20):
        await play(stores[0], f"m{n}", run(1, SetTimer("nag", n)), f"tel:{n}")
    fired = await asyncio.gather(*(store.write(timers.fire, 100) for store in stores for _ in range(2)))
    assert sum(fired) >= 20
    assert (await count(stores[0], "inbox"), await count(stores[0], "timer")) == (20, 0)


async def test_a_turn_that_begins_a_new_run_takes_no_other_s_timer_along(store: Store) -> None:
    for n in range(2):
        await accept(store, message(f"m{n}", f"tel:+1555010{n}"))
    one, two = await take(store)
    again = replace(one, snapshot=Snapshot("f", "1", 1))
    turns = [
        Turned(again, run(2, SetTimer("nag", 10)), (), 1),
        Turned(two, run(1, SetTimer("nag", 20)), (), 1),
    ]
    await asyncio.gather(*(store.write(commit, turn) for turn in turns))
    assert sorted(row[0] for row in await rows(store, "timer.due_at")) == [10, 20]
