"""pywa, an independent client of WhatsApp's, sends through our simulator over a socket, and writes what we write."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pywa.client import WhatsApp
from pywa.errors import TooManyMessages, WhatsAppError
from pywa.types import others, templates
from pywa.types.callback import (
    Button,
    CallPermissionRequestButton,
    ContactInfoRequestButton,
    FlowButton,
    ImageCarouselCard,
    Section,
    SectionList,
    SectionRow,
    URLButton,
    VoiceCallButton,
)  # fmt: skip
from pywa.types.flows import FlowActionType

from state.model.content import (
    Card,
    Choice,
    Component,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    Option,
    Parameter,
    Phone,
    Reaction,
    Template,
    Text,
)  # fmt: skip
from state.model.wire import File, Request
from tests.connectors.whatsapp.wire import CUSTOMER, Pair

Serve = Callable[[web.Application], Awaitable[TestServer]]


class Line:
    """pywa on one end of a socket, the simulator on the other; `took` is what phones show, `bodies` the JSON of it."""

    def __init__(self) -> None:
        self.took: list[Any] = []
        self.bodies: list[Any] = []
        self.pair = Pair()

    async def open(self, serve: Serve, pywa: WhatsApp) -> None:
        """Listen, and point pywa here."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        server = await serve(app)
        url = str(server.make_url("")).rstrip("/")
        self.pair = Pair(base_url=url)
        pywa.api._session.base_url = httpx.URL(f"{url}/v26.0")

    async def _handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(request.method, request.path, dict(request.query), headers, await request.read())
        answered = self.pair.simulator.answer(asked)
        self.took += answered.shown
        self.bodies += [json.loads(asked.body) for _ in answered.shown]
        return web.Response(
            status=answered.reply.status, body=answered.reply.body, headers=answered.reply.headers
        )


async def test_pywa_sends_through_the_simulator(pywa: WhatsApp, aiohttp_server: Serve) -> None:
    line = Line()
    await line.open(aiohttp_server, pywa)
    buttons = [Button("Red", "r"), Button("Green", "g")]
    rows = SectionList("Choose", [Section("Warm", [SectionRow("Red", "r", "The best")])])

    def talk() -> list[Any]:
        return [
            pywa.send_message(CUSTOMER, "Hello", reply_to_message_id="wamid.1", tracker="t-1"),
            pywa.send_message("US.13490000000015550123", "Hello"),
            pywa.send_message(CUSTOMER, "Which?", footer="f", buttons=buttons),
            pywa.send_message(CUSTOMER, "Which?", header="h", buttons=rows),
            pywa.send_message(CUSTOMER, "Read", buttons=URLButton("Open", "https://example.org")),
            pywa.send_location(CUSTOMER, 52.5, 13.4, "Berlin", "Mitte"),
            pywa.send_reaction(CUSTOMER, "👍", "wamid.1"),
            pywa.send_image(CUSTOMER, b"\x89PNG\r\n", caption="Look", mime_type="image/png"),
            pywa.send_template(CUSTOMER, "hello_world", templates.TemplateLanguage.ENGLISH_US, []),
        ]

    sent = await asyncio.to_thread(talk)
    assert [each.id for each in sent] == [each.provider_id for each in line.took]
    assert {each.to for each in line.took} == {CUSTOMER}
    picture = line.pair.simulator.file(line.took[7].content.ref)
    assert picture is not None
    assert (picture.body, picture.mime) == (b"\x89PNG\r\n", "image/png")


async def test_pywa_meets_graphs_errors(pywa: WhatsApp, aiohttp_server: Serve) -> None:
    line = Line()
    await line.open(aiohttp_server, pywa)
    with pytest.raises(WhatsAppError) as refused:
        await asyncio.to_thread(pywa.send_message, CUSTOMER, "x" * 4097)
    assert refused.value.code == 100
    line.pair.simulator.fail("131056")
    with pytest.raises(TooManyMessages):
        await asyncio.to_thread(pywa.send_message, CUSTOMER, "Hello")


