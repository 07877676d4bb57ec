"""What a preview of a suspension counts is what then is held, and what had left, for each kind of scope."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway import suspensions as loop
from state import tables
from state.statements import Query
from tests.gateway.api.house import CUSTOMER, House, on_sqlite, running
from tests.gateway.api.test_suspension_life import soon

TEMPLATE = {"type": "template", "name": "order_update", "language": "en", "category": "utility"}
SCOPES: list[tuple[dict[str, str], dict[str, int]]] = [
    ({}, {"app": 3, "phone": 2}),
    ({"team": "default"}, {"app": 3, "phone": 2}),
    ({"direction": "both"}, {"app": 3, "phone": 2}),
    ({"direction": "business_initiated"}, {"app": 3, "phone": 1}),
    ({"channel": "app"}, {"app": 3}),
    ({"channel": "phone", "direction": "business_initiated"}, {"phone": 1}),
    ({"sender": "15550100"}, {"phone": 2}),
    ({"contact": "ann"}, {"app": 2}),
    ({"contact": "ann", "channel": "phone"}, {}),
    ({"campaign": "sale"}, {"app": 1}),
    ({"template": "order_update"}, {"phone": 1}),
    ({"flow": "Desk"}, {"phone": 1}),
    ({"flow": "Desk", "direction": "business_initiated"}, {}),
]


@pytest.fixture
async def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A gateway whose every message is held: five that are due, and one for later."""
    monkeypatch.setattr(loop, "_POLL", 0.02)
    async with running(tmp_path, on_sqlite(tmp_path)) as house:
        await suspend(house, {})
        await house.send("one", "inapp:ann")
        await house.send("two", "inapp:ann")
        await house.send("a sale", "inapp:bob", campaign="sale")
        await house.send("later", "inapp:cid", at=soon(9_000), valid=20_000)
        await house.send("", "whatsapp:15550177", channel="phone", content=TEMPLATE)
        await house.hears("hi", CUSTOMER)
        await when(house, lambda found: sum(found.values()) == 5)
        yield house


async def suspend(house: House, scope: dict[str, str]) -> str:
    told = await house.call("POST", "/suspensions", {"scope": scope, "reason": "a test"})
    assert told.status == 201, told
    return str(told.body["id"])


async def waiting(house: House) -> Counter[str]:
    """How many due messages wait, by channel."""
    c = tables.outbox.c
    rows = await house.gateway.store.read(Query(sa.select(c.channel).where(c.state != "later"), ""))
    return Counter(row[0] for row in rows)


async def when(house: House, is_so: Any) -> None:
    await house.becomes(lambda: waiting(house), is_so)


async def named(house: House, scope: dict[str, str]) -> dict[str, str]:
    """A scope with the id of a contact in place of its name."""
    if "contact" not in scope:
        return scope
    c = tables.address.c
    query = Query(sa.select(c.contact).where(c.urn == f"inapp:{scope['contact']}"), "")
    return scope | {"contact": (await house.gateway.store.read(query))[0][0]}


async def preview(house: House, scope: dict[str, str]) -> dict[str, Any]:
    told = await house.call("POST", "/suspensions/preview", {"scope": scope})
    assert told.status == 200, told
    return {each["channel"]: each for each in told.body["channels"]}


def counted(found: dict[str, Any], what: str) -> dict[str, int]:
    return {name: each[what] for name, each in found.items() if each[what]}


@pytest.mark.parametrize(("scope", "stops"), SCOPES, ids=[str(scope) for scope, _ in SCOPES])
async def test_a_preview_is_what_is_held_and_what_had_left(
    full: House, scope: dict[str, str], stops: dict[str, int]
) -> None:
    whole = (await full.call("GET", "/suspensions")).body["items"][0]["id"]
    scope = await named(full, scope)
    assert counted(await preview(full, scope), "held") == stops
    made = await suspend(full, scope)
    await full.call("POST", f"/suspensions/{whole}/lift", {"reason": "over"})
    await when(full, lambda found: found == stops)
    listed = (await full.call("GET", f"/suspensions/{made}/held")).body["items"]
    assert Counter(each["channel"] for each in listed if each["state"] != "later") == stops
    assert counted(await preview(full, scope), "sent") == {}
    await full.call("POST", f"/suspensions/{made}/lift", {"reason": "over"})
    await when(full, lambda found: not found)
    assert counted(await preview(full, scope), "sent") == stops
    assert counted(await preview(full, scope), "held") == {}


async def test_a_preview_of_a_part_names_only_the_channels_where_something_would_stop(full: House) -> None:
    assert list(await preview(full, await named(full, {"contact": "ann"}))) == ["app"]
    assert sorted(await preview(full, {"team": "default"})) == ["app", "phone"]
