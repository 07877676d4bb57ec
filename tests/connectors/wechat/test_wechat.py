"""WeChat's signatures and seals, its codes, its readers under anything that may come, and its simulated end."""

import json
from collections.abc import Generator
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.wechat import WeChat, codes, xml
from connectors.wechat.crypto import Cipher, signature
from connectors.wechat.simulator import WeChatSimulator
from state.model.channel import Channel
from state.model.content import (
    Choice,
    Chosen,
    Component,
    Content,
    Location,
    Media,
    Option,
    Parameter,
    Template,
    Text,
)
from state.model.event import MessageReceived, OptedIn, OptedOut, Receipt, Started
from state.model.wire import Call, File, Forged, Malformed, Outbound, Received, Reply, Request, Undelivered
from tests.connectors import fixtures

FOLLOWER = "oDemoOpenId0000000000000001x"
KEY, APP = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "wx0123456789abcdef"
INNER = (
    b"<xml><ToUserName><![CDATA[gh_demo]]></ToUserName><FromUserName><![CDATA[oDemoOpenId0000000000000001x]]>"
    b"</FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>"
    b"<![CDATA[hello]]></Content><MsgId>23000000000000001</MsgId></xml>"
)
SEALED = xml.read(
    fixtures.read(fixtures.ROOT / "wechat" / "fixtures" / "receive" / "sealed.json")["text"].encode()
)["Encrypt"]
NOW = 1_750_000_000
STAMP, NONCE, TOKEN = "1700000000", "n0nce42", "wxTokenDemo1"


def test_the_examples_are_right() -> None:
    assert signature(TOKEN, STAMP, NONCE) == "80a48882cbc603348c920927984f2f69ad4365b9"
    assert signature(TOKEN, STAMP, NONCE, SEALED) == "3c0a3f678a704cb93d4da4dd8c0952e03e7a92d8"
    cipher = Cipher((KEY,), APP, lambda size: b"0123456789abcdef"[:size])
    assert cipher.seal(INNER) == SEALED
    assert cipher.open(SEALED) == INNER


def test_the_old_key_opens_while_it_is_changed() -> None:
    assert Cipher(("B" * 43, KEY), APP).open(SEALED) == INNER


@pytest.mark.parametrize(
    ("keys", "app_id", "sealed"),
    [
        (("B" * 43,), APP, SEALED), ((KEY,), "wx_another", SEALED), ((KEY,), APP, SEALED[:-4]), ((KEY,), APP, ""),
        ((KEY,), APP, "no base64!"), ((KEY,), APP, "AAAA"), ((), APP, SEALED),
    ],
    ids=["another key", "another account", "cut", "nothing", "no base64", "too short", "no key"],
)  # fmt: skip
def test_what_is_sealed_otherwise_is_forged(keys: tuple[str, ...], app_id: str, sealed: str) -> None:
    with pytest.raises(Forged):
        Cipher(keys, app_id).open(sealed)


@given(st.binary(max_size=400))
def test_what_is_sealed_opens(body: bytes) -> None:
    cipher = Cipher((KEY,), APP)
    assert cipher.open(cipher.seal(body)) == body


def sealed_request(**changed: str) -> Request:
    query = {
        "signature": signature(TOKEN, STAMP, NONCE), "timestamp": STAMP, "nonce": NONCE, "encrypt_type": "aes",
        "msg_signature": signature(TOKEN, STAMP, NONCE, SEALED),
    } | changed  # fmt: skip
    return Request("POST", "/", query, {}, xml.write({"ToUserName": "gh_demo", "Encrypt": SEALED}))


CONNECTOR = fixtures.connector("wechat")


@pytest.mark.parametrize(
    "changed", [{"msg_signature": ""}, {"msg_signature": "3" * 40}, {"nonce": "x"}, {"timestamp": "1"}]
)
def test_a_sealed_message_with_another_signature_is_forged(changed: dict[str, str]) -> None:
    CONNECTOR.verify(sealed_request())
    with pytest.raises(Forged):
        CONNECTOR.verify(sealed_request(**changed))


