"""`parley channels templates` reads the templates from the provider and keeps their categories."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from state import templates
from state.store import Store
from tests.cli.conftest import Run

LISTED = {
    "data": [{"id": "1", "name": "sale", "language": "en_US", "category": "MARKETING", "status": "APPROVED"}]
}
SECRETS = (
    "--secret",
    "app_secret=planted-a",
    "--secret",
    "verify_token=planted-b",
    "--secret",
    "access_token=planted-c",
)


class Meta(BaseHTTPRequestHandler):
    """The one page of templates."""

    def do_GET(self) -> None:
        """Answer with the list."""
        body = json.dumps(LISTED).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def meta() -> Iterator[str]:
    """Give the address of a stub of the Graph API."""
    server = HTTPServer(("127.0.0.1", 0), Meta)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def kept(config: str) -> list[tuple[str, ...]]:
    """What the database of a settings file has."""
    url = next(
        line.split('"')[1] for line in Path(config).read_text().splitlines() if line.startswith("database")
    )

    async def read() -> list[tuple[str, ...]]:
        store = await Store(url, owner=False).open()
        try:
            return [tuple(row) for row in await store.read(templates.LIST)]
        finally:
            await store.close()

    return asyncio.run(read())


def test_the_categories_of_the_provider_s_list_are_kept(run: Run, config: str) -> None:
    with open(config, "a") as more:
        more.write("allow_private_urls = true\n")
    with meta() as address:
        ids = ("--set", "phone_number_id=1", "--set", "waba_id=2", "--set", f"base_url={address}")
        add = run("channels", "add", "wa", "--type", "whatsapp", *ids, *SECRETS, "--config", config)
        assert add.code == 0, add.err
        done = run("channels", "templates", "wa", "--config", config)
    assert done.code == 0, done.err
    assert done.out.split()[:4] == ["sale", "en_US", "MARKETING", "APPROVED"]
    assert kept(config) == [("wa", "sale", "en_us", "MARKETING")]


def test_a_channel_without_a_list_says_so(run: Run, config: str) -> None:
    run("channels", "add", "app", "--type", "inapp", "--config", config)
    done = run("channels", "templates", "app", "--config", config)
    assert (done.code, "inapp has no list of templates" in done.err) == (1, True)
    gone = run("channels", "templates", "none", "--config", config)
    assert "there is none of that name" in gone.err


def test_a_simulated_channel_has_no_provider_to_ask(run: Run, config: str) -> None:
    words = (
        "--type",
        "whatsapp",
        "--simulated",
        "--set",
        "phone_number_id=1",
        "--set",
        "waba_id=2",
        *SECRETS,
    )
    assert run("channels", "add", "phone", *words, "--config", config).code == 0
    done = run("channels", "templates", "phone", "--config", config)
    assert (done.code, done.out) == (1, "")
    assert "phone: it is simulated, so there is no provider that has templates" in done.err
