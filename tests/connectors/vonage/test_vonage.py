"""Vonage's codes, its readers under anything that may come, and its simulated end, by both APIs."""

import copy
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.vonage import codes, messages, sms
from state import inbox
from state.model.content import Content, Media, Text
from state.model.event import MessageReceived, Receipt
from state.model.wire import BadMessage, File, Malformed, Outbound, Received, Reply, Request, Undelivered
from tests.connectors import fixtures
from tests.connectors.anything import JSON, places
from tests.connectors.vonage.wire import PHONE, Pair, connector

APIS = ("sms", "messages")
OF_STATUS = {
    "THROTTLE": [1], "RETRY": [5, 10], "FAIL_MSG": [2, 3, 6, 12, 23], "AUTH": [4, 14, 32], "FAIL_RCPT": [7],
    "SUSPEND": [8], "CONFIG": [9, 11, 15, 22, 29, 33],
}  # fmt: skip
OF_MESSAGES = {
    "THROTTLE": [1000, 1460], "RETRY": [1030, 1100, 1300], "FAIL_MSG": [1010, 1020, 1022, 1040, 1090, 1250, 1360],
    "FAIL_RCPT": [1050, 1290, 1190, 1200, 1280, *range(1220, 1231), *range(1260, 1271)], "CONSENT": [1240],
    "WARN": [1210, 1350], "SUSPEND": [1060], "CONFIG": [1070, 1080, 1120, 1160, 1170], "WINDOW": [1340],
}  # fmt: skip
OF_RECEIPT = {
    "RETRY": [8, 7, 2, 15], "FAIL_MSG": [10], "FAIL_RCPT": [4, 14, 3, 5, 12, 13], "CONSENT": [9, 53], "WARN": [6],
    "CONFIG": [16, 11, 50, 51, 52, 54],
}  # fmt: skip
TABLES = [
    (look, action, code)
    for look, table in (
        (codes.of_status, OF_STATUS),
        (codes.of_messages, OF_MESSAGES),
        (codes.of_receipt, OF_RECEIPT),
    )
    for action, each in table.items()
    for code in each
]


@pytest.mark.parametrize(
    ("look", "action", "code"), TABLES, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_every_code_asks_for_its_action(look: Any, action: str, code: int) -> None:
    assert look(code) == action


@pytest.mark.parametrize("code", [5, 12])
def test_an_error_that_hides_its_cause_gives_no_number_up(code: int) -> None:
    title = {"title": str({5: 1200, 12: 1265}[code])}
    faults = codes.receipt_fault(str(code), "failed"), codes.messages_fault(title, "undeliverable")
    assert [each.action for each in faults] == ["RETRY", "RETRY"]


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (401, "AUTH"),
        (402, "CONFIG"),
        (403, "CONFIG"),
        (404, "CONFIG"),
        (422, "FAIL_MSG"),
        (429, "THROTTLE"),
        (500, "RETRY"),
    ],
)
def test_an_answer_without_a_code_goes_by_its_status(status: int, action: str) -> None:
    assert codes.undelivered(Reply(status, {}, b"?"), 1).action == action


INBOUND = {"text", "image", "audio", "video", "file", "vcard", "location", "reply", "button", "order", "sticker",
           "unsupported", "reaction"}  # fmt: skip


def test_every_documented_type_and_status_has_a_fixture() -> None:
    found = [fixtures.read(path) for path in fixtures.paths("vonage", "receive")]
    read = [each for each in found if not {"raises", "problems"} & each.keys()]
    bodies = [each["body"] for each in read if "message_uuid" in each.get("body", {})]
    forms = [each["form"] for each in read if "form" in each]
    assert INBOUND - {each.get("message_type") for each in bodies} == set()
    assert set(messages._STATUSES) - {each.get("status") for each in bodies} == set()
    assert set(messages._SCHEMES) - {each["channel"] for each in bodies} == set()
    assert (set(sms._STATUSES) | {"unknown"}) - {each.get("status") for each in forms} == set()
    assert {"text", "unicode", "binary"} - {each.get("type") for each in forms} == set()


CONNECTOR = fixtures.connector("vonage")
BODIES = [
    found["body"] if "body" in found else found["form"]
    for path in fixtures.paths("vonage", "receive")
    if {"body", "form"} & (found := fixtures.read(path)).keys()
]


def read(request: Request) -> Received:
    """What is read of a request, checked to be what any store takes."""
    try:
        found = CONNECTOR.receive(request)
    except Malformed:
        return Received()
    for each in found.events:
        inbox.check(each)
    return found


def posted(body: bytes, mime: str = "") -> Request:
    return Request("POST", "/", {}, {"content-type": mime} if mime else {}, body)


@given(
    st.binary(max_size=200), st.sampled_from(["", "application/json", "application/x-www-form-urlencoded"])
)
def test_any_bytes_are_read_or_malformed(body: bytes, mime: str) -> None:
    read(posted(body, mime))


@given(st.data())
def test_a_webhook_with_anything_in_any_place_is_read(data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from(BODIES)))
    for container, key in data.draw(st.lists(st.sampled_from(places(body)), min_size=1, max_size=3)):
        container[key] = data.draw(JSON)
    read(posted(json.dumps(body).encode()))


FORMS = [body for body in BODIES if "messageId" in body]


