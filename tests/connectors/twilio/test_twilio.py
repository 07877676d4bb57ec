"""Twilio's codes, its readers under anything that may come, its answers as TwiML, and its simulated end."""

from collections.abc import Generator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.twilio import Twilio, codes
from connectors.twilio.simulator import TwilioSimulator
from state.model.channel import Channel
from state.model.content import Choice, Content, Media, Option, Template, Text
from state.model.event import MessageReceived, Receipt
from state.model.wire import (
    BadMessage,
    Call,
    File,
    Malformed,
    Outbound,
    Received,
    Reply,
    Request,
    Undelivered,
)
from tests.connectors import fixtures

PHONE = "+15550100"
TABLE = {
    "AUTH": [20003], "SUSPEND": [20005, 10001, 63026, 63013, 63020, 30002, 21729, 30033],
    "THROTTLE": [20429, 14107, 30001, 21611, 30017, 30022, 63017, 63018, 30023, 30025, 30026, 30027, 63038],
    "RETRY": [20500, 20503, 30008, 30410, 30020, 30021, 63009, 63010, 63012],
    "FAIL_RCPT": [30003, 21211, 21217, 21401, 21614, 30005, 30006, 63003, 63024, 21216, 30450],
    "CONSENT": [21610, 30004, 63014, 63033], "WINDOW": [63016], "WARN": [30007, 63039],
    "CONFIG": [30034, 30032, 30018, 30024, 21709, 21717, *range(21330, 21340), 21408, 21612, 21606, 21660,
               *range(21701, 21706), 63001, 63007, 63008, 57012, 30440, 30449, 30800, 30850, 30901, 30999],
    "FAIL_MSG": [63032, 21602, 21603, 21604, 21617, 21620, 21623, 21654, 21655, 21656, 30019, 63005, 63006, 63019,
                 63021],
}  # fmt: skip


def test_no_rule_is_without_a_row() -> None:
    assert codes._RULES.keys() - {code for each in TABLE.values() for code in each} == set()


@pytest.mark.parametrize(
    ("action", "code"), [(action, code) for action, each in TABLE.items() for code in each]
)
def test_every_code_asks_for_its_action(action: str, code: int) -> None:
    assert codes.action_of(code) == action


def test_a_phone_that_was_off_once_is_not_given_up() -> None:
    told = {"MessageSid": "SM1", "MessageStatus": "undelivered", "To": PHONE, "ErrorCode": "30003"}
    assert [each.fault.action for each in read(told).events] == ["RETRY"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (400, "FAIL_MSG"),
        (401, "AUTH"),
        (403, "CONFIG"),
        (404, "CONFIG"),
        (429, "THROTTLE"),
        (500, "RETRY"),
        (503, "RETRY"),
    ],
)
def test_an_answer_without_a_code_goes_by_its_status(status: int, action: str) -> None:
    assert codes.undelivered(Reply(status, {}, b"?"), 1).action == action


CONNECTOR = fixtures.connector("twilio")


def read(form: dict[str, str] | bytes) -> Received:
    body = form if isinstance(form, bytes) else urlencode(form, errors="surrogatepass").encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    try:
        return CONNECTOR.receive(Request("POST", "/", {}, headers, body))
    except Malformed:
        return Received()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    read(body)


NAMES = st.sampled_from(
    ["MessageSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "Latitude", "Longitude", "MessageStatus", "ErrorCode",
     "OptOutType", "ProfileName", "ButtonPayload", "RawDlrDoneDate", "ExternalUserId"]
)  # fmt: skip
VALUES = st.text(max_size=20) | st.sampled_from(
    ["SM1", PHONE, "delivered", "failed", "1e999", "-1", "nan", "STOP", "\0", "9" * 400]
)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_form_is_read(form: dict[str, str]) -> None:
    found = read({"MessageSid": "SM1", "From": PHONE, **form})
    assert all("\0" not in each.key and len(each.key) <= 300 for each in found.events)


class Pair:
    """Both ends of the wire without a socket between them."""

    def __init__(self, **settings: str) -> None:
        secrets = {"auth_token": "twilio-auth-token-demo"}
        channel = Channel(
            id="sms", type="twilio", credentials=secrets,
            settings={"account_sid": "ACdemo", "sender": "+15005550006", "base_url": "http://sim", **settings},
        )  # fmt: skip
        self.connector, self.simulator = Twilio(channel), TwilioSimulator(channel)
        self.told: list[Any] = []
        self.shown: list[Content] = []

    def play(self, talk: Generator[Call, Reply, Any]) -> Any:
        try:
            call = next(talk)
            while True:
                url = urlsplit(call.url)
                answered = self.simulator.answer(
                    Request(call.method, url.path, dict(parse_qsl(url.query)), call.headers, call.body)
                )
                self.shown += [each.content for each in answered.shown]
                self.told += [event for each in answered.told for event in self.read(each.webhook)]
                call = talk.send(answered.reply)
        except StopIteration as stop:
            return stop.value

    def send(self, content: Content, to: str = f"tel:{PHONE}") -> Any:
        return self.play(self.connector.send(Outbound(id="o1", to=(to,), content=content)))

    def read(self, webhook: Request) -> tuple[Any, ...]:
        """What the connector reads, once it has found the signature right."""
        signed = Request("POST", "https://parley.example/webhooks/sms", {}, webhook.headers, webhook.body)
        self.connector.verify(signed)
        return self.connector.receive(signed).events


