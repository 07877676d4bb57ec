"""The simulated SMSC speaks the session's wire: words both ways, receipts, and refusals in SMPP's own statuses."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.contract import Refusal
from connectors.link import End
from connectors.smpp import SMPP
from connectors.smpp.simulator import SmppSimulator
from state.model.channel import Channel
from state.model.content import Text
from state.model.event import MessageReceived, Receipt
from state.model.wire import Request, Sent, Undelivered
from tests.connectors.smpp.talk import SETTINGS, ZERO, message

PHONE = "447700900300"
CODES = {"vendor_codes": "0x401=CONSENT, 0x40B=SUSPEND"}


class Pair:
    """A session and the simulated SMSC, octets going between them until nobody has more to say."""

    def __init__(self, refused: list[Refusal] | None = None, **settings: str) -> None:
        given = {**SETTINGS, "sender": "447700900123", **CODES, **settings}
        channel = Channel(id="sms", type="smpp", settings=given, credentials={"password": "secret08"})
        self.simulator, self.link = SmppSimulator(channel, lambda: 1.0), SMPP(channel).link(ZERO)
        self.refused = refused or []
        self.shown: list[Any] = []
        self.events: list[Any] = []
        self.ends: list[End] = []
        self.closed = False
        self.connect()

    def connect(self) -> None:
        self.closed = False
        self.simulator.opened(self._strikes())
        self._ours(self.link.connected(0.0))

    def _strikes(self) -> Callable[[], Refusal | None]:
        return lambda: self.refused.pop(0) if self.refused else None

    def _ours(self, step: Any) -> None:
        self.ends += step.ends
        for arrival in step.arrivals:
            self.events += arrival.received.events
        answers = b"".join(arrival.accept for arrival in step.arrivals)
        if octets := step.write + answers:
            answered = self.simulator.answer(Request("LINK", "", {}, {}, octets))
            self.shown += answered.shown
            for told in (answered.reply.body, *(each.webhook.body for each in answered.told)):
                if told:
                    self._ours(self.link.received(told, 1.0))
            if answered.reply.status == 0:
                self.closed = True
                self._ours(self.link.disconnected(1.0))

    def send(self, text: str) -> Sent | Undelivered | Any:
        self._ours(self.link.submit(message(text, to=f"tel:+{PHONE}"), 1.0))
        return self.ends[-1].outcome

    def says(self, **what: Any) -> list[Any]:
        before = len(self.events)
        self._ours(self.link.received(self.simulator.says(PHONE, what).webhook.body, 1.0))
        return self.events[before:]


@pytest.mark.parametrize("text", ["Hello", "Grüße 👋", "long words " * 40])
def test_what_is_sent_is_shown_whole_and_its_receipts_come(text: str) -> None:
    pair = Pair()
    sent = pair.send(text)
    assert isinstance(sent, Sent)
    assert [(each.to, each.content) for each in pair.shown] == [(PHONE, Text(text))]
    ids = [sent.provider_id, *sent.more]
    assert {(each.provider_id, each.status) for each in pair.events} == {(each, "delivered") for each in ids}


@pytest.mark.parametrize("text", ["Hi", "Grüße 👋", "long words " * 40])
def test_what_a_phone_says_is_read_whole(text: str) -> None:
    event = Pair().says(type="text", text=text)[-1]
    assert isinstance(event, MessageReceived)
    assert (event.content, event.addresses) == (Text(text), (f"tel:+{PHONE}",))


def test_a_phone_chooses_and_stops_in_words() -> None:
    pair = Pair()
    assert pair.says(type="choice", id="r", title="Red")[0].content == Text("Red")
    (stop,) = pair.says(type="stop")
    assert isinstance(stop, MessageReceived)
    assert stop.content == Text("STOP")


@pytest.mark.parametrize("what", [{"type": "image", "id": "1"}, {"type": "text"}, {}])
def test_what_a_phone_cannot_do_is_said(what: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Pair().simulator.says(PHONE, what)


@pytest.mark.parametrize(
    ("kind", "action"), [("throttled", "THROTTLE"), ("unavailable", "RETRY"), ("ban", "SUSPEND")]
)
def test_an_smsc_refuses_in_its_own_statuses(kind: Refusal, action: str) -> None:
    pair = Pair([kind])
    refused = pair.send("Hello")
    assert isinstance(refused, Undelivered)
    assert refused.action == action
    assert (pair.shown, pair.closed) == ([], False)


def test_who_is_locked_out_is_cut_off_and_may_try_again() -> None:
    pair = Pair(["expired_token"])
    refused = pair.send("Hello")
    assert isinstance(refused, Undelivered)
    assert (refused.action, pair.closed) == ("AUTH", True)
    pair.connect()
    assert isinstance(pair.send("Hello"), Sent)


def test_a_message_fails_now_or_later_as_it_was_told_to() -> None:
    pair = Pair()
    pair.simulator.fail("0x0B")
    refused = pair.send("Hello")
    assert isinstance(refused, Undelivered)
    assert refused.action == "FAIL_RCPT"
    pair.simulator.fail("13", later=True)
    pair.send("Hello")
    assert isinstance(pair.events[-1], Receipt)
    assert pair.events[-1].status == "failed"


@pytest.mark.parametrize(("wanted", "told"), [("final", 1), ("none", 0), ("failure", 0)])
def test_receipts_come_where_they_are_asked_for(wanted: str, told: int) -> None:
    pair = Pair(registered_delivery=wanted)
    pair.send("Hello")
    assert len(pair.events) == told


def test_a_receipt_can_be_told_by_hand() -> None:
    pair = Pair(registered_delivery="none")
    sent = pair.send("Hello")
    assert isinstance(sent, Sent)
    told = pair.simulator.tells(sent.provider_id, {"state": "8", "error": "1"})
    pair._ours(pair.link.received(told.body, 1.0))
    assert (pair.events[-1].status, replace(pair.events[-1], fault=None).provider_id) == (
        "failed",
        sent.provider_id,
    )
