"""Stopping waits for work, not for those who only listen."""

from pathlib import Path

from tests.gateway.api.house import CUSTOMER, on_sqlite, running


async def test_a_page_that_is_left_open_does_not_hold_the_end_up(tmp_path: Path) -> None:
    made = running(tmp_path, on_sqlite(tmp_path), demo=True, shutdown_seconds=600)
    house = await made.__aenter__()
    stream = await house.session.get(f"{house.url}/simulator/api/phone/{CUSTOMER}/events")
    await house.gateway.stop()
    assert await stream.read() == b""
    await house.session.close()
