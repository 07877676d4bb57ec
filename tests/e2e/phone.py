"""A simulated phone, as a test holds it."""

from playwright.sync_api import Locator, Page, expect


class Phone:
    """The simulator's page with one phone chosen: what stands on its screen, and what its owner does."""

    def __init__(self, page: Page, url: str, number: int | str, channel: str = "phone") -> None:
        self.page = page
        self.log = page.get_by_role("log", name="Messages")
        self.sheet = page.get_by_role("dialog")
        self.wire = page.get_by_role("list", name="Calls")
        page.goto(f"{url}/simulator#{channel}/{number}")
        expect(page.get_by_role("status")).to_have_text("Connected")

    def say(self, words: str) -> None:
        self.page.get_by_label("Message", exact=True).fill(words)
        self.page.keyboard.press("Enter")

    def tap(self, name: str) -> None:
        self.log.get_by_role("button", name=name, exact=True).last.click()

    def sees(self, words: str, times: int = 1) -> None:
        expect(self.messages(words)).to_have_count(times)

    def messages(self, words: str) -> Locator:
        """The messages that say this, ours and theirs."""
        return self.log.locator(".msg").filter(has_text=words)

    def extras(self) -> Locator:
        """The form for pictures, places and contacts, opened."""
        self.page.get_by_label("Send a picture, a place or a contact").click()
        return self.sheet