@given(st.sampled_from(FORMS), st.data())
def test_any_form_is_read(form: dict[str, str], data: st.DataObject) -> None:
    names = st.sampled_from(
        sorted({name for each in FORMS for name in each} | {"concat", "concat-part", "udh"})
    )
    words = st.text(max_size=12) | st.sampled_from(
        ["true", "9" * 400, "-1", "\0", "0500032A0201", "1e999", "STOP"]
    )
    whole = {**form, **data.draw(st.dictionaries(names, words, max_size=4))}
    read(posted(urlencode(whole, errors="surrogatepass").encode()))
    read(Request("GET", "/", whole, {}, b""))


SENT: list[tuple[str, Content]] = [
    ("sms", Text("Hello & <bye> ÄÖ 👋")),
    ("messages", Text("Hello & <bye> ÄÖ 👋")),
    ("messages", Media("image", url="https://example.org/p.jpg", caption="Look")),
    ("messages", Media("document", url="https://example.org/a.pdf", name="a.pdf")),
]


@pytest.mark.parametrize(("api", "content"), SENT)
def test_what_is_sent_is_shown_and_what_became_of_it_is_read(api: str, content: Content) -> None:
    pair = Pair(api)
    sent = pair.send(content)
    (shown,) = pair.shown
    assert (shown.provider_id, shown.to, shown.content) == (sent.provider_id, PHONE, content)
    assert [(type(each), each.status, each.message_id) for each in pair.told] == [
        (Receipt, "sent", "0197f3a2c4d17a2b9c00d5e6f7a8b9c0"),
        (Receipt, "delivered", "0197f3a2c4d17a2b9c00d5e6f7a8b9c0"),
    ]


@pytest.mark.parametrize("api", APIS)
def test_what_a_phone_says_is_read(api: str) -> None:
    (event,) = Pair(api).says(type="text", text="Hi & =ÄÖ 👋 + more")
    assert isinstance(event, MessageReceived)
    assert (event.content, event.addresses, event.at) == (
        Text("Hi & =ÄÖ 👋 + more"),
        (f"tel:+{PHONE}",),
        1_767_323_045_000,
    )
    assert Pair(api).says(type="choice", title="Red")[0].content == Text("Red")


@pytest.mark.parametrize("api", APIS)
def test_who_has_stopped_is_not_written_to_until_they_start(api: str) -> None:
    pair = Pair(api)
    (stop,) = pair.says(type="stop")
    assert isinstance(stop, MessageReceived)
    assert stop.content == Text("STOP")
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert refused.value.action == ("FAIL_RCPT" if api == "sms" else "CONSENT")
    pair.says(type="start")
    assert pair.send(Text("Hello")).provider_id


def test_a_picture_of_a_phone_is_fetched() -> None:
    pair = Pair("messages")
    ref = pair.simulator.keep(File(b"picture", "image/png"))
    (event,) = pair.says(type="image", id=ref, caption="Look")
    assert (event.content.kind, event.content.caption) == ("image", "Look")
    assert pair.play(pair.connector.fetch(event.content)) == File(b"picture", "image/png")


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("kind", "action"),
    [("throttled", "THROTTLE"), ("unavailable", "RETRY"), ("expired_token", "AUTH"), ("ban", "SUSPEND")],
)
def test_vonage_refuses_in_its_own_words(api: str, kind: Any, action: str) -> None:
    pair = Pair(api)
    sending = pair.connector.send(Outbound(id="o", to=(f"tel:+{PHONE}",), content=Text("Hello")))
    next(sending)
    with pytest.raises(Undelivered) as refused:
        sending.send(pair.simulator.refusal(kind).reply)
    assert refused.value.action == action


@pytest.mark.parametrize(("api", "now", "later"), [("sms", "9", "6"), ("messages", "1070", "1210")])
def test_a_message_fails_now_or_later_as_it_was_told_to(api: str, now: str, later: str) -> None:
    pair = Pair(api)
    pair.simulator.fail(now)
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert (refused.value.action, refused.value.code) == ("CONFIG", now)
    pair.simulator.fail(later, later=True)
    pair.send(Text("Hello"))
    assert (pair.told[-1].status, pair.told[-1].fault.action) == ("failed", "WARN")


@pytest.mark.parametrize("api", APIS)
def test_wrong_credentials_are_refused(api: str) -> None:
    pair = Pair(api)
    stranger = connector(api=api, api_secret="another")
    with pytest.raises(Undelivered) as refused:
        pair.play(stranger.send(Outbound(id="o", to=(f"tel:+{PHONE}",), content=Text("Hello"))))
    assert refused.value.action == "AUTH"


@pytest.mark.parametrize(
    ("api", "what"),
    [
        ("sms", {"type": "image", "id": "1"}),
        ("messages", {"type": "hologram"}),
        ("messages", {"type": "image", "id": "1"}),
    ],
)
def test_what_a_phone_cannot_do_is_said(api: str, what: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Pair(api).says(**what)


WRONG = [
    ("api_key", ""), ("sender", "+44 7700"), ("api", "fax"), ("signature", "crc32"), ("max_age", "0"),
    ("base_url", "x"), ("status_callback", "x"), ("pace", "fast"), ("api_secret", ""), ("signature_secret", ""),
    ("application_id", "app"), ("private_key", "-----BEGIN"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    more = {"application_id": "app"} if name == "private_key" else {}
    with pytest.raises(ValueError, match=name.replace("application_id", "private_key")):
        connector(1, **{name: value, **more})


def test_the_api_narrows_what_the_channel_can() -> None:
    assert connector(api="sms").capabilities.media == {}
    assert connector(api="messages").capabilities.media


def test_a_message_for_nobody_is_refused_before_any_call() -> None:
    with pytest.raises(BadMessage):
        Pair("messages").send(Text("x"), to="inapp:1")
