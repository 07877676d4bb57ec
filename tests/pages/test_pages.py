"""The pages keep their own rules: nothing inline, nothing missing, nothing large, nothing from elsewhere."""

import re
from gzip import compress, decompress
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from admin import operations
from admin.operations import NewChannel
from admin.pages import pages as console
from conversations.router import Router
from examples.booking import Booking
from examples.orders import Orders
from gateway import faces
from gateway.app import Gateway
from gateway.connect import connect
from gateway.pages import pages
from tests.gateway.api.house import made, on_sqlite

FILES = pages.static_files(console.STATIC)
CHAT = ("parley.css", "chat.css", "chat.js", "directline.js", "dom.js", "markdown.js")
CHANNEL = console.ChannelRow(id="shop", type="whatsapp")
HELD = console.SuspensionRow(id="s1", reason="a reason", by="ops", since=1)
VIEW = console.ChannelsView(
    channels=(CHANNEL, console.ChannelRow(id="app", type="inapp", suspensions=(HELD,))),
    quarantined=2,
    now=2_000,
    csrf="the token",
    actor="ops",
)
PAGES = {
    "start": pages.start_page(pages.StartView("1.2.3", ("phone", "app"), files=("examples/orders.py",))),
    "start, not the demo": pages.start_page(
        pages.StartView("1.2.3", ("support",), demo=False, files=("secret_bot.py",))
    ),
    "chat": pages.chat_page(),
    "simulator": pages.simulator_page(),
    "admin": console.channels_page(VIEW),
    "admin, empty": console.channels_page(
        console.ChannelsView(channels=(), quarantined=0, now=0, csrf="", actor="")
    ),
    "login": console.login_page(console.LoginView(csrf="the token", problem="no such key")),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_nothing_is_written_inline(page: str) -> None:
    assert (
        re.findall(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=\"/static/)|javascript:", page)
        == []
    )


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_what_a_page_loads_is_there(page: str) -> None:
    loaded = re.findall(r"(?:src|href)=\"/static/([^\"]+)\"", page)
    assert loaded
    assert set(loaded) - FILES.keys() == set()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    assert re.findall(r"(?:src|href|action)=\"(?!/|#)[^\"]*\"", page) == []


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_what_a_module_imports_is_there_and_nodes_are_built_never_parsed(name: str) -> None:
    text = FILES[name].body.decode()
    assert set(re.findall(r"from \"\./([^\"]+)\"", text)) - FILES.keys() == set()
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text) == []


def test_a_static_file_is_named_once() -> None:
    with pytest.raises(ValueError, match="two static files are named"):
        pages.static_files(pages.STATIC)


def test_a_static_file_is_packed_where_that_helps() -> None:
    assert decompress(FILES["chat.js"].gzip) == FILES["chat.js"].body
    assert FILES["sample.png"].gzip in (b"", compress(FILES["sample.png"].body, mtime=0))


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("chat.js", "text/javascript; charset=utf-8"),
        ("parley.css", "text/css; charset=utf-8"),
        ("sample.png", "image/png"),
    ],
)
def test_a_static_file_has_its_type(name: str, mime: str) -> None:
    assert FILES[name].mime == mime


def test_the_whole_chat_is_sent_in_less_than_15_kb() -> None:
    sent = len(compress(PAGES["chat"].encode())) + sum(len(FILES[name].gzip) for name in CHAT)
    assert sent < 15_000


@pytest.mark.parametrize("path", ["/simulator", "/chat"])
def test_outside_the_demo_nobody_is_led_to_what_is_only_there(path: str) -> None:
    assert f'href="{path}"' in PAGES["start"]
    assert path not in PAGES["start, not the demo"]


async def test_the_pages_tell_which_bot_answers_and_where_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path)), Router([Booking, Orders]))
    await gateway.open()
    app = faces.application(gateway, demonstrate=True)
    async with TestClient(TestServer(app)) as client:
        start, chat = [await (await client.get(path)).text() for path in ("/", "/chat")]
    await gateway.stop()
    assert "<code>examples/booking.py\nexamples/orders.py</code>" in start
    assert "<h1>Booking · Orders</h1>" in chat


@pytest.mark.parametrize("page", ["admin", "chat", "simulator"])
async def test_a_page_is_found_with_a_slash_behind_its_name(tmp_path: Path, page: str) -> None:
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path)), Router([Orders]))
    await gateway.open()
    async with TestClient(TestServer(faces.application(gateway, demonstrate=True))) as client:
        answer = await client.get(f"/{page}/")
        assert (answer.status, answer.url.path) == (200, f"/{page}")
    await gateway.stop()


def test_outside_the_demo_the_page_tells_nothing_it_is_given() -> None:
    page = PAGES["start, not the demo"]
    assert [told for told in ("1.2.3", "support", "secret_bot.py") if told in page] == []
    assert 'href="/admin"' in page


async def test_strangers_read_of_a_gateway_neither_version_nor_channels_nor_bots(tmp_path: Path) -> None:
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path)), Router([Booking, Orders]))
    await gateway.open()
    await connect(gateway.store, gateway.seal, operations.OPERATOR, NewChannel("backstairs", "inapp", {}, {}))
    await gateway.channels.load()
    async with TestClient(TestServer(faces.application(gateway))) as client:
        page = await (await client.get("/")).text()
    await gateway.stop()
    assert [told for told in ("0.1.0", "backstairs", "booking", "orders") if told in page.lower()] == []
