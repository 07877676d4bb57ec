"""What detectors find is told to the team before it is held; a ratio suspends by repetition."""

from typing import Any

import sqlalchemy as sa

from admin import suspensions as operations
from state import consent_tables, tables
from state import traffic as rows
from state.model.ids import now_ms
from state.traffic import HOUR, Counted, hour_of
from tests.gateway.api.house import ALLOWED
from tests.spine.house import House
from tests.spine.test_traffic import history, signals

TEMPLATE = {"type": "template", "name": "hello", "language": "en", "category": "utility"}


async def stages(house: House) -> list[Any]:
    c = consent_tables.suspension.c
    return await house.rows(sa.select(c.stage, c.key).order_by(c.id))


async def send(house: House, number: int) -> str:
    asked = {"to": f"whatsapp:491519{number}", "channel": "wa", "content": TEMPLATE, "consent": ALLOWED}
    told = await house.call("POST", "/messages", asked)
    assert told.status == 202, told
    return str(told.body["id"])


async def status(house: House, message: str) -> Any:
    return (await house.call("GET", f"/messages/{message}")).body["status"]


async def test_the_notice_of_an_attack_comes_before_the_hold(house: House) -> None:
    await history(house, new_recipients=500)
    await house.gateway.detecting.round(now_ms())
    found = await house.when(lambda: stages(house))
    assert [tuple(each) for each in found] == [("noticed", "detectors:wa")]
    (told,) = (await house.call("GET", "/suspensions")).body["items"]
    assert (told["ground"], told["scope"]["direction"]) == ("suspected_fraud", "business_initiated")
    assert "510 people who had never written" in told["notice"]
    first = await send(house, 1)
    await house.quiet()
    assert await status(house, first) == "accepted"
    await operations.enforce(house.gateway.means(), told["id"])  # as the clock does when the time is over
    second = await send(house, 2)
    await house.when(house.queue, lambda queue: [row[1] for row in queue] == ["held"])
    assert await status(house, second) == "queued"


async def test_who_takes_the_notice_back_is_not_asked_again_for_a_day(house: House) -> None:
    await history(house, new_recipients=500)
    await house.gateway.detecting.round(now_ms())
    await house.when(lambda: stages(house))
    (made,) = (await house.call("GET", "/suspensions")).body["items"]
    assert (
        await house.call("POST", f"/suspensions/{made['id']}/withdraw", {"reason": "a sale"})
    ).status == 200
    await house.set(tables.signal, key="detector:of an hour before")
    await house.gateway.detecting.round(now_ms())
    assert await signals(house) == {"new_recipients": "NOTE"}
    assert [each[0] for each in await stages(house)] == ["clear"]


async def test_a_ratio_suspends_when_it_comes_in_three_hours_of_a_day(house: House) -> None:
    store, now = house.gateway.store, now_ms()
    for hour in range(3):
        at = hour_of(now) + hour * HOUR + 1_800_000
        await store.write(
            rows.add, "n1", hour_of(at), [Counted("wa", "accepted", 100), Counted("wa", "failed", 90)]
        )
        await house.gateway.detecting.round(at)
        await house.when(
            lambda: house.rows(sa.select(tables.signal.c.judged)), lambda found: all(row[0] for row in found)
        )
        assert len(await stages(house)) == (hour == 2)
    assert (await stages(house))[0][0] == "suspended"
