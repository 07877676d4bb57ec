"""Licences for content: kept until they are removed, also when they have ended, and known to the sender by heart."""

import pytest

from admin import consents
from admin.operations import OPERATOR, Actor, Denied, Refused
from gateway.licences import Licences
from gateway.policy import subjects
from gateway.wake import Wake
from state import audit, licences
from state.licences import NoLicence
from state.model.content import Component, Content, Media, Parameter, Template, Text
from state.model.ids import now_ms
from state.store import Store
from tests.state.acts import count

SALE = Template("sale", "en")
PHOTO = Media("image", stored="0" * 32)
WITH_PHOTO = Template("sale", "en", (Component("header", (Parameter(media=PHOTO),)),))
SOON = now_ms() + 3_600_000


@pytest.mark.parametrize(
    ("content", "used"),
    [
        (SALE, ["template:sale"]),
        (WITH_PHOTO, ["template:sale", "media:" + "0" * 32]),
        (PHOTO, ["media:" + "0" * 32]),
        (Media("image", url="https://x.example/a.png"), []),
        (Text("x"), []),
    ],
)
def test_a_content_uses_its_template_and_files_of_our_own(content: Content, used: list[str]) -> None:
    assert list(subjects(content)) == used


async def test_a_licence_is_known_once_it_is_loaded_and_only_to_its_team(store: Store) -> None:
    known = Licences(store, Wake())
    made = await consents.add_licence(store, OPERATOR, "default", "template:sale", {"note": "c"}, SOON)
    assert known.of("default", SALE) == ()
    await known.load()
    assert [(each.id, each.ends_at) for each in known.of("default", SALE)] == [(made.id, SOON)]
    assert (known.of("another", SALE), known.of("default", PHOTO)) == ((), ())
    await consents.remove_licence(store, OPERATOR, made.id, "a mistake")
    await known.load()
    assert known.of("default", SALE) == ()
    assert [row[2] for row in await store.read(audit.LATEST, 9)] == ["remove_licence", "add_licence"]


async def test_a_licence_that_has_ended_is_still_known(store: Store) -> None:
    known = Licences(store, Wake())
    for ends_at in (1, 0):
        await store.write(licences.add, "default", "template:sale", {"note": "c"}, ends_at)
    await known.load()
    assert [each.ends_at == 0 for each in known.of("default", SALE)] == [False, True]


@pytest.mark.parametrize(
    ("subject", "evidence", "ends_at", "field"),
    [
        ("sale", {"a": 1}, 0, "subject"),
        ("text:sale", {"a": 1}, 0, "subject"),
        ("template:", {"a": 1}, 0, "subject"),
        ("template:sale", {}, 0, "evidence"),
        ("template:sale", {"a": 1}, 1, "ends_at"),
    ],
)
async def test_a_licence_that_is_none_is_refused(
    store: Store, subject: str, evidence: dict[str, int], ends_at: int, field: str
) -> None:
    with pytest.raises(Refused) as told:
        await consents.add_licence(store, OPERATOR, "default", subject, evidence, ends_at)
    assert told.value.field == field
    assert await count(store, "licence") == 0


async def test_a_licence_is_removed_once_with_a_reason_and_by_who_may(store: Store) -> None:
    made = await consents.add_licence(store, OPERATOR, "default", "template:sale", {"a": 1}, 0)
    with pytest.raises(Denied):
        await consents.remove_licence(store, Actor("a key", frozenset({"consent:read"})), made.id, "x")
    with pytest.raises(Refused):
        await consents.remove_licence(store, OPERATOR, made.id, " ")
    await consents.remove_licence(store, OPERATOR, made.id, "a mistake")
    with pytest.raises(NoLicence):
        await consents.remove_licence(store, OPERATOR, made.id, "again")