@pytest.mark.parametrize("bit", range(0, 160, 7))
def test_one_changed_bit_is_a_forgery(bit: int) -> None:
    for name in ("signature", "msg_signature"):
        digest = bytearray.fromhex(sealed_request().query[name])
        digest[bit // 8] ^= 1 << bit % 8
        request = sealed_request(**{name: digest.hex()})
        plain = Request("GET", "/", request.query, {}, b"")
        with pytest.raises(Forged):
            CONNECTOR.verify(plain if name == "signature" else request)


@pytest.mark.parametrize(
    ("later", "good"), [(0, True), (600, True), (601, False), (-601, False), (86_400, False)]
)
def test_a_webhook_that_was_signed_long_ago_is_forged(later: int, good: bool) -> None:
    channel = Channel(id="w", type="wechat", settings={"app_id": APP}, credentials={
        "token": TOKEN, "app_secret": "s", "aes_key": KEY,
    })  # fmt: skip
    replayed = WeChat(channel, clock=lambda: int(STAMP) + later)
    with nullcontext() if good else pytest.raises(Forged):
        replayed.verify(sealed_request())


def test_in_safe_mode_a_plain_message_is_forged() -> None:
    query = {"signature": signature(TOKEN, STAMP, NONCE), "timestamp": STAMP, "nonce": NONCE}
    safe = fixtures.connector("wechat", {"mode": "safe"})
    with pytest.raises(Forged):
        safe.verify(Request("POST", "/", query, {}, INNER))
    safe.verify(Request("GET", "/", {**query, "echostr": "1"}, {}, b""))


TABLE = {
    "RETRY": [-1, -1000], "THROTTLE": [45011, 45009, 45028], "AUTH": [40001, 40014, 42001, 41001, 40125, 40013],
    "CONFIG": [40243, 40164, 61004, 48001, 61007, 50001, 48003, 48006, 88000, 88001, 88999, 89503, 89506, 89507],
    "FAIL_RCPT": [40003, 46004], "CONSENT": [43004, 50005, 43019, 43101, 48002], "WINDOW": [45015, 45047],
    "FAIL_MSG": [40037, 47003, 40007, *range(45002, 45009), 40008, 44004, 40033, 87009, 99999],
    "SUSPEND": [48004, 50002], "WARN": [87014, 45166],
}  # fmt: skip


def test_no_rule_is_without_a_row() -> None:
    assert codes._RULES.keys() - {code for each in TABLE.values() for code in each} == set()


@pytest.mark.parametrize(
    ("action", "code"), [(action, code) for action, each in TABLE.items() for code in each]
)
def test_every_code_asks_for_its_action(action: str, code: int) -> None:
    with pytest.raises(Undelivered) as error:
        codes.accepted(Reply(200, {}, json.dumps({"errcode": code, "errmsg": "x"}).encode()))
    assert error.value.action == action


HOSTILE: dict[str, bytes] = {
    "an entity": b'<!DOCTYPE a [<!ENTITY b "c">]><xml><A>&b;</A></xml>',
    "a bomb": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><xml>&c;</xml>',
    "a file": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><xml>&b;</xml>',
    "a document type": b"<!DOCTYPE xml><xml><A>b</A></xml>",
    "a deep one": b"<xml>" + b"<a>" * 50 + b"</a>" * 50 + b"</xml>",
    "a long one": b"<xml>" + b"".join(b"<a%d>1</a%d>" % (n, n) for n in range(2000)) + b"</xml>",
    "two roots": b"<xml></xml><xml></xml>",
    "nothing": b"",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        xml.read(body)


def read(body: bytes) -> Received:
    try:
        return CONNECTOR.receive(Request("POST", "/", {}, {}, body))
    except Malformed:
        return Received()


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda inner: b"<xml>" + inner + b"</xml>"))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    read(body)


NAMES = st.sampled_from(["MsgType", "FromUserName", "MsgId", "Content", "Event", "EventKey", "CreateTime", "MediaId",
                         "Location_X", "Location_Y", "Status", "MsgID", "bizmsgmenuid", "Encrypt"])  # fmt: skip
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20) | st.sampled_from(
    [
        "text",
        "event",
        "subscribe",
        "TEMPLATESENDJOBFINISH",
        "location",
        "nan",
        "1e999",
        "-1",
        "]]>",
        "9" * 400,
    ]
)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_elements_are_read(fields: dict[str, str]) -> None:
    found = read(xml.write({"FromUserName": FOLLOWER, "MsgType": "text", "MsgId": "1", **fields}))
    assert all(len(each.key) <= 300 for each in found.events)


