"""Telegram's words for trouble, its readers under anything that may come, and its simulated end."""

import json
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.telegram import Telegram, codes
from connectors.telegram.codes import Told
from connectors.telegram.outbound import as_html
from connectors.telegram.simulator import TelegramSimulator
from state.model.channel import Channel
from state.model.content import (
    Card,
    Choice,
    Chosen,
    ContactCard,
    Content,
    Location,
    Media,
    Option,
    Phone,
    Reaction,
    Text,
)
from state.model.event import Deleted, Edited, MessageReceived, OptedIn, OptedOut, Reacted, Started
from state.model.wire import Call, File, Forged, Malformed, Outbound, Received, Reply, Request, Undelivered
from tests.connectors import fixtures
from tests.connectors.anything import JSON, places

CUSTOMER = "5550100"
SIGNALS: list[tuple[int, str, str]] = [
    (429, "Too Many Requests: retry after 5", "THROTTLE"), (500, "Internal Server Error", "RETRY"),
    (502, "Bad Gateway", "RETRY"), (504, "Gateway Timeout", "RETRY"), (401, "Unauthorized", "AUTH"),
    (404, "Not Found", "AUTH"), (403, "Forbidden: bot was blocked by the user", "CONSENT"),
    (403, "Forbidden: user is deactivated", "FAIL_RCPT"), (400, "Bad Request: chat not found", "FAIL_RCPT"),
    (403, "Forbidden: bot can't initiate conversation with a user", "FAIL_RCPT"),
    (403, "Forbidden: bot was kicked from the supergroup chat", "FAIL_RCPT"),
    (403, "Forbidden: bot is not a member of the channel chat", "FAIL_RCPT"),
    (403, "Forbidden: the group chat was deleted", "FAIL_RCPT"), (400, "Bad Request: can't parse entities", "FAIL_MSG"),
    (400, "Bad Request: message is too long", "FAIL_MSG"), (400, "Bad Request: wrong file identifier", "FAIL_MSG"),
    (400, "Bad Request: BUTTON_DATA_INVALID", "FAIL_MSG"), (400, "Bad Request: TOPIC_CLOSED", "CONFIG"),
    (400, "Bad Request: not enough rights to send", "CONFIG"), (400, "Bad Request: CHAT_WRITE_FORBIDDEN", "CONFIG"),
    (400, "Bad Request: need administrator rights", "CONFIG"),
    (409, "Conflict: terminated by other getUpdates request", "CONFIG"), (403, "Forbidden: PEER_FLOOD", "SUSPEND"),
    (403, "Forbidden: USER_RESTRICTED", "SUSPEND"), (420, "FLOOD", "SUSPEND"),
    (403, "Forbidden: for another reason", "CONFIG"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "words", "action"), SIGNALS)
def test_every_signal_asks_for_its_action(code: int, words: str, action: str) -> None:
    assert codes.undelivered(Reply(code), Told(error_code=code, description=words)).action == action


CONNECTOR = fixtures.connector("telegram")
BODIES = [
    found["body"]
    for path in fixtures.paths("telegram", "receive")
    if "body" in (found := fixtures.read(path))
]


def read(body: bytes) -> Received:
    try:
        return CONNECTOR.receive(Request("POST", "/", {}, {}, body))
    except Malformed:
        return Received()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    read(body)


@given(st.data())
def test_an_update_with_anything_in_any_place_is_read(data: st.DataObject) -> None:
    body = json.loads(json.dumps(data.draw(st.sampled_from(BODIES))))
    for container, key in data.draw(st.lists(st.sampled_from(places(body)), min_size=1, max_size=3)):
        container[key] = data.draw(JSON)
    read(json.dumps(body).encode())


@pytest.mark.parametrize(
    "given_token", [None, "", "tg_Secret-02", "tg_Secret-0", "tg_Secret-011", "TG_SECRET-01", "ä"]
)
def test_another_secret_token_is_forged(given_token: str | None) -> None:
    headers = {} if given_token is None else {"x-telegram-bot-api-secret-token": given_token}
    with pytest.raises(Forged):
        CONNECTOR.verify(Request("POST", "/", {}, headers, b"{}"))


def test_the_secret_token_opens() -> None:
    CONNECTOR.verify(Request("POST", "/", {}, {"x-telegram-bot-api-secret-token": "tg_Secret-01"}, b"{}"))


