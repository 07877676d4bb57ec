"""A node is killed under load: the other goes on where it stopped, once its leases have run out."""

import asyncio
from collections import Counter

import pytest

from tests.spine.nodes.people import PEOPLE, TEXTS, answers, write
from tests.spine.nodes.street import Street

ENDS = """SELECT replace(id::text, '-', ''), outcome, accepted > 0 FROM message WHERE direction = 'out'"""


@pytest.mark.parametrize("which", ["a", "b"])
async def test_the_other_node_loses_and_doubles_nothing(nodes: Street, which: str) -> None:
    writing = [asyncio.create_task(write(nodes, number)) for number in PEOPLE]
    await nodes.until_begun(20)
    getattr(nodes, which).server.kill()
    await asyncio.gather(*writing)
    await nodes.quiet()
    ends = {ours: (outcome, taken) for ours, outcome, taken in await nodes.rows(ENDS)}
    unknown = {ours for ours, end in ends.items() if end == ("unknown", False)}
    sent = Counter(each.ours for each in nodes.post.begun)
    assert len(ends) == len(PEOPLE) * len(TEXTS)
    assert {end for ours, end in ends.items() if ours not in unknown} == {("", True)}
    assert ends.keys() - unknown <= sent.keys() <= ends.keys()
    assert set(sent.values()) == {1}
    for number in PEOPLE:
        assert nodes.post.of(number) == [text for text in answers() if text in nodes.post.of(number)]
