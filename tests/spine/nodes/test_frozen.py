"""A node freezes in the middle of its work: the other takes over, and what the first does when it wakes is void."""

import asyncio
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gateway.wake import CHANNEL
from tests.spine.nodes.people import PEOPLE
from tests.spine.nodes.street import BEHIND, MOVABLE, OUT, TURNS, UNKNOWN, Street

LEASE = "SELECT lease_node, lease_epoch FROM conversation"
LOOKING = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'parley' AND state = 'idle in transaction' AND query LIKE '%fence%'"""
"""How many connections are between two statements of a transaction, the last of them having been about the fence."""
IDLE_SECONDS = 2
"""Seconds after which PostgreSQL ends such a transaction of ours."""


@pytest.mark.parametrize(
    ("order", "turns"), [("hold", 1), ("ring", 2)], ids=["a message's turn", "a timer's turn"]
)
async def test_a_turn_it_was_in_is_the_others(nodes: Street, tmp_path: Path, order: str, turns: int) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    nodes.b.freeze()
    posting = asyncio.create_task(nodes.a.says(1, f"{order} {gate}"))
    await nodes.until_one(
        f"SELECT count(*) FROM conversation WHERE lease_until > 0 AND lease_epoch = {turns}"
    )
    assert await nodes.rows(LEASE) == [("a", turns)]
    nodes.a.freeze()
    gate.unlink()
    nodes.b.thaw()
    await nodes.quiet()
    assert (nodes.post.of(1), await nodes.rows(LEASE)) == ([f"1: {order}"], [("b", turns + 1)])
    nodes.a.thaw()
    assert (await posting, await nodes.a.says(1, "and now?")) == (200, 200)
    await nodes.quiet()
    assert nodes.post.of(1) == [f"1: {order}", "2: and now?"]
    assert await nodes.one(TURNS) == turns + 1


async def test_a_send_it_was_in_is_settled_by_the_other(nodes: Street) -> None:
    nodes.post.hanging = True
    assert await nodes.a.says(1, "hi") == 200
    await nodes.until_begun(1)
    (((name, epoch),)) = await nodes.rows("SELECT lease_node, lease_epoch FROM outbox")
    frozen = getattr(nodes, name)
    frozen.freeze()
    await nodes.until_one(UNKNOWN)
    nodes.post.answer()
    frozen.thaw()
    assert (epoch, await frozen.says(2, "are you awake?")) == (1, 200)
    await nodes.quiet()
    assert (nodes.post.of(1), nodes.post.of(2)) == (["1: hi"], ["1: are you awake?"])
    assert await nodes.one(UNKNOWN) == 1


async def test_what_was_suspended_meanwhile_it_does_not_send(nodes: Street) -> None:
    nodes.post.hanging = True
    nodes.b.freeze()
    for number in PEOPLE:
        assert await nodes.a.says(number, "hi", "ho") == 200
    await nodes.until_one(OUT, 40)
    nodes.a.freeze()
    nodes.b.thaw()
    _, told = await nodes.b.suspend()
    assert await nodes.one(BEHIND) == 0
    nodes.post.answer()
    nodes.a.thaw()
    await nodes.until_one(MOVABLE, 0)
    assert nodes.post.after(told) == []
    assert await nodes.one("SELECT count(*) FROM outbox") >= 20


async def test_a_send_it_was_connecting_for_does_not_begin_without_a_permit(shut: Street) -> None:
    shut.b.freeze()
    assert await shut.a.says(1, "hi") == 200
    await shut.until_connection("02")
    shut.a.freeze()
    shut.b.thaw()
    suspension, _ = await shut.b.suspend(channel="wa")
    await shut.door.open()
    await shut.until_connection("01")
    shut.a.thaw()
    await shut.until_one(MOVABLE, 0)
    assert shut.post.begun == []
    await shut.b.lift(suspension)
    await shut.quiet()
    assert shut.post.of(1) == ["1: hi"]


async def freeze_in_a_look(nodes: Street, redis_url: str) -> None:
    """Freeze node a between two statements of its look at the fence; it is made to look all the time.

    In the middle of a statement PostgreSQL waits for the rest of it without a limit; that is not what is tried here.
    """
    async with Redis.from_url(redis_url, protocol=3) as redis:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            await redis.publish(CHANNEL, "fence:")
            nodes.a.freeze()
            if await nodes.one(LOOKING) == 1:
                await asyncio.sleep(0.05)  # the other node's own look is over by then
                if await nodes.one(LOOKING) == 1:
                    return
            nodes.a.thaw()
    raise AssertionError("it never froze in a transaction")


async def test_a_look_it_was_in_holds_nobody_up(nodes: Street, redis_url: str) -> None:
    await freeze_in_a_look(nodes, redis_url)
    suspension, told = await asyncio.wait_for(nodes.b.suspend(channel="wa"), IDLE_SECONDS - 0.5)
    assert await nodes.b.says(1, "hi") == 200
    nodes.a.thaw()
    assert await nodes.a.says(2, "ho") == 200
    await nodes.until_one("SELECT count(*) FROM outbox WHERE state = 'held'", 2)
    assert nodes.post.after(told) == []
    await nodes.b.lift(suspension)
    await nodes.quiet()
    assert (nodes.post.of(1), nodes.post.of(2)) == (["1: hi"], ["1: ho"])
