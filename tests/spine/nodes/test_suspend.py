"""A suspension binds both nodes before it is told: what has not begun by then stays until it is lifted."""

import asyncio

from tests.spine.nodes.street import BEHIND, MOVABLE, OUT, Street

PEOPLE, TEXTS = range(40), [f"m{n}" for n in range(25)]
DECIDED_TWICE = "SELECT count(*) FROM (SELECT message FROM decision GROUP BY 1 HAVING count(*) > 1) AS twice"
HELD = "SELECT count(*) FROM outbox WHERE state = 'held'"
LET_GO_SINCE = """SELECT count(DISTINCT message) FROM decision
    WHERE body::jsonb->>'verdict' = 'send' AND id > (SELECT id FROM suspension)"""


async def test_nothing_leaves_either_node_until_it_is_lifted(paced: Street) -> None:
    posts = [(paced.a, paced.b)[n % 2].says(n, *TEXTS) for n in PEOPLE]
    assert set(await asyncio.gather(*posts)) == {200}
    await paced.until_one(OUT, 1000)
    await paced.until(lambda: paced.both("sends"))
    suspension, told = await paced.a.suspend(channel="wa")
    await paced.until_one(MOVABLE, 0)
    kept, held = await paced.one("SELECT count(*) FROM outbox"), await paced.one(HELD)
    assert paced.post.after(told) == []
    assert (len(paced.post.begun), kept > 100, 0 < held <= len(PEOPLE)) == (1000 - kept, True, True)
    await paced.b.lift(suspension)
    await paced.quiet()
    expected = [f"{n}: {text}" for n, text in enumerate(TEXTS, 1)]
    assert {number: paced.post.of(number) for number in PEOPLE} == dict.fromkeys(PEOPLE, expected)
    assert await paced.one(DECIDED_TWICE) >= held
    assert await paced.one(LET_GO_SINCE) >= kept


async def test_a_send_that_is_still_connecting_when_it_is_told_does_not_begin(shut: Street) -> None:
    assert await shut.a.says(1, "hi") == 200
    await shut.until_connection("02")
    suspension, _ = await shut.b.suspend(channel="wa")
    await shut.door.open()
    await shut.until_one(MOVABLE, 0)
    assert shut.post.begun == []
    await shut.b.lift(suspension)
    await shut.quiet()
    assert shut.post.of(1) == ["1: hi"]


STAGE = "SELECT count(*) FROM suspension WHERE stage = '{}'"
CANCELED = "SELECT count(*) FROM message WHERE outcome = 'canceled' AND accepted = 0"


async def test_a_lift_that_discards_lets_nothing_go_by_either_node(paced: Street) -> None:
    posts = [(paced.a, paced.b)[n % 2].says(n, *TEXTS) for n in PEOPLE]
    await asyncio.gather(*posts)
    await paced.until_one(OUT, 1000)
    await paced.until(lambda: paced.both("sends"))
    made = await paced.a.call("/suspensions", {"scope": {"channel": "wa"}, "reason": "a fraud"})
    await paced.b.call(f"/suspensions/{made['id']}/lift", {"reason": "it was one", "held": "discard"})
    await paced.until_one(STAGE.format("clear"))
    await paced.quiet()
    begun = {each.ours for each in paced.post.begun}
    assert await paced.one(CANCELED) == 1000 - len(begun)
    assert await paced.one("SELECT count(*) FROM audit WHERE action = 'clear'") == 1
    assert await paced.a.says(1, "and now?") == 200
    await paced.quiet()
    assert paced.post.of(1)[-1].endswith("and now?")


async def test_what_was_announced_comes_into_force_once_on_both_nodes(nodes: Street) -> None:
    await nodes.a.call("/suspensions", {"scope": {"channel": "wa"}, "reason": "codes", "lead": 1})
    assert await nodes.a.says(1, "hi") == 200
    await nodes.until_begun(1)
    await nodes.until_one(STAGE.format("suspended"))
    await nodes.until_one(BEHIND, 0)
    for number, node in enumerate((nodes.a, nodes.b), 2):
        assert await node.says(number, "hi") == 200
    await nodes.until_one(HELD, 2)
    assert len(nodes.post.begun) == 1
    assert await nodes.one("SELECT count(*) FROM audit WHERE action = 'suspend'") == 1
