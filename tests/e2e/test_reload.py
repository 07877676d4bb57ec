"""While a bot is written: saving it starts the gateway again, and the talk on the screen goes on where it was."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import House
from tests.e2e.test_chat import messages, say

Chat = Callable[[str], Page]
BOT = """
from parley import STAY, Flow, On, Turn


class Tea(Flow):
    table = (On("message", "start", STAY, do="count"),)
    cups: int = 0

    def count(self, turn: Turn) -> None:
        self.cups += 1
        turn.say(f"{self.cups} ANSWER")
"""


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "tea.py"
    written.write_text(BOT.replace("ANSWER", "cups"))
    return written


def test_a_saved_bot_answers_at_once_and_the_conversation_goes_on(chat: Chat, file: Path) -> None:
    house = House(file.parent, f"{file}:Tea", "--reload", "--port", free_port())
    try:
        page = chat(house.url)
        say(page, "one")
        expect(messages(page, "1 cups")).to_have_count(1)
        file.write_text(BOT.replace("ANSWER", "nothing)"))  # does not load: the bot before goes on
        say(page, "two")
        expect(messages(page, "2 cups")).to_have_count(1)
        file.write_text(BOT.replace("ANSWER", "pots"))
        expect(page.get_by_role("status")).not_to_have_text("Online")
        expect(page.get_by_role("status")).to_have_text("Online", timeout=20_000)
        say(page, "three")
        expect(messages(page, "3 pots")).to_have_count(1)
    finally:
        assert house.stop() == 0
