"""The simulated Meta speaks the connectors' wire, and refuses what Meta refuses."""

from typing import Any

import msgspec
import pytest

from state.model.channel import Profile
from state.model.content import Choice, Chosen, Content, Location, Media, Option, Reaction, Text
from state.model.event import (
    Deleted,
    Edited,
    MessageReceived,
    Notice,
    OptedOut,
    Reacted,
    Receipt,
    ReceiptUpTo,
    Started,
)
from state.model.wire import File, Outbound, Undelivered
from tests.connectors import fixtures
from tests.connectors.messaging.wire import BASE, KINDS, NOON_MS, Pair

SAID: list[tuple[dict[str, Any], Content]] = [
    ({"type": "text", "text": "Hi 👋 & </bye>"}, Text("Hi 👋 & </bye>")),
    ({"type": "choice", "id": "red", "title": "Red"}, Chosen("red", "Red")),
    ({"type": "choice", "id": "red", "title": "Red", "button": True}, Chosen("red", "Red")),
    ({"type": "image", "id": "7", "caption": "Look"}, Media("image", url=f"{BASE}/files/7", caption="Look")),
    ({"type": "video", "id": "7"}, Media("video", url=f"{BASE}/files/7")),
    ({"type": "audio", "id": "7"}, Media("audio", url=f"{BASE}/files/7")),
]
AT_MESSENGER: list[tuple[dict[str, Any], Content]] = [
    ({"type": "document", "id": "7"}, Media("document", url=f"{BASE}/files/7")),
    ({"type": "sticker", "id": "7"}, Media("sticker", url=f"{BASE}/files/7")),
    ({"type": "location", "latitude": 52.5, "longitude": 13.4, "name": "Gate"}, Location(52.5, 13.4, "Gate")),
]
CASES = [(kind, *each) for kind in KINDS for each in SAID] + [("messenger", *each) for each in AT_MESSENGER]


@pytest.mark.parametrize(("kind", "what", "content"), CASES)
def test_what_a_phone_says_is_read_as_it_was_said(kind: str, what: dict[str, Any], content: Content) -> None:
    pair = Pair(kind)
    (event,) = pair.says(**what)
    assert isinstance(event, MessageReceived)
    assert (event.content, event.addresses, event.at, event.key) == (
        content,
        (pair.urn,),
        NOON_MS,
        event.provider_id,
    )


DONE: list[tuple[str, dict[str, Any], type]] = [
    *((kind, {"type": "reaction", "target": "m_1", "emoji": "👍"}, Reacted) for kind in KINDS),
    *((kind, {"type": "reaction", "target": "m_1", "emoji": ""}, Reacted) for kind in KINDS),
    *((kind, {"type": "edit", "target": "m_1", "text": "Two"}, Edited) for kind in KINDS),
    *((kind, {"type": "start"}, Started) for kind in KINDS),
    ("instagram", {"type": "delete", "target": "m_1"}, Deleted),
    ("messenger", {"type": "stop"}, OptedOut),
]


