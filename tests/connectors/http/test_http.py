"""Aggregators by their settings: what is wrong is named, nothing that comes in breaks a reader, both ends agree."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.http import Http
from connectors.http.simulator import HttpSimulator
from connectors.sms.aggregator import profile
from state import inbox
from state.model.content import Text
from state.model.event import MessageReceived, Receipt
from state.model.wire import Malformed, Outbound, Received, Request, Undelivered
from tests.connectors import fixtures
from tests.connectors.anything import JSON, asked
from tests.connectors.http.presets import NOW, OURS, PHONE, Pair, channel, documented

NAMES = ("", "kannel", "results", "words")


PARSED = {"template", "errors", "receipt", "message", "statuses"}


def test_the_page_connects_the_aggregators_of_the_fixtures() -> None:
    shown = {
        name: fixtures.read(fixtures.ROOT / "http/fixtures/send" / f"{name}.json")["settings"]
        for name in NAMES[1:]
    }
    for name, settings in shown.items():
        own = {**channel().settings, **documented()[name], **settings}["callback"].rpartition("/")[2]
        page, fixture = (
            profile.read(channel(name), {}),
            profile.read(replace(channel(**{**documented()[name], **settings}), id=own), {}),
        )
        assert replace(page, given={}) == replace(fixture, given={})
        assert {key: page.given[key] for key in settings.keys() - PARSED - {"callback"}} == {
            key: fixture.given[key] for key in settings.keys() - PARSED - {"callback"}
        }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ['Hello & =<bye> {to} "x"', "Grüße 👋\nzwei"])
def test_what_is_sent_is_shown_and_what_became_of_it_is_read(name: str, text: str) -> None:
    pair = Pair(name)
    sent = pair.send(Text(text))
    (shown,) = pair.shown
    assert (shown.to.removeprefix("00"), shown.content) == (PHONE, Text(text))
    assert sent.provider_id in (shown.provider_id, "")
    assert [(type(each), each.status) for each in pair.told] == [(Receipt, "sent"), (Receipt, "delivered")]
    known = {each.message_id for each in pair.told}
    assert known == ({OURS} if pair.connector.capabilities.reconcilable else {""})


@pytest.mark.parametrize("name", NAMES)
def test_what_a_phone_says_is_read(name: str) -> None:
    pair = Pair(name)
    event = pair.says(type="text", text="Hi & =ÄÖ 👋 + more")[0]
    assert isinstance(event, MessageReceived)
    assert (event.content, event.addresses) == (Text("Hi & =ÄÖ 👋 + more"), (f"tel:+{PHONE}",))
    assert event.at in (NOW * 1000, 0)
    words = [
        [getattr(each, "content", None) for each in pair.says(type=word)]
        for word in ("stop", "start", "help")
    ]
    assert words == [[Text("STOP")], [Text("START")], [Text("HELP")]]


@pytest.mark.parametrize(
    ("name", "reconcilable"), [("", True), ("kannel", True), ("results", True), ("words", False)]
)
def test_our_id_comes_back_where_the_settings_say_so(name: str, reconcilable: bool) -> None:
    assert Http(channel(name)).capabilities.reconcilable is reconcilable


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        ("throttled", ("THROTTLE",)),
        ("unavailable", ("RETRY",)),
        ("expired_token", ("AUTH",)),
        ("ban", ("SUSPEND", "CONFIG")),
    ],
)
def test_an_aggregator_refuses_in_its_own_words(name: str, kind: Any, actions: tuple[str, ...]) -> None:
    pair = Pair(name)
    sending = pair.connector.send(Outbound(id=OURS, to=(f"tel:+{PHONE}",), content=Text("Hello")))
    next(sending)
    with pytest.raises(Undelivered) as refused:
        sending.send(pair.simulator.refusal(kind).reply)
    assert refused.value.action in actions


@pytest.mark.parametrize("name", NAMES)
def test_wrong_credentials_are_refused(name: str) -> None:
    pair = Pair(name)
    sending = Http(channel(name, secret="another")).send(
        Outbound(id=OURS, to=(f"tel:+{PHONE}",), content=Text("x"))
    )
    assert pair.simulator.answer(asked(next(sending))).reply.status == 401


def test_a_request_is_signed_where_the_settings_say_so() -> None:
    pair = Pair(auth="hmac")
    assert pair.send(Text("Hello")).provider_id


def test_a_message_fails_now_or_later_as_it_was_told_to() -> None:
    pair = Pair()
    pair.simulator.fail("7")
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert (refused.value.action, refused.value.code) == ("FAIL_RCPT", "7")
    pair.simulator.fail("8", later=True)
    pair.send(Text("Hello"))
    assert (pair.told[-1].status, pair.told[-1].fault.action) == ("failed", "SUSPEND")


@pytest.mark.parametrize("what", [{"type": "image", "id": "1"}, {"type": "hologram"}, {}])
def test_what_a_phone_cannot_do_is_said(what: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        HttpSimulator(channel()).says(PHONE, what)


WRONG = [
    ("base_url", "sms.example"), ("path", "x"), ("template", "{"), ("template", "[]"), ("template", '{"to":"{to}"}'),
    ("template", '{"to":"{to}","text":"{text}","x":"{colour}"}'), ("sender", "+44 7"), ("method", "PUT"),
    ("format", "xml"), ("headers", "[]"), ("headers", '{"a":1}'), ("auth", "digest"), ("number_format", "words"),
    ("codings", "gsm7=0"), ("charset", "ebcdic"), ("text_limit", "0"), ("callback", "x"), ("pace", "fast"),
    ("ok_status", "2xx"), ("ok", "xpath:/a"), ("ok", "json:a"), ("id", "regex:("), ("id", "regex:a"), ("id", "id"),
    ("error", "json:"), ("reason", "x"), ("errors", "7"), ("errors", "7=EXPLODE"), ("message", "from=a, text=b"),
    ("message", "text=a, id=b"), ("message", "from=a, id=b"), ("message", "from=a, text=b, id=c, colour=d"),
    ("receipt", "id=a"), ("receipt", "nonsense"), ("receipt_if", ""), ("statuses", "OK=perhaps"),
    ("token_in", "body:x"),
    ("signature_header", ""), ("token", "a&b"), ("token", "a b"), ("sample", "{}"), ("secret", ""),
]  # fmt: skip
AT_FAULT = {("ok", "json:a"): "ok_values", ("sample", "{}"): "sample"}


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    more = {"sample": '{"message":"{id}"}'} if name == "sample" else {}
    with pytest.raises(ValueError, match=f"^{AT_FAULT.get((name, value), name)}: "):
        Http(channel(**{name: value} | more))


def test_webhooks_that_anybody_could_write_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^token: "):
        Http(channel(token="", signature_secret=""))


def test_a_form_is_flat() -> None:
    with pytest.raises(ValueError, match=r"^template: "):
        Http(channel(format="form", template='{"to":"{to}","text":["{text}"]}'))


CONNECTORS = {name: Http(channel(name)) for name in NAMES}
FIELDS = sorted(
    {"from", "to", "text", "id", "at", "ref", "part", "parts", "status", "error", "reference", "report", "ours",
     "results",
     "oa", "da", "ud", "mid", "udh", "stat", "err", "done"}
)  # fmt: skip
WORDS = st.text(max_size=12) | st.sampled_from(
    [
        "DELIVRD",
        "1",
        "447700900001",
        "9" * 400,
        "-1",
        "\0",
        "0500032A0201",
        "1e999",
        "2601020304",
        "STOP",
        OURS,
    ]
)


def read(name: str, request: Request) -> Received:
    try:
        found = CONNECTORS[name].receive(request)
    except Malformed:
        return Received()
    for each in found.events:
        inbox.check(each)
    return found


@given(st.sampled_from(NAMES), st.binary(max_size=200), st.sampled_from(["", "application/json"]))
def test_any_bytes_are_read_or_malformed(name: str, body: bytes, mime: str) -> None:
    read(name, Request("POST", "/", {}, {"content-type": mime}, body))


@given(
    st.sampled_from(NAMES), st.dictionaries(st.sampled_from(FIELDS), JSON | WORDS, max_size=8), st.booleans()
)
def test_any_json_is_read(name: str, item: dict[str, Any], listed: bool) -> None:
    body = {"results": [item, item]} if listed else item
    read(name, Request("POST", "/", {}, {"content-type": "application/json"}, json.dumps(body).encode()))


@given(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(FIELDS), WORDS, max_size=8))
def test_any_form_is_read(name: str, form: dict[str, str]) -> None:
    read(name, Request("POST", "/", {}, {}, urlencode(form, errors="surrogatepass").encode()))
    read(name, Request("GET", "/", form, {}, b""))


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_a_bad_item_leaves_the_others(item: dict[str, Any]) -> None:
    good = {"messageId": "good", "from": "447700900001", "to": "4", "text": "x", "receivedAt": "1767323045"}
    body = json.dumps({"results": [item, good, None, 7]}).encode()
    found = read("results", Request("POST", "/", {}, {"content-type": "application/json"}, body))
    assert "good" in [each.key for each in found.events]
    assert len(found.problems) >= 2
