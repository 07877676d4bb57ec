"""Two processes on one PostgreSQL: both work, either may die or freeze, and what is suspended is so on both."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.spine.nodes.street import Street, street, until_hanging

TEXTS = [f"m{n}" for n in range(5)]
CUSTOMERS = range(20)
FREE = """SELECT count(*) FROM outbox AS o WHERE state <> 'held' AND NOT EXISTS (
    SELECT 1 FROM outbox AS h WHERE h.conversation = o.conversation AND h.id < o.id AND h.state = 'held')"""
"""The rows that are neither held nor wait behind one that is."""
LET_GO = """SELECT count(*) FROM decision WHERE body::jsonb->>'verdict' = 'send'"""


@pytest.fixture
async def nodes(tmp_path: Path, postgres_url: str, redis_url: str) -> AsyncIterator[Street]:
    """Give two running nodes."""
    async with street(tmp_path, postgres_url, redis_url) as made:
        yield made


async def write(nodes: Street, number: int) -> None:
    """A customer writes to both nodes by turns, each text when the one before was acknowledged."""
    turn = itertools.cycle((nodes.a, nodes.b))
    for text in TEXTS:
        while await next(turn).says(number, text) != 200:
            pass


def answers(count: int) -> list[str]:
    return [f"{n}: {text}" for n, text in enumerate(TEXTS[:count], 1)]


async def test_both_work_and_every_message_is_answered_once_in_its_order(nodes: Street) -> None:
    people: list[int] = []
    while len(people) < 400 and min(await nodes.a.turns(), await nodes.b.turns()) == 0:
        more = [len(people) + number for number in CUSTOMERS]
        await asyncio.gather(*(write(nodes, number) for number in more))
        await nodes.quiet()
        people += more
    assert {number: nodes.post.of(number) for number in people} == {number: answers(5) for number in people}
    assert min(await nodes.a.turns(), await nodes.b.turns()) > 0


async def test_a_webhook_that_comes_to_both_at_once_has_one_turn(nodes: Street) -> None:
    for number in CUSTOMERS:
        posts = [node.says(number, "hi") for node in (nodes.a, nodes.b, nodes.a)]
        assert await asyncio.gather(*posts) == [200, 200, 200]
    await nodes.quiet()
    assert {number: nodes.post.of(number) for number in CUSTOMERS} == {
        number: ["1: hi"] for number in CUSTOMERS
    }


@pytest.mark.parametrize("which", ["a", "b"])
async def test_when_one_is_killed_the_other_loses_and_doubles_nothing(nodes: Street, which: str) -> None:
    writing = [asyncio.create_task(write(nodes, number)) for number in CUSTOMERS]

    async def begun() -> int:
        return len(nodes.post.begun)

    await nodes.until(begun, lambda count: count >= 20)
    getattr(nodes, which).server.kill()
    await asyncio.gather(*writing)
    await nodes.quiet()
    unknown = await nodes.rows(
        "SELECT replace(id::text, '-', '') AS id FROM message WHERE outcome = 'unknown'"
    )
    sent = Counter(each.ours for each in nodes.post.begun)
    kept = await nodes.one("SELECT count(*) FROM message WHERE direction = 'out'")
    accepted = await nodes.one("SELECT count(*) FROM message WHERE direction = 'out' AND accepted > 0")
    assert (kept, accepted + len(unknown)) == (100, 100)
    assert set(sent.values()) == {1}
    assert len(sent) >= 100 - len(unknown)
    for number in CUSTOMERS:
        said = [text for text in answers(5) if text in nodes.post.of(number)]
        assert nodes.post.of(number) == said


async def test_after_a_suspension_nothing_leaves_either_node_until_it_is_lifted(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    async with street(tmp_path, postgres_url, redis_url, pace="200") as nodes:
        many, people = [f"m{n}" for n in range(25)], range(40)
        posts = [(nodes.a, nodes.b)[n % 2].says(n, *many) for n in people]
        assert set(await asyncio.gather(*posts)) == {200}
        queued = "SELECT count(*) FROM message WHERE direction = 'out'"
        await nodes.until(lambda: nodes.one(queued), lambda count: count == 1000)
        made = await nodes.a.call("/suspensions", {"scope": {"channel": "wa"}, "reason": "complaints"})
        returned = time.monotonic()
        await nodes.until(lambda: nodes.one(FREE), lambda left: left == 0)
        held = await nodes.one("SELECT count(*) FROM outbox")
        assert held > 100
        assert [each for each in nodes.post.begun if each.at > returned] == []
        assert len(nodes.post.begun) == 1000 - held
        await nodes.b.call(f"/suspensions/{made['id']}/lift", {"reason": "mended"})
        await nodes.quiet()
        expected = [f"{n}: {text}" for n, text in enumerate(many, 1)]
        assert all(nodes.post.of(number) == expected for number in people)
        first = "SELECT count(*) FROM (SELECT message FROM decision GROUP BY 1 HAVING count(*) > 1) AS t"
        assert await nodes.one(first) == len(people)
        assert await nodes.one(f"{LET_GO} AND id > (SELECT id FROM suspension)") >= held


async def test_a_node_that_froze_in_a_turn_commits_nothing_when_it_wakes(nodes: Street) -> None:
    nodes.b.freeze()
    posting = asyncio.create_task(nodes.a.says(1, "slow"))
    leased = "SELECT count(*) FROM conversation WHERE lease_node = 'a' AND lease_epoch > 0"
    await nodes.until(lambda: nodes.one(leased))
    nodes.a.freeze()
    nodes.b.thaw()
    await nodes.quiet()
    assert nodes.post.of(1) == ["1: slow"]
    nodes.a.thaw()
    assert await posting == 200
    await nodes.a.says(1, "and now?")
    await nodes.quiet()
    assert nodes.post.of(1) == ["1: slow", "2: and now?"]
    assert await nodes.one("SELECT count(*) FROM journal") == 2


async def test_a_node_that_froze_in_a_send_does_not_settle_what_another_has_settled(nodes: Street) -> None:
    nodes.post.hanging = True
    assert await nodes.a.says(1, "hi") == 200
    await until_hanging(nodes)
    ((name,),) = await nodes.rows("SELECT lease_node FROM outbox")
    frozen = getattr(nodes, name)
    frozen.freeze()
    unknown = "SELECT count(*) FROM message WHERE outcome = 'unknown' AND accepted = 0"
    await nodes.until(lambda: nodes.one(unknown))
    nodes.post.answer()
    frozen.thaw()
    assert await frozen.says(2, "are you awake?") == 200
    await nodes.quiet()
    assert (nodes.post.of(1), nodes.post.of(2)) == (["1: hi"], ["1: are you awake?"])
    assert await nodes.one(unknown) == 1


async def test_what_was_suspended_while_a_node_was_frozen_it_does_not_send_when_it_wakes(
    nodes: Street,
) -> None:
    nodes.post.hanging = True
    nodes.b.freeze()
    for number in CUSTOMERS:
        assert await nodes.a.says(number, "hi", "ho") == 200
    await nodes.until(
        lambda: nodes.one("SELECT count(*) FROM message WHERE direction = 'out'"), lambda n: n == 40
    )
    nodes.a.freeze()
    nodes.b.thaw()
    await nodes.b.call("/suspensions", {"scope": {}, "reason": "complaints"})
    returned = time.monotonic()
    nodes.post.answer()
    nodes.a.thaw()
    await nodes.until(lambda: nodes.one(FREE), lambda left: left == 0)
    assert [each.text for each in nodes.post.begun if each.at > returned] == []
    assert await nodes.one("SELECT count(*) FROM outbox") >= 20
