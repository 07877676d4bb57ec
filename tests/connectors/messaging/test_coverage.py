"""Every inbound type that Meta documents for messaging has a fixture; so has every shape of message that we send."""

from typing import Any

import pytest

from connectors.graph.messaging import content, items
from tests.connectors import fixtures
from tests.connectors.messaging.wire import KINDS

Json = dict[str, Any]
COMMON = {
    "message", "postback", "referral", "reaction", "message_edit", "read", "pass_thread_control", "take_thread_control",
    "request_thread_control",
}  # fmt: skip
ITEMS = {
    "messenger": COMMON
    | {
        "delivery", "optin", "app_roles", "account_linking", "messaging_feedback", "response_feedback",
        "policy_enforcement",
    },
    "instagram": COMMON,
}  # fmt: skip
ATTACHMENTS = {
    "messenger": {"image", "video", "audio", "file", "template", "fallback", "sticker", "location", "reel"},
    "instagram": {
        "image",
        "video",
        "audio",
        "file",
        "ig_reel",
        "share",
        "story_mention",
        "ig_post",
        "like_heart",
    },
}
PARTS = {
    "messenger": {
        "text",
        "quick_reply",
        "reply_to",
        "referral",
        "is_echo",
        "metadata",
        "is_deleted",
        "is_unsupported",
    },
    "instagram": {
        "text", "quick_reply", "reply_to", "referral", "is_echo", "is_deleted", "is_unsupported", "is_self",
    },
}  # fmt: skip
SENT = {
    "messenger": {
        "text", "quick_replies", "attachment.image", "attachment.video", "attachment.audio", "attachment.file",
        "attachment.template.button", "attachment.template.generic", "attachment.template.media", "sticker_id",
        "template",
    },
    "instagram": {
        "text", "quick_replies", "attachment.image", "attachment.video", "attachment.audio", "attachment.file",
        "attachment.template.button", "attachment.template.generic",
    },
}  # fmt: skip
ACTIONS = {"typing_on", "mark_seen", "react", "unreact"}
RECIPIENTS = {
    "messenger": {"id", "comment_id", "user_ref", "notification_messages_token"},
    "instagram": {"id", "comment_id"},
}
TYPES = {
    "messenger": {"RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"},
    "instagram": {"RESPONSE", "UPDATE", "MESSAGE_TAG"},
}


def bodies(kind: str) -> list[Json]:
    """The bodies of which everything was read."""
    read = [fixtures.read(path) for path in fixtures.paths(kind, "receive")]
    return [each["body"] for each in read if "body" in each and not {"raises", "problems"} & each.keys()]


def inbound(kind: str) -> list[Json]:
    entries = [entry for body in bodies(kind) for entry in body["entry"]]
    changed = [change["value"] for entry in entries for change in entry.get("changes", ())]
    return [*changed, *(item for entry in entries for item in entry.get("messaging", ()))]


def outbound(kind: str) -> list[Json]:
    found = [fixtures.read(path).get("calls", []) for path in fixtures.paths(kind, "send")]
    return [call["call"]["json"] for each in found for call in each if "json" in call["call"]]


def shapes(body: Json) -> set[str]:
    """The names of what a message of ours is."""
    message = body.get("message", {})
    attachment = message.get("attachment")
    if attachment is None:
        return set(message)
    kind = attachment["type"]
    return {
        f"attachment.{kind}" + (f".{attachment['payload']['template_type']}" if kind == "template" else "")
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_item_has_a_fixture(kind: str) -> None:
    assert ITEMS[kind] - {name for item in inbound(kind) for name in item} == set()


def test_every_reader_is_of_a_documented_item() -> None:
    assert set(items._READERS) - ITEMS["messenger"] == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_attachment_and_part_of_a_message_has_a_fixture(kind: str) -> None:
    messages = [item["message"] for item in inbound(kind) if "message" in item]
    attached = {each["type"] for message in messages for each in message.get("attachments", ())}
    assert (ATTACHMENTS[kind] - attached, PARTS[kind] - {name for each in messages for name in each}) == (
        set(),
        set(),
    )


def test_every_kind_of_attachment_is_documented() -> None:
    assert (set(content._KINDS) | content._SHARED) <= ATTACHMENTS["messenger"] | ATTACHMENTS["instagram"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_shape_of_message_has_a_fixture(kind: str) -> None:
    sent = outbound(kind)
    assert SENT[kind] - {name for body in sent for name in shapes(body)} == set()
    assert ACTIONS - {body.get("sender_action") for body in sent} == set()
    assert RECIPIENTS[kind] - {name for body in sent for name in body.get("recipient", ())} == set()
    assert TYPES[kind] - {body.get("messaging_type") for body in sent} == set()


def test_every_word_of_the_policy_has_a_fixture() -> None:
    said = {
        item["policy_enforcement"]["action"] for item in inbound("messenger") if "policy_enforcement" in item
    }
    assert {"warning", "block", "unblock"} <= said
