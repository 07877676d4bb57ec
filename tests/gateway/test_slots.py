"""Slots go to those who wait in their order, and none is lost however a wait ends."""

import asyncio

from gateway.slots import Slots


async def wait(slots: Slots, seconds: float = 5) -> "asyncio.Task[bool]":
    """Somebody who waits for a slot, and has begun to."""
    task = asyncio.create_task(slots.wait(seconds))
    await asyncio.sleep(0)
    return task


async def test_a_slot_is_given_to_the_first_who_waits() -> None:
    slots = Slots(1)
    assert await slots.wait(0)
    first, second = await wait(slots), await wait(slots)
    slots.leave()
    assert await first
    assert not second.done()
    slots.leave()
    assert await second


async def test_who_waited_in_vain_holds_nothing() -> None:
    slots = Slots(1)
    slots.take()
    assert not await slots.wait(0)
    slots.leave()
    assert await slots.wait(0)


async def test_who_gave_up_before_or_after_the_slot_came_passes_it_on() -> None:
    for given in (False, True):
        slots = Slots(1)
        slots.take()
        gone, next_one = await wait(slots), await wait(slots)
        if given:
            slots.leave()
        gone.cancel()
        await asyncio.wait([gone])
        if not given:
            slots.leave()
        assert gone.cancelled()
        assert await next_one


async def test_more_than_there_are_can_be_taken_by_those_who_counted_before() -> None:
    slots = Slots(1)
    slots.take()
    slots.take()
    waiting = await wait(slots)
    slots.leave()
    await asyncio.sleep(0)
    assert not waiting.done()
    slots.leave()
    assert await waiting
