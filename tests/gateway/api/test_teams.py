"""Teams through the interface: a tree, and active only where the service is offered."""

from typing import Any

import pytest

from gateway.policy.offered import offered
from state.model.team_settings import TeamSettings
from tests.gateway.api.house import House, Told


async def made(house: House, name: str = "shop", **more: Any) -> Told:
    return await house.call("POST", "/teams", {"id": name, **more})


async def test_a_team_is_made_given_a_country_and_activated(anywhere: House) -> None:
    told = await made(anywhere, name="shop", parent="default", settings={"unknown_age": "refuse"})
    assert (told.status, told.body["active_since"]) == (201, None)
    refused = await anywhere.call("POST", "/teams/shop/activate", {})
    assert (refused.status, refused.body["code"], refused.body["field"]) == (409, "conflict", "country")
    changed = await anywhere.call("PATCH", "/teams/shop", {"country": "AT", "name": "Shop"})
    assert (changed.status, changed.body["country"], changed.body["name"]) == (200, "AT", "Shop")
    active = await anywhere.call("POST", "/teams/shop/activate", {})
    assert active.body["active_since"] is not None
    shown = (await anywhere.call("GET", "/teams/shop")).body
    assert (shown["above"], shown["holds"]) == (["default"], {"unknown_age": "refuse"})
    assert [each["id"] for each in (await anywhere.call("GET", "/teams")).body["items"]] == [
        "default",
        "shop",
    ]
    actions = [each["action"] for each in (await anywhere.call("GET", "/audit")).body["items"]]
    assert actions[:3] == ["activate_team", "change_team", "add_team"]


async def test_a_running_gateway_knows_a_team_and_all_above_it(anywhere: House) -> None:
    await made(anywhere, name="shop", parent="default", country="AT", settings={"unknown_age": "refuse"})
    await made(anywhere, name="stall", parent="shop")
    teams = anywhere.gateway.teams
    await anywhere.becomes(lambda: _later(teams.get("stall")), lambda team: team is not None)
    assert teams.above("stall") == ("stall", "shop", "default")
    assert teams.facts("stall") == ("AT", False, TeamSettings(unknown_age="refuse"))
    await anywhere.call("POST", "/teams/stall/activate", {})
    await anywhere.becomes(lambda: _later(teams.facts("stall").active), bool)
    assert (teams.above("none"), teams.facts("none").active) == (("none",), False)


async def _later(value: Any) -> Any:
    return value


@pytest.mark.parametrize("country", ["RU", "BR", "KP", "UK"])
async def test_a_team_is_not_activated_where_the_service_is_not_offered(house: House, country: str) -> None:
    assert country not in offered()
    await made(house, country=country)
    told = await house.call("POST", "/teams/shop/activate", {})
    assert (told.status, f"not offered in {country}" in told.body["detail"]) == (409, True)
    assert (await house.call("GET", "/teams/shop")).body["active_since"] is None


async def test_the_service_is_offered_in_58_countries_and_the_contact_centre_in_15() -> None:
    assert [len(offered(service)) for service in ("messaging", "contact_centre")] == [58, 15]


async def test_an_active_team_and_those_below_it_stay_where_the_service_is_offered(house: House) -> None:
    await made(house, country="DE")
    await made(house, name="stall", parent="shop")
    for name in ("shop", "stall"):
        assert (await house.call("POST", f"/teams/{name}/activate", {})).status == 200
    refused = await house.call("PATCH", "/teams/shop", {"country": "RU"})
    assert (refused.status, refused.body["field"]) == (422, "country")
    assert (await house.call("GET", "/teams/shop")).body["country"] == "DE"
    assert (await house.call("PATCH", "/teams/shop", {"country": "FR"})).status == 200


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"parent": "nowhere"}, "parent"),
        ({"parent": "stall"}, "parent"),
        ({"parent": "shop"}, "parent"),
        ({"country": "de"}, "country"),
        ({"country": "DEU"}, "country"),
        ({"settings": {"unknown_age": "perhaps"}}, "settings"),
        ({"settings": {"minimum_age": -5}}, "settings"),
        ({"settings": {"gated": {"template:wine": 121}}}, "settings"),
        ({"settings": {"caps": [{"purpose": "marketing", "messages": 1, "hours": 0}]}}, "settings"),
        ({"settings": {"detectors": {"new_recipients": {"leest": 1}}}}, "settings"),
        ({"settings": {"detectors": {"new_recipient": {"least": 1}}}}, "settings"),
        ({"settings": {"detectors": {"new_recipients": {"least": -1}}}}, "settings"),
        ({"settings": {"detectors": {"new_recipients": 7}}}, "settings"),
        ({"settings": {"curfew": "22:00"}}, "settings"),
        ({"settings": {"caps": [{"purpose": "spam", "messages": 1, "hours": 1}]}}, "settings"),
    ],
)
async def test_what_a_team_cannot_be_is_refused_with_the_field(
    house: House, asked: dict[str, Any], field: str
) -> None:
    await made(house)
    await made(house, name="stall", parent="shop")
    told = await house.call("PATCH", "/teams/shop", asked)
    assert (told.status, told.body["code"], told.body["field"]) == (422, "invalid_field", field)


async def test_an_unknown_setting_is_refused_with_those_there_are(house: House) -> None:
    await made(house)
    told = await house.call("PATCH", "/teams/shop", {"settings": {"curfew": "22:00"}})
    assert "there are: unknown_age, unknown_country, minimum_age, " in told.body["detail"]


async def test_a_name_is_given_once_and_a_team_that_is_none_is_told(house: House) -> None:
    told = [await made(house), await made(house), await house.call("GET", "/teams/none")]
    told += [
        await house.call("PATCH", "/teams/none", {}),
        await house.call("POST", "/teams/none/activate", {}),
    ]
    assert [each.status for each in told] == [201, 409, 404, 404, 404]
    assert (await house.call("POST", "/teams", {"id": "x"}, key="channels:write")).status == 403