@pytest.mark.parametrize(
    "content",
    [
        Text("Hello & <bye>"),
        Media("image", url="https://example.org/p.jpg", caption="Look"),
        Template("HX1", ""),
    ],
)
def test_what_is_sent_is_shown_and_its_statuses_are_read(content: Content) -> None:
    pair = Pair()
    sent = pair.send(content)
    assert pair.shown == [content]
    assert [(each.status, each.provider_id) for each in pair.told] == [
        ("sent", sent.provider_id),
        ("delivered", sent.provider_id),
    ]


def test_what_a_phone_says_is_read() -> None:
    pair = Pair()
    said = pair.simulator.says(PHONE, {"type": "text", "text": "Hi 👋 + more"})
    (event,) = pair.read(said.webhook)
    assert isinstance(event, MessageReceived)
    assert (event.content, event.addresses) == (Text("Hi 👋 + more"), (f"tel:{PHONE}",))
    assert said.shown
    assert (said.shown.provider_id, said.shown.content) == (event.provider_id, event.content)


def test_an_agent_of_rcs_is_written_to_and_answers_by_rcs() -> None:
    pair = Pair(sender="rcs:agent_demo")
    (event,) = pair.read(pair.simulator.says(PHONE, {"type": "text", "text": "Hi"}).webhook)
    assert event.addresses == (f"tel:{PHONE}",)
    pair.send(Text("Hello"))
    assert (pair.shown, [each.addresses for each in pair.told]) == ([Text("Hello")], [event.addresses] * 2)
    with pytest.raises(BadMessage):
        pair.send(Text("Hello"), to="whatsapp:15550100")


def test_a_picture_of_a_phone_is_fetched() -> None:
    pair = Pair()
    ref = pair.simulator.keep(File(b"picture", "image/png"))
    (event,) = pair.read(pair.simulator.says(PHONE, {"type": "image", "id": ref, "caption": "Look"}).webhook)
    assert pair.play(pair.connector.fetch(event.content)) == File(b"picture", "image/png")


def test_who_has_stopped_is_not_written_to_until_they_start() -> None:
    pair = Pair()
    (message,) = pair.read(pair.simulator.says(PHONE, {"type": "stop"}).webhook)
    assert message.content == Text("STOP")
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert (refused.value.action, refused.value.code) == ("CONSENT", "21610")
    pair.simulator.says(PHONE, {"type": "start"})
    assert pair.send(Text("Hello")).provider_id


@pytest.mark.parametrize(
    "what", [{"type": "hologram"}, {}, {"type": "text"}, {"type": "image", "id": "none"}]
)
def test_what_a_phone_cannot_do_is_said(what: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Pair().simulator.says(PHONE, what)


@pytest.mark.parametrize(
    ("kind", "action"),
    [("throttled", "THROTTLE"), ("unavailable", "RETRY"), ("expired_token", "AUTH"), ("ban", "SUSPEND")],
)
def test_twilio_refuses_in_its_own_words(kind: Any, action: str) -> None:
    pair = Pair()
    sending = pair.connector.send(Outbound(id="o", to=(f"tel:{PHONE}",), content=Text("Hello")))
    next(sending)
    with pytest.raises(Undelivered) as refused:
        sending.send(pair.simulator.refusal(kind).reply)
    assert refused.value.action == action


def test_a_message_fails_now_or_later_as_it_was_told_to() -> None:
    pair = Pair()
    pair.simulator.fail("21614")
    with pytest.raises(Undelivered):
        pair.send(Text("Hello"))
    pair.simulator.fail("30007", later=True)
    pair.send(Text("Hello"))
    (event,) = pair.told
    assert isinstance(event, Receipt)
    assert (event.status, event.fault and event.fault.action) == ("failed", "WARN")


def test_a_reply_goes_as_twiml_and_is_shown() -> None:
    pair = Pair(twiml_reply="yes")
    webhook = pair.simulator.says(PHONE, {"type": "text", "text": "Hi"}).webhook
    content = Media("image", url="https://example.org/p.jpg?a=1&b=<2>", caption="Tom & <Jerry>")
    answer = pair.connector.answer(webhook, Outbound(id="o", to=(f"tel:{PHONE}",), content=content))
    assert answer
    assert ElementTree.fromstring(answer.body).findtext("Message/Body") == "Tom & <Jerry>"
    (shown,) = pair.simulator.reads(webhook, answer)
    assert (shown.to, shown.content.caption) == (PHONE, "Tom & <Jerry>")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "message",
    [
        Outbound(id="o", to=("tel:+15550100",), content=Choice("?", (Option("a", "A"),))),
        Outbound(id="o", to=("tel:+15550100",), content=Text("x" * 1601)),
        Outbound(id="o", to=("tel:+15550100",), content=Text("a\x0bb")),
        Outbound(id="o", to=("x:1",), content=Text("x")),
        Outbound(id="o", to=("tel:+15550100",), content=Text("x"), native={"validity": 60}),
    ],
)
def test_what_twiml_cannot_say_goes_the_usual_way(message: Outbound) -> None:
    pair = Pair(twiml_reply="yes")
    assert pair.connector.answer(Request("POST", "/", {}, {}, b""), message) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("account_sid", "XX"), ("sender", "+1 555"), ("base_url", "ftp://x"), ("twiml_reply", "maybe"), ("pace", "fast"),
     ("status_callback", "x"), ("api_key", "SK1")],
)  # fmt: skip
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name.replace("api_key", "api_secret")):
        Pair(**{name: value})


def test_a_message_for_nobody_is_refused_before_any_call() -> None:
    with pytest.raises(BadMessage):
        Pair().send(Text("x"), to="inapp:1")
