"""A customer's simulated WhatsApp phone, and the wire beside it."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import House
from tests.e2e.phone import Phone

Take = Callable[[str], Phone]
PICTURE = "gateway/pages/static/sample.png"


def test_what_is_said_is_answered_and_read(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    taken.say("good morning")
    answer = taken.messages("You said: good morning")
    expect(answer.locator(".meta")).to_contain_text("read")


def test_a_button_answers(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    taken.say("hello")
    taken.tap("Tell me more")
    taken.sees("You chose Tell me more.")


def test_a_list_opens_and_a_row_answers(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    taken.say("list")
    taken.tap("See the menu")
    expect(taken.sheet).to_contain_text("Warm")
    taken.sheet.get_by_role("button", name="Salad").click()
    taken.sees("You chose Salad.")


@pytest.mark.parametrize(
    ("word", "shown"),
    [("place", "Pariser Platz, Berlin"), ("contact", "Grace Hopper"), ("markup", "not bold")],
)
def test_the_phone_shows_what_it_is_sent(phone: Take, shared: House, word: str, shown: str) -> None:
    taken = phone(shared.url)
    taken.say(word)
    taken.sees(shown)


def test_a_picture_arrives(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    taken.say("picture")
    picture = taken.log.get_by_role("img", name="Our parcel van")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (each) => (await each.decode(), each.naturalWidth)") == 640


def test_a_picture_is_sent(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    form = taken.extras()
    form.get_by_label("Picture").set_input_files(PICTURE)
    form.get_by_label("Caption").fill("My van")
    form.get_by_role("button", name="Send picture").click()
    taken.sees("Thank you for the image.")
    sent = taken.log.get_by_role("img", name="My van")
    assert sent.evaluate("async (each) => (await each.decode(), each.naturalWidth)") == 640


@pytest.mark.parametrize(
    ("button", "answer"),
    [("Send location", "You are at 52.5163, 13.3777."), ("Send contact", "Shall I call Grace Hopper?")],
)
def test_a_place_and_a_contact_are_sent(phone: Take, shared: House, button: str, answer: str) -> None:
    taken = phone(shared.url)
    taken.extras().get_by_role("button", name=button).click()
    taken.sees(answer)


def test_reactions_go_both_ways(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    taken.say("heart")
    expect(taken.messages("You: heart").locator(".reaction")).to_have_text("❤️")
    taken.say("hello")
    asked = taken.messages("What can I do for you?")
    asked.hover()
    asked.get_by_label("Reply or react").click()
    asked.get_by_label("React 👍").click()
    taken.sees("Thank you for the 👍")
    expect(asked.locator(".reaction")).to_have_text("👍")


def test_replies_go_both_ways(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    taken.say("quote")
    expect(taken.messages("This is what I mean.").locator(".quote")).to_have_text("quote")
    answer = taken.messages("This is what I mean.")
    answer.hover()
    answer.get_by_label("Reply or react").click()
    answer.get_by_role("button", name="Reply", exact=True).click()
    taken.say("I see")
    expect(taken.messages("You: This is what I mean.").locator(".bubble")).to_contain_text("I see")


def test_the_wire_shows_the_webhook_and_the_call(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    taken.say("good morning")
    taken.sees("You said: good morning")
    webhook = taken.wire.get_by_role("listitem").filter(has_text="Webhook in").last
    webhook.locator("summary").click()
    body = json.loads(webhook.locator("pre").last.inner_text())
    assert body["entry"][0]["changes"][0]["value"]["messages"][0]["text"] == {"body": "good morning"}
    expect(taken.wire.get_by_role("listitem").filter(has_text="Call out")).not_to_have_count(0)


def test_a_reload_shows_the_same_transcript(phone: Take, shared: House) -> None:
    taken = phone(shared.url)
    taken.say("good morning")
    taken.sees("You said: good morning")
    taken.page.reload()
    taken.sees("You said: good morning")


def test_a_killed_gateway_forgets_nothing(phone: Take, house: House) -> None:
    taken = phone(house.url)
    taken.say("before")
    taken.sees("You said: before")
    house.kill()
    expect(taken.page.get_by_role("status")).to_have_text("Reconnecting")
    house.start()
    taken.say("after")
    taken.sees("You said: before")
    taken.sees("You said: after")


def test_a_phone_can_be_added(page: Page, shared: House) -> None:
    page.goto(f"{shared.url}/simulator")
    phones = page.locator("#phones option")
    expect(phones).not_to_have_count(0)
    before = phones.count()
    page.get_by_role("button", name="Add a phone").click()
    expect(phones).to_have_count(before + 1)
    expect(page.locator("#whose")).to_contain_text("+1 555 01")


@pytest.mark.parametrize("channel", ["sms", "telegram"])
def test_every_channel_has_phones(page: Page, shared: House, channel: str) -> None:
    number = {"sms": "+15550101", "telegram": "5550101"}[channel]
    taken = Phone(page, shared.url, number, channel)
    taken.say("good morning")
    taken.sees("You said: good morning")


def test_by_short_message_a_number_chooses(page: Page, shared: House) -> None:
    taken = Phone(page, shared.url, "+15550102", "sms")
    taken.say("hello")
    taken.sees("1. Tell me more")
    taken.say("1")
    taken.sees("You chose Tell me more.")


def test_by_telegram_a_button_chooses(page: Page, shared: House) -> None:
    taken = Phone(page, shared.url, "5550102", "telegram")
    taken.say("hello")
    taken.tap("Tell me more")
    taken.sees("You chose Tell me more.")