@pytest.mark.parametrize(("kind", "what", "event"), DONE)
def test_what_a_phone_does_is_read(kind: str, what: dict[str, Any], event: type) -> None:
    first = Pair(kind).says(**what)[0]
    assert isinstance(first, event)
    assert getattr(first, "target", "m_1") == "m_1"


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("messenger", {"type": "hologram"}), ("messenger", {"type": "text"}),
        ("messenger", {"type": "delete", "target": "m"}),
        ("instagram", {"type": "stop"}), ("instagram", {"type": "location", "latitude": 1, "longitude": 2}),
    ],
)  # fmt: skip
def test_what_a_phone_cannot_do_is_said(kind: str, what: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Pair(kind).says(**what)


CHOICE = Choice("Which?", (Option("r", "Red"), Option("g", "Green")))
SENT: list[Content] = [Text("Hello"), Media("image", url="https://example.org/p.jpg"), CHOICE]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", SENT, ids=range(len(SENT)))
def test_what_is_sent_is_shown(kind: str, content: Content) -> None:
    pair = Pair(kind)
    sent = pair.send(content)
    (shown,) = pair.answered[-1].shown
    assert (shown.provider_id, shown.to, shown.content) == (sent.provider_id, pair.customer, content)


def told(pair: Pair) -> list[Any]:
    return [event for each in pair.answered[-1].told for event in pair.read(each.webhook)]


def test_messenger_tells_what_became_of_a_message_by_our_id_and_by_watermarks() -> None:
    pair = Pair("messenger")
    sent = pair.send(Text("Hello"))
    copy, delivered, until, read = told(pair)
    assert isinstance(copy, Receipt)
    assert (copy.status, copy.message_id) == ("sent", "0190f1e2d3c4b5a60718293a4b5c6d7e")
    assert (delivered.status, delivered.provider_id) == ("delivered", sent.provider_id)
    assert isinstance(until, ReceiptUpTo)
    assert (read.status, read.until) == ("read", NOON_MS + 1)


def test_instagram_tells_what_became_of_a_message_by_its_own_id() -> None:
    pair = Pair("instagram")
    sent = pair.send(Text("Hello"))
    assert [(type(each), each.status, each.provider_id) for each in told(pair)] == [
        (Receipt, "sent", sent.provider_id),
        (Receipt, "read", sent.provider_id),
    ]


TAKEN = [
    (kind, path)
    for kind in KINDS
    for path in fixtures.paths(kind, "send")
    if "provider_id" in fixtures.read(path).get("gives", {}) and not fixtures.read(path).get("settings")
]


@pytest.mark.parametrize(("kind", "path"), TAKEN, ids=lambda value: getattr(value, "stem", value))
def test_whatever_the_connector_sends_is_taken(kind: str, path: Any) -> None:
    pair = Pair(kind)
    message = fixtures.decoded(fixtures.read(path)["given"]["message"])
    found = pair.play(pair.connector.send(msgspec.structs.replace(message, to=(pair.urn,))))
    assert pair.answered[-1].shown[0].provider_id == found.provider_id


@pytest.mark.parametrize(
    ("kind", "action"),
    [("throttled", "THROTTLE"), ("unavailable", "RETRY"), ("expired_token", "AUTH"), ("ban", "SUSPEND")],
)
@pytest.mark.parametrize("channel", KINDS)
def test_meta_refuses_in_its_own_words(channel: str, kind: Any, action: str) -> None:
    pair = Pair(channel)
    sending = pair.connector.send(Outbound(id="o", to=(pair.urn,), content=Text("Hello")))
    next(sending)
    refusal = pair.simulator.refusal(kind)
    with pytest.raises(Undelivered) as refused:
        sending.send(refusal.reply)
    assert refused.value.action == action
    for each in refusal.told:
        (event,) = pair.read(each.webhook)
        assert isinstance(event, Notice)
        assert (event.action, event.code) == ("SUSPEND", "policy_enforcement/block")


OURS = {"recipient": {"id": "@"}, "messaging_type": "RESPONSE", "message": {"text": "x"}}
UNFIT: list[tuple[str, dict[str, Any]]] = [
    ("messenger", {"message": {"text": "x" * 2001}}),
    ("instagram", {"message": {"text": "é" * 501}}),
    ("messenger", {"messaging_type": None}),
    ("messenger", {"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}),
    ("messenger", {"recipient": {"id": "@", "user_ref": "r"}}),
    ("messenger", {"recipient": {"id": "stranger"}}),
    ("messenger", {"message": {}}),
    ("messenger", {"sender_action": "dance"}),
]


@pytest.mark.parametrize(("kind", "unfit"), UNFIT, ids=range(len(UNFIT)))
def test_meta_refuses_what_it_cannot_take(kind: str, unfit: dict[str, Any]) -> None:
    pair = Pair(kind)
    pair.send(Text("Hello"))
    whole = msgspec.json.encode(OURS | unfit).replace(b'"@"', f'"{pair.customer}"'.encode())
    answer = pair.simulator.answer(msgspec.structs.replace(pair.asked[-1], body=whole))
    assert (answer.reply.status, b'"code":100' in answer.reply.body, answer.shown) == (400, True, ())


@pytest.mark.parametrize("kind", KINDS)
def test_another_token_is_refused(kind: str) -> None:
    pair = Pair(kind)
    pair.send(Text("Hello"))
    answer = pair.simulator.answer(
        msgspec.structs.replace(pair.asked[-1], headers={"authorization": "Bearer x"})
    )
    assert (answer.reply.status, b'"code":190' in answer.reply.body) == (401, True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_of_a_customer_is_fetched_and_its_address_ends(kind: str) -> None:
    pair = Pair(kind)
    ref = pair.simulator.keep(File(b"picture", "image/png"))
    (event,) = pair.says(type="image", id=ref)
    assert pair.play(pair.connector.fetch(event.content)).body == b"picture"
    with pytest.raises(Undelivered):
        pair.play(pair.connector.fetch(Media("image", url=f"{BASE}/files/0")))


def test_a_file_of_ours_is_left_with_meta_and_shown() -> None:
    pair = Pair("messenger")
    body = b"%PDF-1.4\r\n--x\r\n"
    pair.send(Media("document", stored="f"), files={"f": File(body, "application/pdf", 'a".pdf')})
    (shown,) = pair.answered[-1].shown
    assert isinstance(shown.content, Media)
    assert pair.simulator.file(shown.content.ref).body == body


@pytest.mark.parametrize("kind", KINDS)
def test_reactions_typing_reading_and_names_go_out(kind: str) -> None:
    pair = Pair(kind)
    pair.send(Reaction("m_3", "👍"))
    assert isinstance(pair.answered[-1].shown[0].content, Reaction)
    pair.play(pair.connector.typing((pair.urn,), ""))
    assert pair.answered[-1].typing == (pair.customer,)
    pair.play(pair.connector.mark_read((pair.urn,), ""))
    assert isinstance(pair.play(pair.connector.profile((pair.urn,))), Profile)


def test_instagram_s_own_token_begins_its_days_anew() -> None:
    fresh = Pair("instagram")
    assert fresh.play(fresh.connector.refresh()).seconds == 5_184_000
    assert not hasattr(Pair("instagram", login="facebook", page_id="5").connector, "refresh")
