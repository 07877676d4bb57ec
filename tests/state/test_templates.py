"""What providers tell of templates' categories is kept: what was told later counts, whatever comes first."""

import pytest

from state import templates
from state.model.channel import ProviderTemplate
from state.model.event import Notice
from state.store import Store
from tests.state.acts import accept


def told(category: str, at: int, *, scope: str = "template:sale", language: str = "en-US") -> Notice:
    return Notice(
        key=f"{category}{at}{scope}", at=at, code="c", scope=scope, category=category, language=language
    )


async def kept(store: Store) -> list[tuple[str, ...]]:
    return sorted(tuple(row) for row in await store.read(templates.LIST))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_the_latest_notice_about_a_template_counts(store: Store, order: tuple[int, int]) -> None:
    notices = (told("UTILITY", 1), told("MARKETING", 2))
    for place in order:
        await accept(store, notices[place])
    assert await kept(store) == [("wa", "sale", "en_us", "MARKETING")]


@pytest.mark.parametrize("notice", [told("", 1), told("UTILITY", 1, scope="outbound")])
async def test_a_notice_that_tells_no_category_keeps_none(store: Store, notice: Notice) -> None:
    await accept(store, notice)
    assert await kept(store) == []


async def test_a_list_is_kept_by_language_and_changes_what_is_looked_at(store: Store) -> None:
    before = [tuple(row) for row in await store.read(templates.STATE)]
    listed = [
        ProviderTemplate(id="1", name="sale", language="en_US", category="MARKETING"),
        ProviderTemplate(id="2", name="sale", language="de", category="utility"),
        ProviderTemplate(id="3", name="odd", language="de"),
    ]
    await store.write(templates.keep, "wa", listed, 5)
    assert await kept(store) == [("wa", "sale", "de", "UTILITY"), ("wa", "sale", "en_us", "MARKETING")]
    assert [tuple(row) for row in await store.read(templates.STATE)] != before