def test_the_token_is_in_no_name_and_no_reason() -> None:
    sending = CONNECTOR.send(Outbound(id="o", to=("telegram:1",), content=Text("x")))
    assert "AAdemo" not in next(sending).name
    with pytest.raises(Undelivered) as refused:
        sending.send(Reply(401, {}, b"{}"))
    assert "AAdemo" not in str(refused.value)


class Pair:
    """Both ends of the wire without a socket between them."""

    def __init__(self) -> None:
        secrets = {"bot_token": "7000001:AAdemo-token", "secret_token": "tg_Secret-01"}
        channel = Channel(id="tg", type="telegram", settings={"base_url": "http://sim"}, credentials=secrets)
        self.connector, self.simulator = (
            Telegram(channel),
            TelegramSimulator(channel, clock=lambda: 1_750_000_000),
        )
        self.shown: list[Any] = []

    def play(self, talk: Generator[Call, Reply, Any]) -> Any:
        try:
            call = next(talk)
            while True:
                answered = self.simulator.answer(
                    Request(call.method, urlsplit(call.url).path, {}, call.headers, call.body)
                )
                self.shown += answered.shown
                call = talk.send(answered.reply)
        except StopIteration as stop:
            return stop.value

    def send(self, content: Content, **more: Any) -> Any:
        message = Outbound(**{"id": "o1", "to": (f"telegram:{CUSTOMER}",), "content": content} | more)
        return self.play(self.connector.send(message))

    def read(self, webhook: Request) -> tuple[Any, ...]:
        self.connector.verify(webhook)
        return self.connector.receive(webhook).events

    def says(self, **what: Any) -> tuple[Any, ...]:
        return self.read(self.simulator.says(CUSTOMER, what).webhook)


SENT: list[Content] = [
    Text("Hello & <bye>"),
    Media("image", url="https://example.org/p.jpg", caption="Look"),
    Media("audio", url="https://example.org/a.ogg", voice=True),
    Location(52.5, 13.4, "Gate", "Berlin"),
    Location(52.5, 13.4),
    ContactCard((Card("Ann", phones=(Phone("+15550142"),)),)),
    Choice("Which?", (Option("r", "Red"), Option("link", "Open", kind="url", url="https://example.org"))),
    Choice("Where?", (Option("share_location", "Here", kind="share_location"),)),
]


@pytest.mark.parametrize("content", SENT, ids=range(len(SENT)))
def test_what_is_sent_is_shown(content: Content) -> None:
    pair = Pair()
    sent = pair.send(content)
    (shown,) = pair.shown
    assert (shown.provider_id, shown.to, shown.content) == (sent.provider_id, CUSTOMER, content)


def test_a_file_of_ours_is_uploaded_and_shown() -> None:
    pair = Pair()
    body = b"%PDF-1.4\r\n--x\r\n"
    pair.send(
        Media("document", stored="f", caption="Yours"), files={"f": File(body, "application/pdf", 'a".pdf')}
    )
    (shown,) = pair.shown
    kept = pair.simulator.file(shown.content.ref)
    assert (shown.content.caption, kept and kept.body) == ("Yours", body)


SAID: list[tuple[dict[str, Any], Content]] = [
    ({"type": "text", "text": "Hi 👋"}, Text("Hi 👋")),
    ({"type": "image", "id": "7", "caption": "Look"}, Media("image", ref="7", caption="Look")),
    (
        {"type": "document", "id": "7", "mime": "application/pdf"},
        Media("document", ref="7", mime="application/pdf"),
    ),
    ({"type": "location", "latitude": 52.5, "longitude": 13.4}, Location(52.5, 13.4)),
    (
        {"type": "contact", "name": "Ana", "phone": "+15550199"},
        ContactCard((Card("Ana", "Ana", phones=(Phone("+15550199"),)),)),
    ),
]


@pytest.mark.parametrize(("what", "content"), SAID)
def test_what_a_phone_says_is_read(what: dict[str, Any], content: Content) -> None:
    (event,) = Pair().says(**what)
    assert isinstance(event, MessageReceived)
    assert (event.content, event.addresses, event.at) == (
        content,
        (f"telegram:{CUSTOMER}",),
        1_750_000_000_000,
    )


