"""What hooks are to be told, with two nodes at it."""

import asyncpg

from state import hooks
from state.store import Store
from tests.gateway.hooks.stand import terms


async def test_what_another_node_makes_deliveries_of_is_left_to_it(plain: str) -> None:
    store, other = await Store(plain).open(), await asyncpg.connect(plain)
    await store.write(hooks.told, terms())
    async with other.transaction():
        await other.execute("SELECT FROM occurrence FOR UPDATE")
        assert await store.write(hooks.fan_out, "urn:parley", 1) == 0
    assert await store.write(hooks.fan_out, "urn:parley", 1) == 1
    await other.close()
    await store.close()