def test_two_events_of_one_second_are_two() -> None:
    click = (
        "<xml><FromUserName>o1</FromUserName><CreateTime>1700000000</CreateTime><MsgType>event</MsgType>"
        "<Event>CLICK</Event><EventKey>%s</EventKey></xml>"
    )
    keys = [each.key for name in ("red", "blue", "red") for each in read((click % name).encode()).events]
    assert (len(keys), len(set(keys)), keys[0] == keys[2]) == (3, 2, True)


class Pair:
    """Both ends of the wire without a socket between them."""

    def __init__(self, **settings: str) -> None:
        secrets = {"token": TOKEN, "app_secret": "s3cret", "aes_key": KEY}
        base = {"app_id": APP, "base_url": "http://sim", **settings}
        channel = Channel(id="wx", type="wechat", settings=base, credentials=secrets)
        self.simulator = WeChatSimulator(channel, clock=lambda: NOW)
        self.connector = WeChat(channel)
        self.shown: list[Any] = []
        self.told: list[Any] = []
        token = self.play(self.connector.refresh())
        self.connector = WeChat(
            Channel(
                id="wx", type="wechat", settings=base, credentials={**secrets, "access_token": token.access}
            ),
            clock=lambda: NOW,
        )

    def play(self, talk: Generator[Call, Reply, Any]) -> Any:
        try:
            call = next(talk)
            while True:
                url = urlsplit(call.url)
                asked = Request(call.method, url.path, dict(parse_qsl(url.query)), call.headers, call.body)
                answered = self.simulator.answer(asked)
                self.shown += [each.content for each in answered.shown]
                self.told += [event for each in answered.told for event in self.read(each.webhook)]
                call = talk.send(answered.reply)
        except StopIteration as stop:
            return stop.value

    def send(self, content: Content, **more: Any) -> Any:
        message = Outbound(**{"id": "o1", "to": (f"wechat:{FOLLOWER}",), "content": content} | more)
        return self.play(self.connector.send(message))

    def read(self, webhook: Request) -> tuple[Any, ...]:
        self.connector.verify(webhook)
        return self.connector.receive(webhook).events

    def says(self, **what: Any) -> tuple[Any, ...]:
        return self.read(self.simulator.says(FOLLOWER, what).webhook)


@pytest.mark.parametrize(
    "content", [Text("你好 & <bye>"), Choice("Which?", (Option("r", "Red"), Option("g", "Green")))]
)
def test_what_is_sent_is_shown(content: Content) -> None:
    pair = Pair()
    assert pair.send(content).note == "sent"
    assert pair.shown == [content]


@pytest.mark.parametrize("native", [{}, {"subscription": True}], ids=["template", "subscription notice"])
def test_a_template_is_shown_and_its_receipt_read(native: dict[str, Any]) -> None:
    pair = Pair()
    content = Template("tm_1", "", (Component("body", (Parameter("Hello", "first"),)),))
    sent = pair.send(content, native=native)
    assert pair.shown == [content]
    (receipt,) = pair.told
    assert isinstance(receipt, Receipt)
    assert (receipt.provider_id, receipt.status) == (sent.provider_id, "delivered")


def test_a_picture_goes_both_ways() -> None:
    pair = Pair()
    pair.send(Media("image", stored="f"), files={"f": File(b"\x89PNG", "image/png", "a.png")})
    (shown,) = pair.shown
    kept = pair.simulator.file(shown.ref)
    assert kept
    assert (kept.body, kept.mime) == (b"\x89PNG", "image/png")
    (event,) = pair.says(type="image", id=shown.ref)
    assert pair.play(pair.connector.fetch(event.content)).body == b"\x89PNG"


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_what_a_follower_says_is_read_in_every_mode(mode: str) -> None:
    pair = Pair(mode=mode)
    (event,) = pair.says(type="text", text="Hi 👋 ]]> <b>")
    assert isinstance(event, MessageReceived)
    assert (event.content, event.addresses) == (Text("Hi 👋 ]]> <b>"), (f"wechat:{FOLLOWER}",))
    (event,) = pair.says(type="choice", id="r", title="Red")
    assert event.content == Chosen("r", "Red")
    (event,) = pair.says(type="location", latitude=23.1, longitude=113.3, name="Guangzhou")
    assert event.content == Location(23.1, 113.3, "Guangzhou")