async def test_pywa_uses_the_rest_of_the_wire(pywa: WhatsApp, aiohttp_server: Serve) -> None:
    line = Line()
    await line.open(aiohttp_server, pywa)
    simulator = line.pair.simulator
    webhook = simulator.says(
        CUSTOMER, {"type": "image", "id": simulator.keep(File(b"picture", "image/png"))}
    ).webhook
    (event,) = line.pair.read(webhook)
    assert isinstance(event.content, Media)

    def use() -> tuple[Any, ...]:
        return (
            pywa.mark_message_as_read(event.provider_id).success,
            pywa.indicate_typing(event.provider_id).success,
            pywa.get_media_bytes(pywa.get_media_url(event.content.ref).url),
            pywa.delete_media(event.content.ref).success,
            [each.wa_id for each in pywa.block_users([CUSTOMER]).added_users],
            [each.wa_id for each in pywa.unblock_users([CUSTOMER]).removed_users],
        )

    assert await asyncio.to_thread(use) == (True, True, b"picture", True, [CUSTOMER], [CUSTOMER])


LINK = "https://example.org/1.jpg"
ROWS = SectionList("Choose", [Section("Warm", [SectionRow("Red", "r", "The best")])])
FLOW = FlowButton("Book", "66", "t-1", FlowActionType.NAVIGATE, "DATE", {"guests": 2})
CARDS = [ImageCarouselCard(body=f"Chair {n}", image=LINK, buttons=[Button("Buy", f"b{n}")]) for n in range(2)]
OUR_CARDS = [
    {"body": f"Chair {n}", "image": LINK, "buttons": [{"id": f"b{n}", "title": "Buy"}]} for n in range(2)
]
HEADER: Any = templates.HeaderText
BODY: Any = templates.BodyText
PARAMS = [
    HEADER.params("Hi"),
    BODY.params("Pablo", "17"),
    templates.QuickReplyButton.params(callback_data="yes", index=0),
    templates.URLButton.params(url_variable="track", index=1),
    templates.CopyCodeButton.params(coupon_code="250FF", index=2),
]
OUR_PARAMS = (
    Component("header", (Parameter("Hi"),)),
    Component("body", (Parameter("Pablo"), Parameter("17"))),
    Component("button", (Parameter(payload="yes"),), "quick_reply", 0),
    Component("button", (Parameter("track"),), "url", 1),
    Component("button", (Parameter("250FF"),), "copy_code", 2),
)
Speak = Callable[[WhatsApp], Any]
ALIKE: list[tuple[Speak, Content, dict[str, Any]]] = [
    (lambda pywa: pywa.send_message(CUSTOMER, "Hi", preview_url=True), Text("Hi"), {"preview_url": True}),
    (
        lambda pywa: pywa.send_message(
            CUSTOMER, "Which?", "h", "f", [Button("Red", "r"), Button("Green", "g")]
        ),
        Choice("Which?", (Option("r", "Red"), Option("g", "Green")), header=Text("h"), footer="f"),
        {},
    ),
    (
        lambda pywa: pywa.send_message(CUSTOMER, "Which?", buttons=ROWS),
        Choice("Which?", (Option("r", "Red", "The best", "Warm"),), "list", button="Choose"),
        {},
    ),
    (
        lambda pywa: pywa.send_message(CUSTOMER, "Read", buttons=URLButton("Open", LINK)),
        Choice("Read", (Option("u", "Open", kind="url", url=LINK),)),
        {},
    ),
    (
        lambda pywa: pywa.request_location(CUSTOMER, "Where?"),
        Choice("Where?", (Option("l", "l", kind="share_location"),)),
        {},
    ),
    (
        lambda pywa: pywa.send_message(CUSTOMER, "Number?", buttons=ContactInfoRequestButton()),
        Choice("Number?", (Option("c", "c", kind="share_contact"),)),
        {},
    ),
    (
        lambda pywa: pywa.send_message(CUSTOMER, "Call?", buttons=CallPermissionRequestButton()),
        Choice("Call?", (Option("c", "c", kind="allow_call"),)),
        {},
    ),
    (
        lambda pywa: pywa.send_message(CUSTOMER, "Call", buttons=VoiceCallButton("Call us", 60)),
        Text("Call"),
        {"voice_call": {"title": "Call us", "minutes": 60}},
    ),
    (
        lambda pywa: pywa.send_message(CUSTOMER, "Book", buttons=FLOW),
        Form("66", "Book", "Book", "DATE", "t-1", data={"guests": 2}),
        {},
    ),
    (
        lambda pywa: pywa.send_catalog(CUSTOMER, "Shop", "f", thumbnail_product_sku="p"),
        Text("Shop"),
        {"catalog": {"thumbnail": "p", "footer": "f"}},
    ),
    (
        lambda pywa: pywa.send_product(CUSTOMER, "1", "p", "Chair", "f"),
        Text("Chair"),
        {"product": {"catalog": "1", "product": "p", "footer": "f"}},
    ),
    (
        lambda pywa: pywa.send_products(
            CUSTOMER, "1", [others.ProductsSection("Red", ["p", "q"])], "h", "Chairs"
        ),
        Text("Chairs"),
        {"products": {"catalog": "1", "header": "h", "sections": [{"title": "Red", "products": ["p", "q"]}]}},
    ),
    (
        lambda pywa: pywa.send_carousel(CUSTOMER, body="Chairs", cards=list(CARDS)),
        Text("Chairs"),
        {"carousel": {"cards": OUR_CARDS}},
    ),
    (
        lambda pywa: pywa.send_image(CUSTOMER, LINK, caption="Look"),
        Media("image", url=LINK, caption="Look"),
        {},
    ),
    (lambda pywa: pywa.send_location(CUSTOMER, 1.5, 2.5, "n", "a"), Location(1.5, 2.5, "n", "a"), {}),
    (lambda pywa: pywa.send_reaction(CUSTOMER, "👍", "wamid.1"), Reaction("wamid.1", "👍"), {}),
    (lambda pywa: pywa.remove_reaction(CUSTOMER, "wamid.1"), Reaction("wamid.1"), {}),
    (
        lambda pywa: pywa.send_contact(
            CUSTOMER,
            others.Contact(
                others.Contact.Name("Ana", "Ana"), phones=[others.Contact.Phone("+1 555", "CELL")]
            ),
        ),
        ContactCard((Card("Ana", phones=(Phone("+1 555", "CELL"),)),)),
        {},
    ),
    (
        lambda pywa: pywa.send_template(CUSTOMER, "news", templates.TemplateLanguage.ENGLISH_US, PARAMS),
        Template("news", "en_US", OUR_PARAMS),
        {},
    ),
]


def filled(value: Any) -> Any:
    """JSON without what is null or empty; kinds and places as Graph takes them in either writing."""
    if isinstance(value, dict):
        inner = {name: _EITHER.get(name, filled)(each) for name, each in value.items()}
        return {name: each for name, each in inner.items() if each not in (None, [], {})}
    return [filled(each) for each in value] if isinstance(value, list) else value


_EITHER: dict[str, Callable[[Any], Any]] = {"index": str, "type": str.lower, "sub_type": str.lower}


@pytest.mark.parametrize(("speak", "content", "native"), ALIKE)
async def test_pywa_and_we_write_the_same_message(
    pywa: WhatsApp, aiohttp_server: Serve, speak: Speak, content: Content, native: dict[str, Any]
) -> None:
    line = Line()
    await line.open(aiohttp_server, pywa)
    await asyncio.to_thread(speak, pywa)
    line.pair.send(content, native=native)
    (theirs,), ours = line.bodies, json.loads(line.pair.asked[0].body)
    kind = theirs["type"]
    assert (kind, filled(theirs[kind])) == (ours["type"], filled(ours[kind]))
    assert line.took[0].content == line.pair.answered[0].shown[0].content
