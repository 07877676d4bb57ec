"""Suspensions through the interface: nothing leaves until they are lifted, and who did it is kept."""

import pytest

from tests.gateway.api.house import ANN, House, when


async def suspend(house: House, **scope: str) -> str:
    told = await house.call("POST", "/suspensions", {"scope": scope, "reason": "complaints"}, key="suspend")
    assert told.status == 201, told
    return str(told.body["id"])


async def test_what_is_suspended_is_held_and_leaves_in_order_when_it_is_lifted(anywhere: House) -> None:
    made = await suspend(anywhere, channel="app")
    queued = [await anywhere.send(str(n)) for n in range(5)]
    path = f"/messages/{queued[0]['id']}"
    held = await anywhere.until(path, lambda body: body["queue"] and body["queue"]["state"] == "held")
    assert (held["decisions"][0]["verdict"], held["decisions"][0]["code"]) == ("wait", "suspended")
    told = await anywhere.call("POST", f"/suspensions/{made}/lift", {"reason": "mended"})
    assert (told.status, told.body["lifted"] is None) == (200, False)
    found = [
        await anywhere.until(f"/messages/{each['id']}", lambda body: body["facts"]["sent"]) for each in queued
    ]
    times = [when(each["facts"]["sent"]) for each in found]
    assert times == sorted(times)


async def test_what_stands_behind_another_names_it(anywhere: House) -> None:
    made = await suspend(anywhere, channel="app")
    first, second = await anywhere.send("1"), await anywhere.send("2")
    await anywhere.until(f"/messages/{first['id']}", lambda body: body["queue"]["state"] == "held")
    shown = [(await anywhere.call("GET", f"/messages/{each['id']}")).body for each in (first, second)]
    assert [each["queue"]["behind"] for each in shown] == ["", first["id"]]
    await anywhere.call("POST", f"/suspensions/{made}/lift", {"reason": "mended"})
    left = await anywhere.until(f"/messages/{second['id']}", lambda body: body["facts"]["sent"])
    assert left["queue"] is None


async def test_a_suspension_is_shown_as_it_was_made(anywhere: House) -> None:
    asked = {"scope": {"channel": "app", "direction": "both"}, "reason": "<b>!", "ground": "legal"}
    made = (await anywhere.call("POST", "/suspensions", asked)).body
    (found,) = (await anywhere.call("GET", "/suspensions")).body["items"]
    assert found | {"in_flight": [], "unknown": []} == made
    assert found["scope"] == asked["scope"]
    assert (found["ground"], found["reason"], found["actor"]) == ("legal", "<b>!", "key admin")


async def test_only_what_is_in_force_is_listed_where_that_is_asked_for(house: House) -> None:
    first, second = await suspend(house, channel="app"), await suspend(house, team="default")
    await house.call("POST", f"/suspensions/{first}/lift", {"reason": "over"})
    every = (await house.call("GET", "/suspensions")).body["items"]
    held = (await house.call("GET", "/suspensions?in_force=true")).body["items"]
    assert [each["id"] for each in every] == [second, first]
    assert [each["id"] for each in held] == [second]


async def test_a_suspension_is_lifted_once(anywhere: House) -> None:
    made = await suspend(anywhere, channel="app")
    told = [await anywhere.call("POST", f"/suspensions/{made}/lift", {"reason": "over"}) for _ in range(2)]
    assert [(each.status, each.body.get("code")) for each in told] == [(200, None), (409, "conflict")]


@pytest.mark.parametrize(
    ("scope", "stopped"),
    [
        ({"channel": "app"}, ["app"]),
        ({"team": "default"}, ["app", "phone"]),
        ({}, ["app", "phone"]),
        ({"channel": "app", "direction": "business_initiated"}, ["app"]),
        ({"campaign": "sale"}, []),
        ({"channel": "app", "sender": "another"}, []),
    ],
)
async def test_channels_name_what_stops_them(house: House, scope: dict[str, str], stopped: list[str]) -> None:
    made = await suspend(house, **scope)
    found = (await house.call("GET", "/channels", key="looker")).body["items"]
    assert {each["id"]: each["suspensions"] for each in found} == {
        name: [made] if name in stopped else [] for name in ("app", "phone")
    }


async def test_a_suspended_contact_stops_nobody_else(house: House) -> None:
    first = await house.send(to=ANN)
    await house.until(f"/messages/{first['id']}", lambda body: body["facts"]["sent"])
    talk = (await house.call("GET", f"/conversations/{first['conversation']}")).body
    await suspend(house, contact=talk["contact"])
    held, free = await house.send(to=ANN), await house.send(to="inapp:dl_bob")
    await house.until(f"/messages/{free['id']}", lambda body: body["facts"]["sent"])
    found = await house.until(f"/messages/{held['id']}", lambda body: body["decisions"])
    assert (found["decisions"][0]["code"], found["facts"]["sent"]) == ("suspended", None)


NOBODY = [
    ({"team": "nosuch"}, "scope.team"), ({"contact": "somebody"}, "scope.contact"),
    ({"contact": "0" * 32}, "scope.contact"), ({"contact": "tel:+4915112340050"}, "scope.contact"),
    ({"contact": "tel:abc"}, "scope.contact"),
]  # fmt: skip


@pytest.mark.parametrize("path", ["/suspensions", "/suspensions/preview"])
@pytest.mark.parametrize(("scope", "field"), NOBODY)
async def test_a_suspension_of_nobody_is_refused(
    house: House, path: str, scope: dict[str, str], field: str
) -> None:
    asked = {"scope": scope} | ({} if path.endswith("preview") else {"reason": "his wish"})
    told = await house.call("POST", path, asked)
    assert (told.status, told.body["field"]) == (422, field)
    assert (await house.call("GET", "/suspensions")).body["items"] == []


async def test_a_contact_is_suspended_by_an_address_however_it_is_written(anywhere: House) -> None:
    asked = {"channel": "phone", "address": "whatsapp:4915112340050"}
    one = (await anywhere.call("POST", "/contacts", asked)).body["id"]
    made = await suspend(anywhere, contact="whatsapp:+4915112340050")
    found = (await anywhere.call("GET", f"/suspensions/{made}")).body
    assert found["scope"]["contact"] == one
    message = await anywhere.send(to="whatsapp:4915112340050", channel="phone")
    held = await anywhere.until(f"/messages/{message['id']}", lambda body: body["decisions"])
    assert held["decisions"][0]["code"] == "suspended"


@pytest.mark.parametrize("name", ["flow", "campaign", "template", "sender"])
async def test_a_name_that_nothing_is_known_by_is_told(house: House, name: str) -> None:
    asked = {"scope": {name: "Nosuch"}, "reason": "perhaps to come"}
    told = await house.call("POST", "/suspensions", asked)
    assert (told.status, told.body["unknown"]) == (201, [name])
    assert (await house.call("POST", "/suspensions/preview", {"scope": {name: "Nosuch"}})).body["unknown"]


async def test_names_that_something_is_known_by_are_not_told(house: House) -> None:
    sent = await house.send("a sale", campaign="sale")
    await house.until(f"/messages/{sent['id']}", lambda body: body["facts"]["sent"])
    for scope in ({"campaign": "sale"}, {"flow": "Desk"}, {"sender": "15550100"}):
        assert (await house.call("POST", "/suspensions/preview", {"scope": scope})).body["unknown"] == []
