"""An admin suspends a channel and lifts it again; the phone notices."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.conftest import House
from tests.e2e.phone import Phone

Take = Callable[[str], Phone]


def card(page: Page) -> Locator:
    return page.locator("#channel-phone")


def act(page: Page, name: str, reason: str) -> None:
    card(page).locator("summary", has_text=name).click()
    card(page).get_by_label("Reason").fill(reason)
    card(page).get_by_role("button", name=name, exact=True).click()


def test_a_suspension_holds_what_is_queued_until_it_is_lifted(
    phone: Take, context: BrowserContext, house: House
) -> None:
    taken, admin = phone(house.url), context.new_page()
    admin.goto(f"{house.url}/admin")
    act(admin, "Suspend", "Complaints about the van")
    expect(card(admin).get_by_role("status")).to_have_text("Suspended")
    expect(card(admin)).to_contain_text("Complaints about the van")
    taken.say("are you there")
    taken.sees("You: are you there")
    expect(card(admin).locator(".counts div", has_text="Queued")).to_contain_text("2")  # the notice is first
    taken.sees("You said", times=0)
    act(admin, "Lift", "It was another van")
    expect(card(admin).get_by_role("status")).to_have_text("Running")
    taken.sees("have access to everything that is transmitted")
    taken.sees("You said: are you there")


def test_the_console_works_without_scripts(browser: Browser, house: House) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{house.url}/admin")
    act(page, "Suspend", "No scripts here")
    expect(card(page)).to_contain_text("No scripts here")
    act(page, "Lift", "None needed")
    expect(card(page).get_by_role("status")).to_have_text("Running")
    context.close()


def test_the_counts_follow_what_happens(phone: Take, context: BrowserContext, house: House) -> None:
    taken, admin = phone(house.url), context.new_page()
    admin.goto(f"{house.url}/admin")
    sent = card(admin).locator(".counts div", has_text="Sent")
    expect(sent).to_contain_text("0")
    taken.say("count me")
    taken.sees("You said: count me")
    expect(sent).to_contain_text("2")  # with the notice


@pytest.mark.parametrize("what", ["reason", "csrf"])
def test_a_form_without_its_fields_is_refused(page: Page, house: House, what: str) -> None:
    page.goto(f"{house.url}/admin")
    token = card(page).locator("input[name=csrf]").get_attribute("value") or ""
    form: dict[str, str | float | bool] = {"csrf": token, "reason": "because", what: ""}
    answer = page.request.post(f"{house.url}/admin/channels/phone/suspend", form=form)
    assert 400 <= answer.status < 500
    page.reload()
    expect(card(page).get_by_role("status")).to_have_text("Running")


def test_terms_are_read_and_accepted_without_scripts(browser: Browser, house: House) -> None:
    house.connect("fresh", "inapp")
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{house.url}/admin")
    fresh = page.locator("#channel-fresh")
    expect(fresh.get_by_role("status")).to_have_text("Waits for terms")
    expect(page.locator(".note")).to_have_text("1 channel waits for its terms to be accepted.")
    fresh.locator("summary", has_text="Read and accept").click()
    expect(fresh).to_contain_text("Nobody below the age of consent")
    fresh.get_by_role("button", name="Accept inapp-").click()
    expect(fresh.get_by_role("status")).to_have_text("Running")
    expect(page.locator(".note")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_notice_leads_to_its_channel_by_the_keyboard_and_fits_a_phone(
    browser: Browser, house: House, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{house.url}/admin")
    asked = {"scope": {"channel": "phone"}, "reason": "many first messages to strangers", "lead": 900}
    assert page.request.post(f"{house.url}/v1/suspensions", data=asked).status == 201
    page.reload()
    notice = page.get_by_role("link", name="Announced for phone")
    expect(notice.locator("..")).to_contain_text("in force in 14 min (an operator's decision): many first")
    notice.press("Enter")
    expect(card(page)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    card(page).locator("summary", has_text="Withdraw").click()
    card(page).locator(".suspension").get_by_label("Reason").fill("they are ours")
    card(page).get_by_role("button", name="Withdraw", exact=True).click()
    expect(notice).to_have_count(0)
    context.close()
