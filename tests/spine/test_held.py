"""What is held is decided once, and waits until somebody acts."""

import sqlalchemy as sa

from state import consent_tables, tables
from state.statements import Write
from state.writer import Op
from tests.spine.house import House, text


async def test_what_waits_for_terms_is_decided_once_and_then_rests(house: House) -> None:
    def unaccepted() -> Op[None]:
        yield [(Write(sa.delete(consent_tables.acceptance), ""), ())]

    await house.gateway.store.alone(unaccepted)
    await house.gateway.channels.load()
    await house.hear(text(1, "hi"))
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held"])
    await house.hear(text(2, "hi"))
    await house.when(house.queue, lambda rows: [row[1] for row in rows] == ["held", "held"])
    assert await house.count(tables.decision) == 2
    assert house.graph.texts == []
