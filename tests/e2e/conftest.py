"""A real gateway in a process of its own, and a real Chromium in front of it."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.phone import Phone
from tests.load.process import Server, run

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NUMBERS = itertools.count(15550130)
expect.set_options(timeout=10_000)


class House:
    """The demonstration in a folder, with a bot; it may end and start again at the same address."""

    def __init__(self, folder: Path, bot: str = "tests.e2e.bot:Guide", *flags: str) -> None:
        self._folder, self._words = folder, ("--bots", bot, *flags)
        self._logs = itertools.count()
        self.port = 0
        self.start()

    def start(self) -> None:
        words = ["gateway", "demo", "--port", str(self.port), "--data-dir", str(self._folder)]
        words += ["--database", f"sqlite:///{self._folder}/parley.db", *self._words]
        self._server = Server(words, self._folder / f"log-{next(self._logs)}")
        self.port, _ = self._server.wait_ready()

    def connect(self, name: str, kind: str) -> None:
        """Connect a channel as whoever sits at the machine does, and wait until it is taken up."""
        run(
            "gateway", "channels", "add", name, "--type", kind, "--data-dir", str(self._folder),
            "--database", f"sqlite:///{self._folder}/parley.db",
        )  # fmt: skip
        ends = time.monotonic() + 20
        while f'"id":"{name}","type":"{kind}"' not in self._read("/v1/channels") or name not in self._read(
            "/admin"
        ):
            assert time.monotonic() < ends, f"{name} was not taken up"
            time.sleep(0.2)

    def _read(self, path: str) -> str:
        with urlopen(self.url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def kill(self) -> None:
        self._server.kill()

    def stop(self) -> int:
        return self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A gateway for all tests that leave it as it was."""
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.kill()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A gateway of the test's own, to be suspended, killed and started again."""
    made = House(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    made = browser.new_context(viewport={"width": 1100, "height": 800}, locale="en-GB")
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; the test fails where a script failed in it or the content security policy forbade something."""
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on(
        "console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None
    )
    yield made
    assert wrong == []


@pytest.fixture
def chat(page: Page) -> Callable[[str], Page]:
    """Open the chat of a gateway and wait until it is online."""

    def open_at(url: str) -> Page:
        page.goto(f"{url}/chat")
        expect(page.get_by_role("status")).to_have_text("Online")
        return page

    return open_at


@pytest.fixture
def phone(page: Page) -> Callable[[str], Phone]:
    """Take a simulated phone nobody has used."""
    return lambda url: Phone(page, url, next(NUMBERS))