def test_a_button_gives_back_its_id_and_its_title() -> None:
    pair = Pair()
    sent = pair.send(Choice("Which?", (Option("r", "Red"), Option("g", "Green"))))
    (event,) = pair.says(type="choice", id="g", reply_to=sent.provider_id)
    assert (event.content, event.reply_to) == (Chosen("g", "Green"), sent.provider_id)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"type": "start", "text": "shop"}, Started), ({"type": "stop"}, OptedOut), ({"type": "unblock"}, OptedIn),
        ({"type": "reaction", "target": "5550100:3", "emoji": "👍"}, Reacted),
        ({"type": "edit", "target": "5550100:3", "text": "Two"}, Edited),
    ],
)  # fmt: skip
def test_what_a_phone_does_is_read(what: dict[str, Any], kind: type) -> None:
    (event,) = Pair().says(**what)
    assert isinstance(event, kind)
    assert not isinstance(event, Deleted)


def test_who_blocked_the_bot_is_not_reached() -> None:
    pair = Pair()
    pair.says(type="stop")
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert refused.value.action == "CONSENT"
    pair.says(type="unblock")
    assert pair.send(Text("Hello")).provider_id


def test_reactions_typing_and_names_go_out() -> None:
    pair = Pair()
    assert pair.send(Reaction(f"{CUSTOMER}:3", "👍")).note == "sent"
    assert pair.shown[0].content == Reaction(f"{CUSTOMER}:3", "👍")
    assert pair.play(pair.connector.typing((f"telegram:{CUSTOMER}",), "")) is None
    assert pair.play(pair.connector.profile((f"telegram:{CUSTOMER}",))).username == f"c{CUSTOMER}"


def test_a_picture_of_a_customer_is_fetched() -> None:
    pair = Pair()
    ref = pair.simulator.keep(File(b"picture", "image/png"))
    (event,) = pair.says(type="image", id=ref)
    assert pair.play(pair.connector.fetch(event.content)).body == b"picture"


@pytest.mark.parametrize(
    ("kind", "action"),
    [("throttled", "THROTTLE"), ("unavailable", "RETRY"), ("expired_token", "AUTH"), ("ban", "SUSPEND")],
)
def test_telegram_refuses_in_its_own_words(kind: Any, action: str) -> None:
    pair = Pair()
    sending = pair.connector.send(Outbound(id="o", to=("telegram:1",), content=Text("Hello")))
    next(sending)
    with pytest.raises(Undelivered) as refused:
        sending.send(pair.simulator.refusal(kind).reply)
    assert refused.value.action == action


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b & c", "a &lt; b &amp; c"), ("**bold** *it*", "<b>bold</b> <i>it</i>"), ("2 * 3 * 4", "2 * 3 * 4"),
        ("`x<y`", "<code>x&lt;y</code>"), ("snake_case_name", "snake_case_name"), ("_so_", "<i>so</i>"),
        ("[a](https://x.example/?q=1&r=2)", '<a href="https://x.example/?q=1&amp;r=2">a</a>'),
        ("**a *b** c*", "**a *b** c*"), ("`**x**` **y**", "<code>**x**</code> <b>y</b>"),
        ("[a](https://x.example/_b_)", '<a href="https://x.example/_b_">a</a>'),
        ('[a](https://x.example/")', '<a href="https://x.example/&quot;">a</a>'),
    ],
)  # fmt: skip
def test_markdown_becomes_the_html_telegram_knows(text: str, shown: str) -> None:
    assert as_html(text) == shown


@given(st.text(st.sampled_from("ab *_~`[]()<>&\"'\n:/") | st.characters(), max_size=40))
def test_any_markdown_becomes_html_that_is_well_formed(text: str) -> None:
    shown = ElementTree.fromstring(f"<a>{as_html(storable(text))}</a>")
    assert set("".join(shown.itertext())) <= set(storable(text))


def storable(text: str) -> str:
    """The text without what XML, which reads it here, cannot hold."""
    return "".join(each for each in text if each.isprintable() or each == "\n")


@pytest.mark.parametrize(
    ("name", "value"), [("bot_token", "abc"), ("secret_token", "a b"), ("base_url", "x"), ("pace", "-1")]
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    secrets = {"bot_token": "7:AAdemo", "secret_token": "s"}
    settings: dict[str, str] = {}
    (secrets if name.endswith("token") else settings)[name] = value
    with pytest.raises(ValueError, match=name):
        Telegram(Channel(id="t", type="telegram", settings=settings, credentials=secrets))
