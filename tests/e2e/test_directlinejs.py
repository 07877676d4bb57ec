"""The public client of Direct Line, as published on npm, holds a conversation with ours and loses nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import House

SCRIPT = Path(__file__).parent / "node_modules" / "botframework-directlinejs" / "dist" / "directline.js"
CONNECT = """async ({ webSocket, before }) => {
  const { token, userId } = await (await fetch("/chat/token", { method: "POST" })).json();
  const domain = `${location.origin}/v3/directline`;
  const given = before || { token };
  const line = new DirectLine.DirectLine({ ...given, domain, webSocket, pollingInterval: 200 });
  window.line = line;
  window.user = before ? before.user : userId;
  window.seen = [];
  window.states = [];
  line.connectionStatus$.subscribe((state) => window.states.push(state));
  line.activity$.subscribe((activity) => window.seen.push(activity));
}"""
SAY = """(activity) => new Promise((done, failed) => window.line.postActivity(
  { from: { id: window.user }, ...activity }).subscribe(done, failed))"""
ONLINE = 2


@pytest.fixture
def page(browser: Browser, shared: House) -> Iterator[Page]:
    """A page that has the client's script."""
    context = browser.new_context(bypass_csp=True)
    made = context.new_page()
    made.goto(shared.url)
    made.add_script_tag(path=SCRIPT)
    yield made
    context.close()


def connect(page: Page, *, web_socket: bool, before: dict[str, str] | None = None) -> None:
    page.evaluate(CONNECT, {"webSocket": web_socket, "before": before})
    page.wait_for_function(f"window.states.includes({ONLINE})")


def say(page: Page, text: str) -> str:
    """Post a message; gives the id the line has given it."""
    activity = {"type": "message", "text": text, "channelData": {"clientActivityID": f"client-{text}"}}
    posted: str = page.evaluate(SAY, activity)
    return posted


def seen(page: Page, text: str) -> list[dict[str, Any]]:
    """The activities with a text, once there is one."""
    find = f"window.seen.filter((each) => (each.text || '').includes({text!r}))"
    page.wait_for_function(f"{find}.length > 0")
    found: list[dict[str, Any]] = page.evaluate(find)
    return found


@pytest.mark.parametrize("web_socket", [True, False], ids=["over its socket", "by polling"])
def test_the_public_client_says_and_hears(page: Page, web_socket: bool) -> None:
    connect(page, web_socket=web_socket)
    posted = say(page, "hello")
    (answer,) = seen(page, "What can I do for you?")
    assert answer["from"]["role"] == "bot"
    (echo,) = [each for each in page.evaluate("window.seen") if each["id"] == posted]
    assert echo["channelData"]["clientActivityID"] == "client-hello"
    assert echo["from"]["id"] == page.evaluate("window.user")


def test_the_public_client_goes_on_in_its_conversation_after_a_reload(page: Page) -> None:
    connect(page, web_socket=True)
    say(page, "hello")
    seen(page, "What can I do for you?")
    before = page.evaluate(
        "({ conversationId: line.conversationId, token: line.token, streamUrl: line.streamUrl, user })"
    )
    page.evaluate("line.end()")
    page.reload()
    page.add_script_tag(path=SCRIPT)
    connect(page, web_socket=True, before=before)
    seen(page, "What can I do for you?")
    assert page.evaluate("line.conversationId") == before["conversationId"]


def test_the_public_client_uploads_a_picture(page: Page) -> None:
    connect(page, web_socket=True)
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    picture = {"contentType": "image/png", "contentUrl": f"data:image/png;base64,{pixel}", "name": "a.png"}
    page.evaluate(SAY, {"type": "message", "text": "", "attachments": [picture]})
    page.wait_for_function("window.seen.some((each) => (each.attachments || []).length)")
    (echo, *_) = page.evaluate("window.seen.filter((each) => (each.attachments || []).length)")
    shown = page.request.get(echo["attachments"][0]["contentUrl"])
    expect(shown).to_be_ok()
    assert shown.headers["content-type"] == "image/png"
