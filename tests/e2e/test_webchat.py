"""Another maker's web chat holds a conversation with our Direct Line."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.conftest import House

SCRIPT = Path(__file__).parent / "node_modules" / "botframework-webchat" / "dist" / "webchat.js"
START = """async () => {
  const { token, userId } = await (await fetch("/chat/token", { method: "POST" })).json();
  const directLine = WebChat.createDirectLine({ token, domain: `${location.origin}/v3/directline` });
  const place = document.body.appendChild(document.createElement("div"));
  WebChat.renderWebChat({ directLine, userID: userId, locale: "en-GB" }, place);
}"""


def test_web_chat_talks_to_the_bot(browser: Browser, shared: House) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(shared.url)
    page.add_script_tag(path=SCRIPT)
    page.evaluate(START)
    page.get_by_placeholder("Type your message").fill("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What can I do for you?").first).to_be_visible()
    page.get_by_role("button", name="Tell me more").last.click()
    expect(page.get_by_text("You chose Tell me more.").first).to_be_visible()
    context.close()
