"""The simulated provider speaks the connector's wire, and refuses what Graph refuses."""

import json
from typing import Any

import msgspec
import pytest

from state.model.content import (
    Card,
    Chosen,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    Phone,
    Text,
    Unsupported,
)
from state.model.event import Deleted, Edited, MessageReceived, Notice, Reacted, Receipt
from state.model.wire import File, Outbound, Request, Undelivered
from tests.connectors import fixtures
from tests.connectors.whatsapp.wire import CUSTOMER, NOON, Pair

SAID: list[tuple[dict[str, Any], Content]] = [
    ({"type": "text", "text": "Hi 👋 / bye"}, Text("Hi 👋 / bye")),
    ({"type": "image", "id": "7", "caption": "Look"}, Media("image", ref="7", mime="image/jpeg", caption="Look")),
    ({"type": "audio", "id": "7", "voice": True}, Media("audio", ref="7", mime="audio/ogg; codecs=opus", voice=True)),
    ({"type": "document", "id": "7", "filename": "a"}, Media("document", ref="7", mime="application/pdf", name="a")),
    ({"type": "sticker", "id": "7"}, Media("sticker", ref="7", mime="image/webp")),
    ({"type": "location", "latitude": 52.5, "longitude": 13.4, "name": "Berlin"}, Location(52.5, 13.4, "Berlin")),
    (
        {"type": "contact", "name": "Ana", "phone": "+1 555 0199"},
        ContactCard((Card("Ana", "Ana", phones=(Phone("+1 555 0199", "CELL", "15550199"),)),)),
    ),
    ({"type": "choice", "id": "a", "title": "Red"}, Chosen("a", "Red")),
    ({"type": "choice", "list": True, "id": "a", "title": "Red", "description": "!"}, Chosen("a", "Red", "!")),
    ({"type": "quick_reply", "id": "a", "title": "Red"}, Chosen("a", "Red")),
    ({"type": "form", "response_json": '{"guests":4}'}, Form("flow", "Sent", answers={"guests": 4})),
    ({"type": "poll"}, Unsupported("poll", "Message type is currently not supported.")),
]  # fmt: skip


def read(what: dict[str, Any]) -> Any:
    pair = Pair()
    (event,) = pair.read(pair.simulator.says(CUSTOMER, what).webhook)
    return event


@pytest.mark.parametrize(("what", "content"), SAID)
def test_what_a_phone_says_is_read_as_it_was_said(what: dict[str, Any], content: Content) -> None:
    event = read(what)
    assert isinstance(event, MessageReceived)
    found = event.content
    if isinstance(found, Media):
        found = msgspec.structs.replace(found, sha256="")
    assert found == content
    assert event.addresses == ("whatsapp-bsuid:US.13490000000015550123", f"whatsapp:{CUSTOMER}")
    assert event.at == NOON * 1000


def test_a_reply_names_the_message_it_answers() -> None:
    assert read({"type": "text", "text": "Yes", "reply_to": "wamid.OURS"}).reply_to == "wamid.OURS"


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"type": "reaction", "target": "wamid.OURS", "emoji": "👍"}, Reacted),
        ({"type": "edit", "target": "wamid.FIRST", "text": "Two"}, Edited),
        ({"type": "delete", "target": "wamid.FIRST"}, Deleted),
    ],
)
def test_a_phone_acts_on_earlier_messages(what: dict[str, Any], kind: type) -> None:
    event = read(what)
    assert (type(event), event.target) == (kind, what["target"])


