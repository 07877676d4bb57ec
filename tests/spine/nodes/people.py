"""Customers who write to both nodes, and what they must be answered."""

import itertools

from tests.spine.nodes.street import Street

TEXTS = [f"m{n}" for n in range(5)]
PEOPLE = range(20)


async def write(nodes: Street, number: int) -> None:
    """A customer writes to both nodes by turns, each text when the one before was acknowledged."""
    turn = itertools.cycle((nodes.a, nodes.b))
    for text in TEXTS:
        while await next(turn).says(number, text) != 200:
            pass


def answers() -> list[str]:
    """What a customer must be answered, in order."""
    return [f"{n}: {text}" for n, text in enumerate(TEXTS, 1)]
