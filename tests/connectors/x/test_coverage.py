"""Every inbound event that X documents has a fixture; so has every call we make."""

import re
from typing import Any
from urllib.parse import urlsplit

from connectors.x import attachment, inbound
from tests.connectors import fixtures

TYPES = {
    "dm.received", "dm.sent", "dm.read", "dm.indicate_typing", "chat.received", "chat.sent", "chat.conversation_join",
    "oauth.revoke", "block.block", "mute.mute",
}  # fmt: skip
MEDIA = {"photo", "video", "animated_gif"}
CALLS = {
    ("POST", "/2/dm_conversations/with/*/messages"),
    ("POST", "/2/dm_conversations/*/messages"),
    ("POST", "/2/media/upload/initialize"),
    ("POST", "/2/media/upload/*/append"),
    ("POST", "/2/media/upload/*/finalize"),
    ("GET", "/2/media/upload"),
    ("GET", "/2/dm_conversations/media/*/*/*"),
    ("GET", "/2/users/*"),
    ("POST", "/2/oauth2/token"),
}
CATEGORIES = {"dm_image", "dm_gif", "dm_video"}


def bodies() -> list[dict[str, Any]]:
    """The bodies of which everything was read."""
    read = [fixtures.read(path) for path in fixtures.paths("x", "receive")]
    return [
        each["body"] for each in read if "body" in each and "raises" not in each and "problems" not in each
    ]


def pages() -> list[dict[str, Any]]:
    return [each["data"]["payload"] if "data" in each else each for each in bodies()]


def calls() -> list[dict[str, Any]]:
    found = [fixtures.read(path).get("calls", []) for path in fixtures.paths("x", "send")]
    return [call["call"] for each in found for call in each]


def test_every_event_of_the_activity_api_has_a_fixture() -> None:
    assert TYPES - {each["data"]["event_type"] for each in bodies() if "data" in each} == set()


def test_every_list_has_a_fixture_in_both_shapes() -> None:
    known = {name for name in inbound.LISTS if name.startswith("direct_message")}
    in_payloads = {name for each in bodies() if "data" in each for name in each["data"]["payload"]}
    assert (known - in_payloads, set(inbound.LISTS) - {name for each in pages() for name in each}) == (
        set(),
        set(),
    )


def test_what_is_passed_over_and_what_is_told_of_the_user_have_fixtures() -> None:
    named = {name for each in bodies() for name in each}
    assert {"user_event", "tweet_create_events", "favorite_events", "follow_events"} - named == set()


def test_every_kind_of_attachment_has_a_fixture() -> None:
    made = [item["message_create"] for page in pages() for item in page.get("direct_message_events", ())]
    found = {each["message_data"].get("attachment", {}).get("media", {}).get("type") for each in made}
    assert (MEDIA | set(attachment._KINDS)) - found == set()


def test_every_call_has_a_fixture() -> None:
    found = set()
    for call in calls():
        path = urlsplit(call["url"]).path.partition("/2/")[2]
        shown = ["*" if re.search(r"\d{9}|\.jpg$", part) else part for part in path.split("/")]
        found.add((call["method"], "/2/" + "/".join(shown)))
    assert CALLS - found == set()


def test_every_category_of_upload_has_a_fixture() -> None:
    assert CATEGORIES - {each.get("json", {}).get("media_category") for each in calls()} == set()
