"""Everybody can use the pages: axe finds nothing, in both themes and on a phone, and nothing runs off the side."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import House
from tests.e2e.phone import Phone
from tests.e2e.test_chat import messages, say

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PAGES = ("/", "/chat", "/simulator", "/admin")
WIDTHS = (390, 1280)


def complaints(page: Page) -> list[str]:
    """What axe finds wrong: rule and element. Movements are ended first, since it judges colours as they are."""
    page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("(rules) => axe.run(rules)", RULES)
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


def open_page(browser: Browser, scheme: Literal["light", "dark"], width: int) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, reduced_motion="reduce"
    )
    return context.new_page()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(
    browser: Browser, shared: House, path: str, scheme: Literal["light", "dark"], width: int
) -> None:
    page = open_page(browser, scheme, width)
    page.goto(f"{shared.url}{path}")
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_conversation(
    browser: Browser, shared: House, scheme: Literal["light", "dark"]
) -> None:
    page = open_page(browser, scheme, 390)
    page.goto(f"{shared.url}/chat")
    for word, answer in (
        ("story", "ever saw it twice"),
        ("picture", "Our parcel van"),
        ("hello", "What can I"),
    ):
        say(page, word)
        expect(messages(page, answer)).to_have_count(1)
    assert complaints(page) == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_phone_in_use(
    browser: Browser, shared: House, scheme: Literal["light", "dark"]
) -> None:
    page = open_page(browser, scheme, 1280)
    phone = Phone(page, shared.url, 15550128 if scheme == "light" else 15550129)
    phone.say("place")
    phone.say("list")
    phone.sees("What would you like?")
    assert complaints(page) == []
    phone.tap("See the menu")
    assert complaints(page) == []
    page.context.close()
