"""An in-app customer talks to the bot over Direct Line, in the chat page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import House

Chat = Callable[[str], Page]
PICTURE = "gateway/pages/static/sample.png"


def say(page: Page, words: str) -> None:
    page.get_by_label("Message").fill(words)
    page.keyboard.press("Enter")


def messages(page: Page, words: str) -> Locator:
    return page.get_by_role("log").locator(".msg").filter(has_text=words)


def test_what_is_said_is_answered_and_marked_as_sent(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    say(page, "good morning")
    expect(messages(page, "You said: good morning")).to_have_count(1)
    expect(messages(page, "You: good morning").locator(".meta")).to_have_text(re.compile(r"^\d\d:\d\d$"))


def test_a_button_answers_in_one_tap(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    say(page, "hello")
    page.get_by_role("button", name="Tell me more").click()
    expect(messages(page, "You chose Tell me more.")).to_have_count(1)
    expect(messages(page, "You: Tell me more")).to_have_count(1)


def test_a_button_answers_from_the_keyboard(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    say(page, "hello")
    page.get_by_role("button", name="Talk to a person").focus()
    page.keyboard.press("Enter")
    expect(messages(page, "You chose Talk to a person.")).to_have_count(1)


def test_a_streamed_reply_grows_in_one_bubble(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    say(page, "story")
    expect(page.locator(".msg[aria-busy=true]")).to_have_count(1)
    expect(messages(page, "nobody ever saw it twice")).to_have_count(1)
    expect(page.locator(".msg[aria-busy=true]")).to_have_count(0)
    expect(messages(page, "Once a message was")).to_have_count(1)


def test_a_picture_is_shown_with_its_words(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    say(page, "picture")
    picture = messages(page, "Answer:").get_by_role("img", name="Our parcel van")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (each) => (await each.decode(), each.naturalWidth)") == 640


def test_a_picture_is_sent_with_words(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    page.locator("#file").set_input_files(PICTURE)
    say(page, "look")
    expect(messages(page, "Thank you for the image.")).to_have_count(1)
    page.reload()
    expect(messages(page, "You: look").get_by_role("img")).to_be_visible()


def test_markup_is_shown_as_words(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    say(page, "markup")
    answer = messages(page, "<b>not bold</b> but bold")
    expect(answer.get_by_role("strong")).to_have_text("bold")


def test_a_reload_goes_on_in_the_same_conversation(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    say(page, "remember me")
    expect(messages(page, "You said: remember me")).to_have_count(1)
    page.reload()
    expect(messages(page, "You said: remember me")).to_have_count(1)
    say(page, "again")
    expect(messages(page, "You said: again")).to_have_count(1)


def test_a_new_conversation_knows_nothing_of_the_old(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    say(page, "forget me")
    expect(messages(page, "You said: forget me")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("status")).to_have_text("Online")
    expect(messages(page, "forget me")).to_have_count(0)


def test_a_refused_message_says_so_and_is_sent_again_on_demand(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    page.route("**/activities", lambda route: route.fulfill(status=400, json={"error": {"code": "x"}}))
    say(page, "come through")
    expect(messages(page, "come through")).to_contain_text("Not sent.")
    page.unroute("**/activities")
    page.get_by_role("button", name="Try again").click()
    expect(messages(page, "You said: come through")).to_have_count(1)
    expect(messages(page, "come through")).to_have_count(2)


@pytest.mark.parametrize(("query", "locale"), [("", "en-GB"), ("?locale=de-AT", "de-AT")])
def test_the_customers_language_goes_along(page: Page, shared: House, query: str, locale: str) -> None:
    page.goto(f"{shared.url}/chat{query}")
    expect(page.get_by_role("status")).to_have_text("Online")
    with page.expect_request(
        lambda request: request.method == "POST" and "/activities" in request.url
    ) as sent:
        say(page, "hello")
    assert f'"locale":"{locale}"' in (sent.value.post_data or "")
