"""pywa, an independent client of WhatsApp's, reads what our simulator sends."""

from typing import Any

import pytest
from pywa import handlers
from pywa.client import WhatsApp
from pywa.types.callback import (
    CallbackButton,
    CallbackSelection,
)
from pywa.types.flows import FlowCompletion
from pywa.types.message import DeletedMessage, EditedMessage, Message

from state.model.content import Template, Text
from state.model.wire import Request
from tests.connectors.whatsapp.wire import CUSTOMER, Pair

KINDS = [
    handlers.MessageHandler,
    handlers.CallbackButtonHandler,
    handlers.CallbackSelectionHandler,
    handlers.EditedMessageHandler,
    handlers.DeletedMessageHandler,
    handlers.FlowCompletionHandler,
    handlers.MessageStatusHandler,
    handlers.AccountUpdateHandler,
    handlers.UserMarketingPreferencesHandler,
    handlers.TemplateStatusUpdateHandler,
]


def read(pywa: WhatsApp, *webhooks: Request) -> list[Any]:
    """What pywa makes of webhooks, whose signatures it finds right."""
    found: list[Any] = []
    for kind in KINDS:
        pywa.add_handlers(kind(lambda _, update: found.append(update)))
    for webhook in webhooks:
        assert pywa.webhook_update_validator(webhook.body, webhook.headers["x-hub-signature-256"]) is None
        assert pywa.webhook_update_handler(webhook.body) == ("ok", 200)
    return found


SAID: list[tuple[dict[str, Any], type, str, object]] = [
    ({"type": "text", "text": "Hi 👋"}, Message, "text", "Hi 👋"),
    ({"type": "text", "text": "x", "reply_to": "wamid.1"}, Message, "reply_to_message.id", "wamid.1"),
    ({"type": "image", "id": "7", "caption": "Look"}, Message, "caption", "Look"),
    ({"type": "image", "id": "7", "caption": "Look"}, Message, "image.id", "7"),
    ({"type": "video", "id": "7"}, Message, "video.mime_type", "video/mp4"),
    ({"type": "audio", "id": "7", "voice": True}, Message, "voice.id", "7"),
    ({"type": "document", "id": "7", "filename": "a.pdf"}, Message, "document.filename", "a.pdf"),
    ({"type": "sticker", "id": "7", "animated": True}, Message, "sticker.animated", True),
    ({"type": "location", "latitude": 52.5, "longitude": 13.4}, Message, "location.latitude", 52.5),
    ({"type": "contact", "name": "Ana", "phone": "+1 555"}, Message, "contacts.0.name.formatted_name", "Ana"),
    ({"type": "reaction", "target": "wamid.1", "emoji": "👍"}, Message, "reaction.emoji", "👍"),
    ({"type": "choice", "id": "a", "title": "Red"}, CallbackButton, "data", "a"),
    (
        {"type": "choice", "list": True, "id": "a", "title": "R", "reply_to": "wamid.1"},
        CallbackSelection,
        "data",
        "a",
    ),
    ({"type": "quick_reply", "id": "a", "title": "Red"}, CallbackButton, "is_quick_reply", True),
    ({"type": "form", "response_json": '{"guests":4}'}, FlowCompletion, "response.guests", 4),
    ({"type": "edit", "target": "wamid.1", "text": "Two"}, EditedMessage, "message.text", "Two"),
    ({"type": "delete", "target": "wamid.1"}, DeletedMessage, "original_message_id", "wamid.1"),
    ({"type": "poll"}, Message, "unsupported.type", "poll"),
]


def look(value: Any, path: str) -> Any:
    """What stands at a path of attributes, items and places."""
    for name in path.split("."):
        value = (
            value[int(name)]
            if name.isdigit()
            else value[name]
            if isinstance(value, dict)
            else getattr(value, name)
        )
    return value


@pytest.mark.parametrize(("what", "kind", "path", "seen"), SAID)
def test_pywa_reads_what_a_phone_says(
    pywa: WhatsApp, what: dict[str, Any], kind: type, path: str, seen: object
) -> None:
    (got,) = read(pywa, Pair().simulator.says(CUSTOMER, what).webhook)
    assert (type(got), look(got, path)) == (kind, seen)
    assert (got.from_user.wa_id, got.from_user.bsuid) == (CUSTOMER, "US.13490000000015550123")


def test_pywa_knows_a_hidden_phone_by_its_user_id(pywa: WhatsApp) -> None:
    (got,) = read(
        pywa, Pair().simulator.says(CUSTOMER, {"type": "text", "text": "Hi", "hidden": True}).webhook
    )
    assert (got.from_user.wa_id, got.from_user.username) == (None, "customer.0123")


@pytest.mark.parametrize("content", [Text("Hello"), Template("hello_world", "en_US")])
def test_pywa_reads_the_statuses_of_what_we_send(pywa: WhatsApp, content: Any) -> None:
    pair = Pair()
    sent = pair.send(content)
    found = read(pywa, *[each.webhook for each in pair.answered[-1].told])
    assert [(each.status.value, each.id, each.tracker) for each in found] == [
        (status, sent.provider_id, "ours-1") for status in ("sent", "delivered", "read")
    ]
    assert {each.pricing.billable for each in found} == {isinstance(content, Template)}


RESTRICTED = {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1750000000}
NEWS = {"message_template_id": 1, "message_template_name": "news", "message_template_language": "en_US"}
PREFERS = {
    "wa_id": CUSTOMER,
    "category": "marketing_messages",
    "value": "stop",
    "detail": "-",
    "timestamp": 1750000000,
}
TOLD: list[tuple[str, dict[str, Any], str, object]] = [
    (
        "account_update",
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": [RESTRICTED]},
        "restriction_info.0.type",
        "RESTRICTED_BIZ_INITIATED_MESSAGING",
    ),
    (
        "message_template_status_update",
        {"event": "PAUSED", "reason": "NONE", "message_template_category": "MARKETING", **NEWS},
        "new_status",
        "PAUSED",
    ),
    (
        "user_preferences",
        {
            "metadata": {"display_phone_number": "1", "phone_number_id": "106540352242922"},
            "contacts": [{"wa_id": CUSTOMER, "user_id": "US.1"}],
            "user_preferences": [PREFERS],
        },
        "value",
        "stop",
    ),
]


@pytest.mark.parametrize(("field", "value", "path", "seen"), TOLD)
def test_pywa_reads_what_meta_tells(
    pywa: WhatsApp, field: str, value: dict[str, Any], path: str, seen: object
) -> None:
    (got,) = read(pywa, Pair().simulator.tells(field, value))
    assert look(got, path) == seen
