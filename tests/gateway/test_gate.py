"""A command beside no gateway waits for nobody, but for one that has started meanwhile."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from gateway.fence import Fence, NobodysGate
from gateway.wake import Wake
from state import fences, suspensions
from state.model.suspension import Order, Scope
from state.sqlite import owned
from state.store import Store, sqlite_path
from tests.gateway.api.house import on_sqlite


async def test_a_gateway_that_starts_while_a_command_writes_is_waited_for(tmp_path: Path) -> None:
    sqlite = on_sqlite(tmp_path)
    store = Store(sqlite, owner=False)
    await store.open()
    nobody = NobodysGate(store, Wake(), partial(owned, sqlite_path(sqlite)))
    await store.aside(fences.extend, "one that was killed", 1, 60_000)
    order = Order(scope=Scope(), reason="a test")
    await nobody.settled((await store.write(suspensions.suspend, order, "ann")).epoch)
    gateway = await Store(sqlite).open()
    fence = Fence(gateway, Wake(), "a", 60)
    await fence.renew()
    made = await store.write(suspensions.suspend, order, "ann")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await nobody.settled(made.epoch)
    await fence.look()
    await nobody.settled(made.epoch)
    assert made in fence.suspensions
    await gateway.close()
    await store.close()
