"""Two processes on one PostgreSQL share the work, and no message is answered by both."""

import asyncio

from tests.spine.nodes.people import PEOPLE, answers, write
from tests.spine.nodes.street import TURNS, Street


async def test_both_work_and_every_message_is_answered_once_in_its_order(nodes: Street) -> None:
    people: list[int] = []
    while len(people) < 400 and await nodes.both("turns") == 0:
        more = [len(people) + number for number in PEOPLE]
        await asyncio.gather(*(write(nodes, number) for number in more))
        await nodes.quiet()
        people += more
    assert {number: nodes.post.of(number) for number in people} == {number: answers() for number in people}
    assert await nodes.both("turns") > 0
    assert await nodes.a.counted("turns") + await nodes.b.counted("turns") == await nodes.one(TURNS)


async def test_a_webhook_that_comes_to_both_at_once_has_one_turn(nodes: Street) -> None:
    for number in PEOPLE:
        posts = [node.says(number, "hi") for node in (nodes.a, nodes.b, nodes.a)]
        assert await asyncio.gather(*posts) == [200, 200, 200]
    await nodes.quiet()
    assert {number: nodes.post.of(number) for number in PEOPLE} == {number: ["1: hi"] for number in PEOPLE}
    assert await nodes.one(TURNS) == len(PEOPLE)
