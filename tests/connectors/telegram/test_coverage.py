"""Every kind of update that the Bot API documents has a fixture, and so has every part of a message that is read."""

from typing import Any

from connectors.telegram import content
from tests.connectors import fixtures

UPDATES = {
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "callback_query", "message_reaction",
    "message_reaction_count", "my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost",
    "inline_query", "chosen_inline_result", "shipping_query", "pre_checkout_query", "purchased_paid_media", "poll",
    "poll_answer", "managed_bot", "guest_message", "subscription",
}  # fmt: skip
PARTS = {
    "text", "photo", "video", "animation", "audio", "voice", "video_note", "document", "sticker", "live_photo",
    "location", "venue", "contact", "poll", "dice", "reply_to_message", "forward_origin", "web_app_data",
    "users_shared", "migrate_to_chat_id", "successful_payment", "rich_message",
}  # fmt: skip


def updates() -> list[dict[str, Any]]:
    """The updates of which everything was read."""
    read = [fixtures.read(path) for path in fixtures.paths("telegram", "receive")]
    return [each["body"] for each in read if "body" in each and not {"raises", "problems"} & each.keys()]


def test_every_kind_of_update_has_a_fixture() -> None:
    assert UPDATES - {name for update in updates() for name in update} == set()


def test_every_part_of_a_message_has_a_fixture() -> None:
    shown = {name for update in updates() for name in update.get("message", ())}
    assert (PARTS - shown, set(content._READERS) - shown) == (set(), set())