def test_following_and_leaving_are_read_and_kept_to() -> None:
    pair = Pair()
    assert [type(each) for each in pair.says(type="stop")] == [OptedOut]
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert refused.value.action == "CONSENT"
    assert [type(each) for each in pair.says(type="start")] == [OptedIn, Started]
    assert pair.send(Text("Hello")).note == "sent"


@pytest.mark.parametrize("mode", ["plain", "safe"])
def test_a_passive_reply_is_sealed_as_the_request_was(mode: str) -> None:
    pair = Pair(mode=mode, passive_reply="yes")
    webhook = pair.simulator.says(FOLLOWER, {"type": "text", "text": "Hi"}).webhook
    assert pair.connector.receive(webhook).deferred
    answer = pair.connector.answer(
        webhook, Outbound(id="o", to=(f"wechat:{FOLLOWER}",), content=Text("Hello ]]> you"))
    )
    assert answer
    assert (b"<Encrypt>" in answer.body) == (mode == "safe")
    (shown,) = pair.simulator.reads(webhook, answer)
    assert (shown.to, shown.content) == (FOLLOWER, Text("Hello ]]> you"))


def event(name: str, key: str = "") -> bytes:
    fields = {
        "FromUserName": FOLLOWER,
        "CreateTime": STAMP,
        "MsgType": "event",
        "Event": name,
        "EventKey": key,
    }
    return xml.write(fields)


@pytest.mark.parametrize(
    ("body", "waits"),
    [
        (INNER, True), (event("subscribe"), True), (event("CLICK", "hours"), True), (event("SCAN", "17"), True),
        (event("VIEW", "https://example.org"), False), (event("unsubscribe"), False), (b"<xml></xml>", False),
    ],
    ids=["words", "follows", "menu", "code", "page", "leaves", "nothing"],
)  # fmt: skip
def test_a_webhook_waits_for_a_reply_where_a_flow_hears_of_it(body: bytes, waits: bool) -> None:
    pair = Pair(mode="plain", passive_reply="yes")
    assert pair.connector.receive(Request("POST", "/", {}, {}, body)).deferred is waits


@pytest.mark.parametrize(
    "content", [Text("好" * 683), Text("a\x0bb"), Choice("?", (Option("a", "A"),)), Media("video", ref="1")]
)
def test_what_a_passive_reply_cannot_say_goes_the_usual_way(content: Content) -> None:
    message = Outbound(id="o", to=(f"wechat:{FOLLOWER}",), content=content)
    assert Pair(mode="plain").connector.answer(Request("POST", "/", {}, {}, INNER), message) is None


@pytest.mark.parametrize(
    ("kind", "action"),
    [("throttled", "THROTTLE"), ("unavailable", "RETRY"), ("expired_token", "AUTH"), ("ban", "SUSPEND")],
)
def test_wechat_refuses_in_its_own_words(kind: Any, action: str) -> None:
    pair = Pair()
    sending = pair.connector.send(Outbound(id="o", to=(f"wechat:{FOLLOWER}",), content=Text("Hello")))
    next(sending)
    with pytest.raises(Undelivered) as refused:
        sending.send(pair.simulator.refusal(kind).reply)
    assert refused.value.action == action


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("app_id", "x"),
        ("mode", "open"),
        ("token", "a b"),
        ("aes_key", "short"),
        ("passive_reply", "maybe"),
        ("pace", "x"),
        ("max_age", "0"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    given = {"app_id": APP, "token": TOKEN, "app_secret": "s", "aes_key": KEY, name: value}
    with pytest.raises(ValueError, match=name):
        WeChat(Channel(id="w", type="wechat", settings=given))
