"""What binds sending besides consent: accepted terms, the tree of teams, and what is known of contacts."""

import asyncio
from collections.abc import Iterator

import pytest

from state import channels, contacts, people, teams, terms
from state.channels import Record
from state.model.address import lane_of
from state.model.ids import lane_of_id, new_id
from state.model.team import BadSettings, Circle, Team, above, checked, country_of, settings_of
from state.people import Person
from state.store import Store
from state.terms import Acceptance

WA = Record("wa", "whatsapp", "default", "123", "{}", b"", False, "", 7)


@pytest.fixture(params=["sqlite", "plain"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test on both engines."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


async def test_of_two_who_accept_a_version_the_first_stays(store: Store) -> None:
    ann, bob = Acceptance("wa", "v1", "ann", 5), Acceptance("wa", "v1", "bob", 6)
    found = [await store.alone(terms.accept, each) for each in (ann, bob)]
    assert found == [ann, ann]
    other = await store.alone(terms.accept, Acceptance("wa", "v2", "bob", 7))
    assert [Acceptance(*row) for row in await store.read(terms.OF, "wa")] == [ann, other]
    assert await store.read(terms.OF, "sms") == []


async def test_accepting_at_the_same_time_is_accepting_once(store: Store) -> None:
    many = [Acceptance("wa", "v1", f"admin {n}", n) for n in range(8)]
    found = await asyncio.gather(*(store.alone(terms.accept, each) for each in many))
    assert len(set(found)) == len(await store.read(terms.LIST)) == 1


async def test_a_name_that_is_used_again_has_accepted_nothing(store: Store) -> None:
    await store.write(channels.add, WA)
    await store.alone(terms.accept, Acceptance("wa", "v1", "ann", 5))
    await store.write(channels.remove, "wa", 9)
    await store.write(channels.add, WA)
    assert await store.read(terms.LIST) == []


SHOP = Team(id="shop", name="The shop", parent="default", country="AT", created_at=5)


async def test_a_team_is_kept_as_it_was_made_and_changed(store: Store) -> None:
    await store.alone(teams.add, SHOP)
    with pytest.raises(teams.Exists):
        await store.alone(teams.add, SHOP)
    assert teams.by_id(await store.read(teams.LIST)) == {"shop": SHOP}
    settings = {"unknown_age": "refuse", "gated": {"template:wine": 18}}
    changed = Team(id="shop", name="Shop", country="DE", settings=settings, created_at=5, active_since=8)
    await store.alone(teams.change, changed)
    await store.alone(teams.ensure, SHOP)
    assert teams.by_id(await store.read(teams.LIST)) == {"shop": changed}


async def test_the_team_of_a_first_channel_is_there_without_settings(store: Store) -> None:
    await store.write(channels.add, WA)
    (found,) = teams.by_id(await store.read(teams.LIST)).values()
    assert found == Team(id="default", name="default", created_at=7)


TREE = {
    "top": Team(
        id="top", name="", country="DE", settings={"unknown_age": "refuse", "sms_authorised": ("IN",)}
    ),
    "mid": Team(id="mid", name="", parent="top", settings={"unknown_age": "allow"}),
    "low": Team(id="low", name="", parent="mid", country="AT", settings={"unknown_country": "refuse"}),
}


@pytest.mark.parametrize(
    ("team", "over", "country", "holds"),
    [
        ("top", ("top",), "DE", {"unknown_age": "refuse", "sms_authorised": ("IN",)}),
        ("mid", ("mid", "top"), "DE", {"unknown_age": "allow", "sms_authorised": ("IN",)}),
        (
            "low",
            ("low", "mid", "top"),
            "AT",
            {"unknown_age": "allow", "sms_authorised": ("IN",), "unknown_country": "refuse"},
        ),
        ("none", ("none",), "", {}),
    ],
)
def test_what_a_team_has_not_set_it_has_from_the_one_above(
    team: str, over: tuple[str, ...], country: str, holds: dict[str, object]
) -> None:
    assert (above(TREE, team), country_of(TREE, team), settings_of(TREE, team)) == (over, country, holds)


def test_a_team_that_would_be_above_itself_is_found() -> None:
    ring = {
        name: Team(id=name, name="", parent=parent) for name, parent in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    with pytest.raises(Circle):
        above(ring, "a")
    with pytest.raises(Circle):
        above({"a": Team(id="a", name="", parent="a")}, "a")


async def test_what_is_known_of_a_contact_is_set_field_by_field(store: Store) -> None:
    who = await store.write(contacts.find, "default", "wa", ["whatsapp:1"], "Ann", "de")
    await store.alone(people.change, who.contact, {"born": "1990-05", "zone": "Europe/Vienna"})
    changed = await store.alone(people.change, who.contact, {"country": "AT", "zone": ""})
    assert changed[:7] == (who.contact, "default", "Ann", "de", "AT", "", "1990-05")
    rows = await store.read(people.ONE, who.contact, lane_of_id(who.contact))
    assert [Person(*row) for row in rows] == [changed]
    assert await store.read(people.OF_ADDRESS, "whatsapp:1", "default", lane_of("whatsapp:1")) == rows
    assert await store.read(people.OF_ADDRESS, "whatsapp:1", "shop", lane_of("whatsapp:1")) == []


async def test_a_contact_that_is_none_is_told(store: Store) -> None:
    with pytest.raises(people.Unknown):
        await store.alone(people.change, new_id(3), {"name": "Ann"})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"unknown_age": "perhaps"}, "Invalid enum value 'perhaps' - at `$.unknown_age`"),
        ({"curfew": "22:00"}, "unknown field `curfew`"),
        ({"caps": [{"purpose": "spam", "messages": 1, "hours": 1}]}, "`$.caps[0].purpose`"),
        ({"minimum_age": "18"}, "`$.minimum_age`"),
    ],
)
def test_a_setting_that_is_unknown_or_wrong_is_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(BadSettings) as told:
        checked(settings)
    assert said in str(told.value)
    assert checked({"unknown_age": "refuse", "minimum_age": None}) == {"unknown_age": "refuse"}
