"""Contacts through the interface: made, read and corrected; nobody below the age of consent is made one."""

from typing import Any

import pytest
import sqlalchemy as sa

from state import contacts, tables
from state.statements import Query
from tests.gateway.api.house import House, Told

ADDRESS = {"channel": "phone", "address": "whatsapp:15550777"}


async def people(house: House) -> int:
    """How many contacts there are."""
    counted = Query(sa.select(sa.func.count()).select_from(tables.contact), "")
    return int((await house.gateway.store.read(counted))[0][0])


async def make(house: House, **known: str) -> Told:
    return await house.call("POST", "/contacts", ADDRESS | known)


async def test_a_contact_is_made_read_and_corrected(anywhere: House) -> None:
    told = await make(
        anywhere, name="Ann", locale="de-AT", country="AT", zone="Europe/Vienna", born="1990-05"
    )
    assert (told.status, told.body["team"], told.body["born"]) == (201, "default", "1990-05")
    path = f"/contacts/{told.body['id']}"
    changed = await anywhere.call("PATCH", path, {"born": "1990-05-17", "zone": "", "reason": "told us"})
    assert (changed.status, changed.body["born"], changed.body["zone"], changed.body["name"]) == (
        200, "1990-05-17", "", "Ann",
    )  # fmt: skip
    shown = (await anywhere.call("GET", path, key="consent:read")).body
    assert (shown["addresses"], shown["under_age"]) == (["whatsapp:15550777"], False)
    entry = (await anywhere.call("GET", "/audit")).body["items"][0]
    assert (entry["action"], entry["reason"]) == ("change_contact", "told us")
    assert entry["body"] == {"fields": ["born", "zone"]}
    again = await make(anywhere, name="Ann B.")
    assert (again.body["id"], again.body["name"], again.body["born"]) == (
        told.body["id"],
        "Ann B.",
        "1990-05-17",
    )


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"born": "2013", "country": "DE"}, "below 16 years: the age of consent in DE"),
        ({"born": "2015-01-01", "country": "US"}, "below 13 years: the age of consent in US"),
        ({"born": "2013"}, "below 16 years: the age that counts where no country is known"),
    ],
)
async def test_below_the_age_of_consent_no_contact_is_made(
    anywhere: House, known: dict[str, str], said: str
) -> None:
    told = await make(anywhere, **known)
    assert (told.status, told.body["code"], told.body["field"]) == (403, "under_age", "born")
    assert said in told.body["detail"]
    assert await people(anywhere) == 0


async def test_where_the_team_refuses_unknown_ages_a_date_of_birth_is_needed(house: House) -> None:
    await house.call("PATCH", "/teams/default", {"settings": {"unknown_age": "refuse"}})

    async def statuses() -> list[int]:
        return [(await make(house)).status, (await make(house, born="1990")).status]

    await house.becomes(statuses, lambda found: found == [403, 201])


async def test_a_date_of_birth_that_is_told_later_is_kept_and_shown_for_what_it_is(house: House) -> None:
    made = (await make(house)).body
    assert (await house.call("GET", f"/contacts/{made['id']}")).body["under_age"] is None
    assert (
        await house.call("PATCH", f"/contacts/{made['id']}", {"born": "2020", "country": "US"})
    ).status == 200
    assert (await house.call("GET", f"/contacts/{made['id']}")).body["under_age"] is True
    assert (await make(house)).status == 403


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"country": "UK"}, "country"),
        ({"country": "deu"}, "country"),
        ({"zone": "Europe/Wien"}, "zone"),
        ({"born": "1990-02-30"}, "born"),
        ({"born": "1990-5-1"}, "born"),
        ({"born": "3000"}, "born"),
        ({"locale": "de_"}, "locale"),
        ({"name": "a\0b"}, "name"),
        ({"age": 12}, "age"),
    ],
)
async def test_what_is_nothing_that_there_is_is_refused(
    house: House, asked: dict[str, Any], field: str
) -> None:
    made = (await make(house)).body
    for told in (await house.call("PATCH", f"/contacts/{made['id']}", asked), await make(house, **asked)):
        assert (told.status, told.body["code"], field in (told.body.get("field"), told.body["detail"])) == (
            422, "invalid_field", True,
        ), told  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"channel": "none"}, 404, "unknown_channel"),
        ({"address": "tel"}, 422, "invalid_address"),
        ({"address": "telegram:5"}, 422, "invalid_address"),
    ],
)
async def test_a_contact_needs_a_channel_and_an_address_it_reaches(
    house: House, asked: dict[str, str], status: int, code: str
) -> None:
    told = await make(house, **asked)
    assert (told.status, told.body["code"]) == (status, code)


async def test_a_contact_that_was_merged_is_changed_no_more(house: House) -> None:
    made = [(await make(house, address=urn)).body["id"] for urn in ("whatsapp:15550777", "tel:+15550777")]
    both = ["whatsapp:15550777", "tel:+15550777"]
    who = await house.gateway.store.write(contacts.find, "default", "phone", both)
    (lost,) = set(made) - {who.contact}
    told = [await house.call("PATCH", f"/contacts/{each}", {"name": "x"}) for each in (who.contact, lost)]
    assert [each.status for each in told] == [200, 409]
    assert who.contact in told[1].body["detail"]


async def test_a_contact_that_is_none_and_a_key_that_may_not_are_told(house: House) -> None:
    made = (await make(house)).body
    assert (await house.call("GET", f"/contacts/{'0' * 32}")).status == 404
    assert (await house.call("PATCH", f"/contacts/{'0' * 32}", {})).status == 404
    assert (await house.call("PATCH", f"/contacts/{made['id']}", {}, key="consent:read")).status == 403
