"""Whatever breaks between the chat and the gateway, each message arrives, and arrives once."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.conftest import House
from tests.e2e.test_chat import messages, say

Chat = Callable[[str], Page]


def answered_once(page: Page, *words: str) -> None:
    for each in words:
        expect(messages(page, f"You said: {each}")).to_have_count(1)
        expect(messages(page, f"You: {each}")).to_have_count(1)
    expect(page.locator(".waiting")).to_have_count(0)


def test_what_is_written_without_a_network_is_sent_in_order_later(
    chat: Chat, context: BrowserContext, shared: House
) -> None:
    page = chat(shared.url)
    say(page, "before")
    answered_once(page, "before")
    context.set_offline(True)
    expect(page.get_by_role("status")).not_to_have_text("Online")
    say(page, "first")
    say(page, "second")
    expect(page.locator(".waiting")).to_have_count(2)
    context.set_offline(False)
    answered_once(page, "before", "first", "second")
    said = page.locator(".msg.me .bubble").all_inner_texts()
    assert said == ["before", "first", "second"]


def test_a_killed_gateway_loses_nothing(chat: Chat, house: House) -> None:
    page = chat(house.url)
    say(page, "before")
    answered_once(page, "before")
    house.kill()
    say(page, "meanwhile")
    expect(page.locator(".waiting")).to_have_count(1)
    house.start()
    answered_once(page, "before", "meanwhile")
    say(page, "after")
    answered_once(page, "before", "meanwhile", "after")


def test_what_waits_survives_a_reload(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    page.route("**/v3/directline/**", lambda route: route.abort())
    say(page, "patience")
    page.reload()
    expect(page.locator(".waiting")).to_contain_text("patience")
    page.unroute("**/v3/directline/**")
    answered_once(page, "patience")


def test_an_answer_that_came_meanwhile_is_there_after_the_break(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    page.route("**/conversations/*?watermark=*", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('offline'))")
    expect(page.get_by_role("status")).not_to_have_text("Online")
    session = page.evaluate("JSON.parse(localStorage.getItem('parley.session'))")
    page.request.post(
        f"{shared.url}/v3/directline/conversations/{session['conversationId']}/activities",
        headers={"Authorization": f"Bearer {session['token']}"},
        data={"type": "message", "text": "from elsewhere", "from": {"id": session["userId"]}},
    )
    page.unroute("**/conversations/*?watermark=*")
    answered_once(page, "from elsewhere")


def test_without_a_socket_the_chat_polls(page: Page, shared: House) -> None:
    page.add_init_script("globalThis.WebSocket = class { constructor() { throw new Error('forbidden'); } }")
    page.goto(f"{shared.url}/chat")
    expect(page.get_by_role("status")).to_have_text("Online")
    say(page, "by post")
    answered_once(page, "by post")


def test_a_lost_answer_does_not_send_twice(chat: Chat, shared: House) -> None:
    page = chat(shared.url)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/activities", lose, times=1)
    say(page, "once")
    answered_once(page, "once")


def test_an_expired_token_is_renewed_on_the_way(chat: Chat, shared: House) -> None:
    page = chat(shared.url)
    expired = {"error": {"code": "TokenExpired", "message": "Token has expired"}}
    page.route("**/activities", lambda route: route.fulfill(status=403, json=expired), times=1)
    with page.expect_request("**/chat/token") as renewal:
        say(page, "late")
    assert renewal.value.headers["authorization"].startswith("Bearer ")
    answered_once(page, "late")
