"""An app's conversation is a numbered log: no number twice, none left out, nothing stored again."""

import asyncio

from state import activities
from state.contacts import Who
from state.store import Store
from tests.state.acts import accept, message


async def somebody(store: Store) -> Who:
    (who,) = (await accept(store, message("m1"))).who.values()
    return who


async def test_activities_are_numbered_from_one(store: Store) -> None:
    who = await somebody(store)
    numbers = [await store.write(activities.append, who.conversation, key, f'"{key}"') for key in "abc"]
    assert numbers == [1, 2, 3]
    assert await activities.after(store, who.conversation, 1) == [(2, '"b"'), (3, '"c"')]
    assert await activities.after(store, who.conversation, 0, limit=1) == [(1, '"a"')]


async def test_activities_of_one_commit_get_numbers_of_their_own(store: Store) -> None:
    who = await somebody(store)
    keys = [f"k{n}" for n in range(5)]
    numbers = await asyncio.gather(
        *(store.write(activities.append, who.conversation, key, "{}") for key in keys)
    )
    assert sorted(numbers) == [1, 2, 3, 4, 5]


async def test_an_activity_that_comes_again_keeps_its_number(store: Store) -> None:
    who = await somebody(store)
    again = await asyncio.gather(
        *(store.write(activities.append, who.conversation, "a", '"a"') for _ in range(3))
    )
    assert again == [1, 1, 1]
    assert len(await activities.after(store, who.conversation, 0)) == 1


async def test_two_nodes_that_append_at_once_leave_no_hole(stores: tuple[Store, Store]) -> None:
    who = await somebody(stores[0])
    numbers = [
        await asyncio.gather(
            *(store.write(activities.append, who.conversation, f"{n}{place}", "{}") for place, store in
              enumerate(stores))
        )
        for n in range(5)
    ]  # fmt: skip
    assert sorted(number for pair in numbers for number in pair) == list(range(1, 11))
