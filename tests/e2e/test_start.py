"""The start page leads everywhere, and the machine's addresses answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import House


@pytest.mark.parametrize(
    ("face", "title"),
    [("Chat", "Chat · Parley"), ("Simulator", "Simulator · Parley"), ("Admin", "Channels · Parley")],
)
def test_a_card_leads_to_its_page(page: Page, shared: House, face: str, title: str) -> None:
    page.goto(shared.url)
    page.get_by_role("main").get_by_role("link", name=f"{face} /{face.lower()}").click()
    expect(page).to_have_title(title)


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/metrics", "/healthz", "/readyz"])
def test_an_address_for_machines_answers(page: Page, shared: House, path: str) -> None:
    page.goto(shared.url)
    expect(page.get_by_role("link", name=path)).to_have_attribute("href", path)
    assert page.request.get(f"{shared.url}{path}").ok