@pytest.mark.parametrize(
    "what", [{"type": "hologram"}, {}, {"type": "text"}, {"type": "location", "latitude": "x"}]
)
def test_what_a_phone_cannot_do_is_said(what: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Pair().simulator.says(CUSTOMER, what)


def test_a_hidden_phone_is_known_and_answered_by_its_user_id() -> None:
    pair = Pair()
    (event,) = pair.read(
        pair.simulator.says(CUSTOMER, {"type": "text", "text": "Hi", "hidden": True}).webhook
    )
    assert (event.addresses, event.name) == (("whatsapp-bsuid:US.13490000000015550123",), "Customer 23")
    assert pair.send(Text("Hello"), to=event.addresses).addresses == event.addresses
    assert pair.answered[-1].shown[0].to == CUSTOMER
    assert {each.addresses for each in pair.webhooks()} == {event.addresses}


def test_a_message_is_shown_and_its_receipts_carry_our_id() -> None:
    pair = Pair()
    sent = pair.send(Text("Hello"))
    (shown,) = pair.answered[-1].shown
    assert (shown.provider_id, shown.to, shown.content) == (sent.provider_id, CUSTOMER, Text("Hello"))
    found = [(each.status, each.provider_id, each.message_id) for each in pair.webhooks()]
    assert found == [(status, sent.provider_id, "ours-1") for status in ("sent", "delivered", "read")]
    assert sent.provider_id.startswith("wamid.")
    assert sent.addresses == ("whatsapp-bsuid:US.13490000000015550123", f"whatsapp:{CUSTOMER}")


UNKNOWN_HERE = {"audio_by_id", "sticker_by_id", "text_to_a_group", "text_with_a_proof", "text_elsewhere"}
TAKEN = [
    path
    for path in fixtures.paths("whatsapp", "send")
    if path.stem not in UNKNOWN_HERE and "provider_id" in fixtures.read(path).get("gives", {})
]


@pytest.mark.parametrize("path", TAKEN, ids=lambda path: path.stem)
def test_whatever_the_connector_sends_is_taken(path: Any) -> None:
    given = fixtures.read(path)["given"]["message"]
    pair = Pair()
    sent = pair.play(pair.connector.send(fixtures.decoded(given)))
    assert [each.status for each in pair.webhooks()] == ["sent", "delivered", "read"]
    assert pair.answered[-1].shown[0].provider_id == sent.provider_id


def test_a_phone_shows_what_its_owner_sent() -> None:
    said = Pair().simulator.says(
        CUSTOMER, {"type": "choice", "id": "a", "title": "Red", "reply_to": "wamid.X"}
    )
    assert said.shown
    assert (said.shown.to, said.shown.content) == (CUSTOMER, Chosen("a", "Red"))
    assert said.shown.reply_to == "wamid.X"


@pytest.mark.parametrize(
    ("kind", "action"),
    [("throttled", "THROTTLE"), ("unavailable", "RETRY"), ("expired_token", "AUTH"), ("ban", "SUSPEND")],
)
def test_graph_refuses_in_its_own_words(kind: Any, action: str) -> None:
    pair = Pair()
    refused = pair.simulator.refusal(kind)
    sending = pair.connector.send(Outbound(id="o", to=(f"whatsapp:{CUSTOMER}",), content=Text("Hello")))
    next(sending)
    with pytest.raises(Undelivered) as error:
        sending.send(refused.reply)
    assert error.value.action == action
    told = [event.action for each in refused.told for event in pair.read(each.webhook)]
    assert told == (["SUSPEND"] if kind == "ban" else [])


@pytest.mark.parametrize(
    ("code", "action"), [(130429, "THROTTLE"), (190, "AUTH"), (131047, "WINDOW"), (131000, "RETRY")]
)
def test_the_next_message_fails_as_it_was_told_to(code: int, action: str) -> None:
    pair = Pair()
    pair.simulator.fail(str(code))
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert (refused.value.action, refused.value.code) == (action, str(code))
    assert pair.send(Text("Hello")).provider_id


def test_a_message_fails_later_as_it_was_told_to() -> None:
    pair = Pair()
    pair.simulator.fail("131050", later=True)
    pair.send(Text("Hello"))
    (event,) = pair.webhooks()
    assert isinstance(event, Receipt)
    assert (event.status, event.fault and event.fault.action) == ("failed", "CONSENT")


def post(
    body: Any, path: str = "/v26.0/106540352242922/messages", token: str = "EAAG-page-token-1"
) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(
        "POST", path, {}, {"authorization": f"Bearer {token}", "content-type": "application/json"}, raw
    )
    reply = Pair().simulator.answer(request).reply
    return reply.status, json.loads(reply.body)


def message(**changed: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": CUSTOMER, "type": "text", "text": {"body": "x"}} | changed


def buttons(n: int, title: str = "A") -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": str(each), "title": title}} for each in range(n)]
    inner = {"type": "button", "body": {"text": "x"}, "action": {"buttons": replies}}
    return message(type="interactive", interactive=inner)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", 100),
        (b"[]", 100),
        ({}, 100),
        (message(messaging_product="telegram"), 100),
        (message(to=None), 100),
        (message(to="106540352242922"), 131021),
        (message(recipient_type="group"), 131215),
        (message(type="hologram"), 100),
        (message(text=None), 131008),
        (message(text={"body": "x" * 4097}), 100),
        (message(type="image", image={"caption": "x"}), 131008),
        (message(type="image", image={"id": "404"}), 131009),
        (message(type="contacts", contacts=[{}] * 258), 131009),
        (buttons(4), 131009),
        (buttons(1, "x" * 21), 100),
        ({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.!"}, 131009),
    ],
)
def test_graph_refuses_what_breaks_its_limits(body: Any, code: int) -> None:
    status, answer = post(body)
    assert (status, answer["error"]["code"]) == (400, code)
    assert answer["error"]["error_data"]["details"]


def test_graph_refuses_a_wrong_token_and_a_wrong_number() -> None:
    assert [(status, answer["error"]["code"]) for status, answer in (
        post(message(), token="another"),
        post(message(), path="/v26.0/999/messages"),
        post(message(), path="/"),
    )] == [(401, 190), (400, 100), (400, 100)]  # fmt: skip


def test_a_picture_of_ours_is_uploaded_shown_and_deleted() -> None:
    pair = Pair()
    pair.send(Media("image", stored="f"), files={"f": File(b"\x89PNG\r\n--\r\n", "image/png", "chair.png")})
    shown = pair.answered[-1].shown[0].content
    assert isinstance(shown, Media)
    ref = shown.ref
    kept = pair.simulator.file(ref)
    assert kept is not None
    assert (kept.body, kept.mime, kept.name) == (b"\x89PNG\r\n--\r\n", "image/png", "chair.png")
    pair.play(pair.connector.delete(ref))
    assert pair.simulator.file(ref) is None


def test_a_picture_of_a_customer_is_fetched() -> None:
    pair = Pair(base_url="https://graph.example")
    ref = pair.simulator.keep(File(b"picture", "image/png"))
    (event,) = pair.read(
        pair.simulator.says(CUSTOMER, {"type": "image", "id": ref, "mime": "image/png"}).webhook
    )
    file = pair.play(pair.connector.fetch(event.content))
    assert (file.body, file.mime) == (b"picture", "image/png")


def test_typing_is_shown_on_the_phone_that_wrote() -> None:
    pair = Pair()
    (event,) = pair.read(pair.simulator.says(CUSTOMER, {"type": "text", "text": "Hi"}).webhook)
    pair.play(pair.connector.typing(event.addresses, event.provider_id))
    pair.play(pair.connector.mark_read(event.addresses, event.provider_id))
    assert [each.typing for each in pair.answered] == [(CUSTOMER,), ()]


def test_a_blocked_customer_cannot_write() -> None:
    pair = Pair()
    pair.play(pair.connector.block((f"whatsapp:{CUSTOMER}",)))
    with pytest.raises(ValueError, match="blocked"):
        pair.simulator.says(CUSTOMER, {"type": "text", "text": "Hi"})
    pair.play(pair.connector.unblock(("whatsapp-bsuid:US.13490000000015550123",)))
    pair.simulator.says(CUSTOMER, {"type": "text", "text": "Hi"})


def test_templates_are_listed() -> None:
    pair = Pair()
    assert [each.name for each in pair.play(pair.connector.templates())] == ["hello_world", "order_update"]


def test_what_meta_tells_of_the_account_is_read() -> None:
    pair = Pair()
    (event,) = pair.read(pair.simulator.tells("account_update", {"event": "ACCOUNT_VIOLATION"}))
    assert isinstance(event, Notice)
    assert (event.action, event.business, event.at) == ("SUSPEND", "102290129340398", NOON * 1000)
